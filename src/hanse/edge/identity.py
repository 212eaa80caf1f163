"""Who this edge is and which hub it believes: written once, when it joins.

Lies in the data folder beside the store, readable by its owner alone (0600), since
it holds the edge's key. `vkey` is the hub's signing key as it was pinned: whatever
the feed brings must be signed by it.
"""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

import msgspec

from hanse.audit.checkpoint import Verifier
from hanse.base.errors import Refusal

FILE = "identity.json"


class NotJoined(Refusal):
    """The folder belongs to no edge that has joined an alliance."""

    code = "edge.not_joined"


class Party(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member or the alliance, as the hub names it."""

    id: str = ""
    name: str = ""
    name_en: str = ""
    name_zh: str = ""

    @property
    def label(self) -> str:
        """A name to show."""
        return self.name or self.name_en or self.name_zh or self.id


class Identity(msgspec.Struct, frozen=True):
    """All that is kept of joining."""

    hub_url: str
    origin: str
    vkey: str
    edge_id: str
    key: str
    name: str
    member: Party
    alliance: Party

    def __repr__(self) -> str:
        return f"Identity(hub_url={self.hub_url!r}, edge_id={self.edge_id!r}, key=...)"

    @property
    def verifier(self) -> Verifier:
        """The pinned key."""
        return Verifier.of(self.vkey)


def is_joined(folder: Path) -> bool:
    """Whether an edge lives in this folder."""
    return (folder / FILE).exists()


def load(folder: Path) -> Identity:
    """The edge that lives in this folder; raises NotJoined."""
    try:
        raw = (folder / FILE).read_bytes()
        return msgspec.json.decode(raw, type=Identity)
    except FileNotFoundError:
        raise NotJoined(
            f"No edge has joined an alliance with the folder {folder}. Ask your "
            "member admin for a code and run `hanse edge join CODE`, or name the "
            "right folder with --data."
        ) from None
    except (OSError, msgspec.MsgspecError) as error:
        raise NotJoined(
            f"The file {FILE} in {folder} cannot be read ({type(error).__name__}). "
            "Check who owns it, or join again."
        ) from error


def save(folder: Path, identity: Identity) -> None:
    """Write it whole or not at all, and only for the owner's eyes."""
    prepare(folder)
    with NamedTemporaryFile(dir=folder, prefix=FILE, delete=False) as file:
        file.write(msgspec.json.format(msgspec.json.encode(identity)))
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).chmod(0o600)
    Path(file.name).replace(folder / FILE)


def prepare(folder: Path) -> None:
    """Make the folder (0700), or raise NotJoined if nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise NotJoined(
            f"Nothing can be written to the folder {folder} ({error.strerror}). Name "
            "another with --data, or give this user the right to write there."
        ) from error


def is_private_enough(hub_url: str, *, may_use_plain_http: bool) -> bool:
    """Whether the edge's key may travel to this address."""
    parts = urlsplit(hub_url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    return parts.scheme == "http" and (local or may_use_plain_http)
