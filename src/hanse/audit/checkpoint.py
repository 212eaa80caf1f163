"""Checkpoints: the log's size and root, signed, as text that anybody can read.

The formats are C2SP tlog-checkpoint and C2SP signed-note (as in Go's sumdb/note)
with Ed25519 keys, so that foreign witnesses and verifiers can work with them. A
log's key bears the log's origin as its name, and a checkpoint is taken only if
both agree: a key of one log cannot speak for another.

Signatures of unknown keys are ignored, as the format demands (witnesses cosign in
this way); `read_note` returns them all, none of them checked. Nothing of a note
may be used before `open_note` has given it back.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from hanse.audit.merkle import HASH_BYTES, MAX_SIZE
from hanse.base.errors import Malformed, Refusal

MAX_NOTE_BYTES = 160_000  # 16 post-quantum signatures of 5 kB and a text
MAX_SIGNATURES = 32  # the format demands at least 16
MAX_NAME_CHARS = 255

_ED25519 = b"\x01"
_SIGNATURE_MARK = "\u2014 "  # em dash, space
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_NAME = re.compile(rf"[^\s+\x00-\x1f]{{1,{MAX_NAME_CHARS}}}")
_LINE = re.compile(r"[^\x00-\x1f]+")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f]")  # all but the line break
_KEY_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)


class NoteMalformed(Malformed):
    """The text is not a signed checkpoint."""

    code = "audit.note_malformed"


class KeyMalformed(Malformed):
    """The text is not a key for signing or verifying notes."""

    code = "audit.key_malformed"


class SignatureInvalid(Refusal):
    """The note is not signed by the key it must be signed by."""

    code = "audit.signature_invalid"
    status = 422


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head. `extensions` are further lines, kept but given no meaning."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note, not checked."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart, not checked."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True)
class Verifier:
    """A public key and the name it signs under."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        _require_name(self.name)
        if len(self.public) != 32:
            raise KeyMalformed("An Ed25519 public key has 32 bytes.")

    @classmethod
    def of(cls, vkey: str) -> "Verifier":
        """Read `name+key id+base64`; KeyMalformed for anything else."""
        name, key_id, public = _read_key(vkey)
        verifier = cls(name, public)
        if verifier.key_id != key_id:
            raise KeyMalformed("The key's id is not that of its name and public key.")
        return verifier

    @cached_property
    def key_id(self) -> bytes:
        """The four bytes that, with the name, tell whose signature a line holds."""
        hashed = self.name.encode() + b"\n" + _ED25519 + self.public
        return sha256(hashed).digest()[:4]

    @cached_property
    def vkey(self) -> str:
        """The key as text: what members pin."""
        return _write_key(self.name, self.key_id, self.public)

    @cached_property
    def fingerprint(self) -> bytes:
        """SHA-256 over the key's text, for a code that has no room for the key."""
        return sha256(self.vkey.encode()).digest()

    def accepts(self, text: str, signature: bytes) -> bool:
        """Whether this key made this signature over this text."""
        try:
            self._key.verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True

    @cached_property
    def _key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.public)


@dataclass(frozen=True)
class Signer:
    """A private key (the 32-byte seed of RFC 8032) and the name it signs under."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _require_name(self.name)
        if len(self.seed) != 32:
            raise KeyMalformed("An Ed25519 private key has 32 bytes.")

    @classmethod
    def of(cls, key_text: str) -> "Signer":
        """Read `PRIVATE+KEY+name+key id+base64`; KeyMalformed for anything else."""
        marked, rest = key_text.startswith("PRIVATE+KEY+"), key_text[12:]
        if not marked:
            raise KeyMalformed("A signing key begins with PRIVATE+KEY+.")
        name, key_id, seed = _read_key(rest)
        signer = cls(name, seed)
        if signer.verifier.key_id != key_id:
            raise KeyMalformed("The key's id is not that of its name and public key.")
        return signer

    @cached_property
    def key_text(self) -> str:
        """The key as text. A secret."""
        key_id = self.verifier.key_id
        return "PRIVATE+KEY+" + _write_key(self.name, key_id, self.seed)

    @cached_property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self._key.public_key().public_bytes_raw())

    @property
    def public(self) -> str:
        """The public half as text, `name+key id+base64`."""
        return self.verifier.vkey

    def signature_over(self, text: str) -> Signature:
        """A signature line over the text of a note."""
        made = self._key.sign(text.encode())
        return Signature(self.name, self.verifier.key_id, made)

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def sign(checkpoint: Checkpoint, signer: Signer) -> str:
    """The checkpoint as a signed note."""
    if checkpoint.origin != signer.name:
        raise ValueError("a log's key must bear the log's origin as its name")
    text = text_of(checkpoint)
    return write_note(text, [signer.signature_over(text)])


def open_note(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint, if this log's key signed it.

    Raises NoteMalformed if the note cannot be read, SignatureInvalid if the key did
    not sign it or a line claims so falsely, or if it is another log's checkpoint.
    """
    checkpoint = read_checkpoint(open_text(note, verifier))
    if checkpoint.origin != verifier.name:
        raise SignatureInvalid(
            f"The checkpoint is of another log than {verifier.name}, although signed "
            "with its key. Take checkpoints from that log only."
        )
    return checkpoint


def open_text(note: str, verifier: Verifier) -> str:
    """The text of a note of any kind, if this key signed it."""
    parts = read_note(note)
    wanted = (verifier.name, verifier.key_id)
    own = [s for s in parts.signatures if (s.name, s.key_id) == wanted]
    if not own:
        raise SignatureInvalid(
            f"The note bears no signature of {verifier.name} with the key expected. "
            "Check that the key is the one given at enrolment."
        )
    if not all(verifier.accepts(parts.text, each.signature) for each in own):
        raise SignatureInvalid(
            f"The signature of {verifier.name} does not fit the note: the text or the "
            "signature was changed. Fetch it again from its source."
        )
    return parts.text


def text_of(checkpoint: Checkpoint) -> str:
    """The text that is signed; ValueError if it could be read as another one."""
    if not _is_name(checkpoint.origin):
        raise ValueError("an origin has no spaces, plus signs or control characters")
    if not all(_LINE.fullmatch(line) for line in checkpoint.extensions):
        raise ValueError("a checkpoint's lines are not empty and have no line breaks")
    if len(checkpoint.root) != HASH_BYTES or not 0 <= checkpoint.size <= MAX_SIZE:
        raise ValueError("a checkpoint has a size and a root of 32 bytes")
    root = base64.b64encode(checkpoint.root).decode()
    head = f"{checkpoint.origin}\n{checkpoint.size}\n{root}\n"
    return head + "".join(f"{line}\n" for line in checkpoint.extensions)


def read_checkpoint(text: str) -> Checkpoint:
    """What the text of a note says; not to be believed before it was opened."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise NoteMalformed(
            "A checkpoint has at least three lines, none empty: origin, size, root."
        )
    origin, size, root, *extensions = lines[:-1]
    if not _is_name(origin):
        raise NoteMalformed("A checkpoint's first line is its log's name, no spaces.")
    if not _DECIMAL.fullmatch(size) or int(size) > MAX_SIZE:
        raise NoteMalformed("A checkpoint's second line is the size, a plain number.")
    hashed = _from_base64(root)
    if hashed is None or len(hashed) != HASH_BYTES:
        raise NoteMalformed("A checkpoint's third line is a root of 32 bytes, base64.")
    return Checkpoint(origin, int(size), hashed, tuple(extensions))


def write_note(text: str, signatures: Sequence[Signature]) -> str:
    """A note with these signature lines, the log's own first by custom."""
    return f"{text}\n" + "".join(_write_signature(each) for each in signatures)


def read_note(note: str) -> Note:
    """Take a note apart without believing any of it."""
    if len(note) > MAX_NOTE_BYTES or len(_utf8(note)) > MAX_NOTE_BYTES:
        raise NoteMalformed(f"A note has at most {MAX_NOTE_BYTES} bytes.")
    if _CONTROLS.search(note):
        raise NoteMalformed("A note has no control characters but line breaks.")
    text, blank, block = note.rpartition("\n\n")
    if not blank or not block.endswith("\n"):
        raise NoteMalformed("A note is a text, an empty line, and signature lines.")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteMalformed(f"A note has at most {MAX_SIGNATURES} signatures.")
    return Note(text + "\n", tuple(_read_signature(line) for line in lines))


def _write_signature(signature: Signature) -> str:
    encoded = base64.b64encode(signature.key_id + signature.signature).decode()
    return f"{_SIGNATURE_MARK}{signature.name} {encoded}\n"


def _read_signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_SIGNATURE_MARK).partition(" ")
    signed = _from_base64(encoded)
    marked = line.startswith(_SIGNATURE_MARK) and space and _is_name(name)
    if not marked or signed is None or len(signed) < 5:
        raise NoteMalformed(
            "A signature line is an em dash, a key's name and a base64 signature."
        )
    return Signature(name, signed[:4], signed[4:])


def _write_key(name: str, key_id: bytes, key: bytes) -> str:
    return f"{name}+{key_id.hex()}+{base64.b64encode(_ED25519 + key).decode()}"


def _read_key(text: str) -> tuple[str, bytes, bytes]:
    parts = text.split("+", 2)  # base64 may have further plus signs
    if len(parts) != 3 or not _is_name(parts[0]) or not _KEY_ID.fullmatch(parts[1]):
        raise KeyMalformed("A key is name+id+base64, the id as 8 hexadecimal digits.")
    key = _from_base64(parts[2])
    if key is None or key[:1] != _ED25519 or len(key) != 33:
        raise KeyMalformed("A key is an Ed25519 key: base64 of 0x01 and 32 bytes.")
    return parts[0], bytes.fromhex(parts[1]), key[1:]


def _require_name(name: str) -> None:
    if not _is_name(name) or not name.isprintable():
        raise KeyMalformed(
            f"A key's name has 1 to {MAX_NAME_CHARS} characters, among them no space, "
            "plus sign or control character. Use an address such as hub.example/log."
        )


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise NoteMalformed("A note is valid UTF-8.") from error


def _from_base64(text: str) -> bytes | None:
    """Strict: one spelling for each value, so that a note cannot be varied."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if base64.b64encode(decoded).decode() == text else None
