"""How a batch of the feed travels: one JSON shape for polling and for the stream.

Shared by hub and edge. Hashes and salts are base64; an item's body is the very
JSON text that stands in the log, so that the receiver can hash it.
"""

import msgspec


class WireItem(msgspec.Struct, frozen=True):
    """An item with what is needed to hash it: leaf = SHA-256(salt || body)."""

    seq: int
    salt: bytes
    body: str


class WireGrowth(msgspec.Struct, frozen=True):
    """Consistency proof from the checkpoint of size `old` (RFC 6962, 2.1.2)."""

    old: int
    proof: tuple[bytes, ...]


class WireBatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """Items to apply in this order, proven together under `checkpoint`.

    `proof` is a multiproof over the items' positions in ascending order. `next` is
    the cursor to read on from and to acknowledge with.
    """

    items: tuple[WireItem, ...]
    proof: tuple[bytes, ...]
    checkpoint: str
    next: str = ""
    more: bool = False
    consistency: WireGrowth | None = None


encode = msgspec.json.Encoder().encode
decode_batch = msgspec.json.Decoder(WireBatch).decode
