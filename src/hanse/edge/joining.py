"""Joining an alliance with a one-time code: the edge's first word with the hub.

The code says where the hub is, the fingerprint of the hub's signing key, and a
secret that is good once. The hub's answer is believed only if the key in it has
that fingerprint; then key and origin are pinned for good.
"""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec

from hanse import __version__
from hanse.audit.checkpoint import KeyMalformed, Verifier
from hanse.base.errors import Malformed, Refusal
from hanse.edge import identity
from hanse.edge.identity import Identity, Party

_PREFIX = "hanse1."
_MAX_CODE_CHARS = 4_000
_ANSWER_SECONDS = 20.0


class CodeMalformed(Malformed):
    """The text is not a code for joining."""

    code = "edge.join_code_malformed"


class JoinRefused(Refusal):
    """The hub does not take the code, or cannot be reached."""

    code = "edge.join_refused"


class HubForeign(Refusal):
    """The hub that answered has another key than the code names."""

    code = "edge.hub_foreign"


class AlreadyJoined(Refusal):
    """An edge lives in this folder already."""

    code = "edge.already_joined"


class _CodeBody(msgspec.Struct, frozen=True):
    url: str
    fingerprint: str
    secret: str


class _Enrolled(msgspec.Struct, frozen=True):
    edge_id: str
    key: str
    hub_vkey: str
    origin: str
    member: Party = Party()
    alliance: Party = Party()


class _Problem(msgspec.Struct, frozen=True):
    detail: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class JoinCode:
    """Where the hub is, what its key must be, and the secret good once."""

    url: str
    fingerprint: bytes
    secret: str

    def __repr__(self) -> str:
        return f"JoinCode(url={self.url!r}, secret=...)"


def read_code(text: str) -> JoinCode:
    """Read a code as it was shown by the hub; raises CodeMalformed."""
    bare = "".join(text.split())  # mails and chats break lines
    encoded = bare.removeprefix(_PREFIX)
    if encoded == bare or len(bare) > _MAX_CODE_CHARS:
        raise CodeMalformed(
            f"A code for joining begins with {_PREFIX} and is copied whole from the "
            "hub's page for edges."
        )
    try:
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        body = msgspec.json.decode(raw, type=_CodeBody)
        fingerprint = _fingerprint(body.fingerprint)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise CodeMalformed(
            "The code for joining is damaged: copy it again, whole, from the hub."
        ) from error
    return JoinCode(body.url.rstrip("/"), fingerprint, body.secret)


def write_code(code: JoinCode) -> str:
    """The code as text."""
    body = _CodeBody(code.url, code.fingerprint.hex(), code.secret)
    encoded = base64.urlsafe_b64encode(msgspec.json.encode(body)).rstrip(b"=")
    return _PREFIX + encoded.decode()


def join(
    client: httpx.Client,
    code: JoinCode,
    folder: Path,
    *,
    name: str,
    may_use_plain_http: bool = False,
) -> Identity:
    """Enrol with the hub, check its key, and keep who we are in `folder`.

    Raises AlreadyJoined, JoinRefused, HubForeign; nothing is kept then. The secret
    is spent as soon as the hub has taken it.
    """
    if identity.is_joined(folder):
        raise AlreadyJoined(
            f"An edge has already joined with the folder {folder}. Name another with "
            "--data, or remove the folder to start anew."
        )
    if not identity.is_private_enough(code.url, may_use_plain_http=may_use_plain_http):
        raise JoinRefused(
            "The code names a hub by http://, where the edge's key would travel in "
            "clear. Ask for a hub with https, or set HANSE_EDGE_PLAIN_HTTP=1 if the "
            "way there is private."
        )
    identity.prepare(folder)
    enrolled = _enrol(client, code, name)
    _require_key(code, enrolled)
    joined = Identity(
        hub_url=code.url,
        origin=enrolled.origin,
        vkey=enrolled.hub_vkey,
        edge_id=enrolled.edge_id,
        key=enrolled.key,
        name=name,
        member=enrolled.member,
        alliance=enrolled.alliance,
    )
    identity.save(folder, joined)
    return joined


def _enrol(client: httpx.Client, code: JoinCode, name: str) -> _Enrolled:
    said = {"code": code.secret, "name": name, "version": __version__}
    try:
        answer = client.post(
            f"{code.url}/v1/edges/enrol", json=said, timeout=_ANSWER_SECONDS
        )
    except httpx.HTTPError as error:
        raise JoinRefused(
            f"The hub at {code.url} cannot be reached ({type(error).__name__}). Check "
            "the network; the code is still good."
        ) from error
    if not answer.is_success:
        raise JoinRefused(_why(answer))
    try:
        return msgspec.json.decode(answer.content, type=_Enrolled)
    except msgspec.MsgspecError as error:
        raise JoinRefused(
            f"What answers at {code.url} is not a Hanse hub of a matching version "
            f"({error}). Check the address with whoever gave you the code."
        ) from error


def _why(answer: httpx.Response) -> str:
    try:
        problem = msgspec.json.decode(answer.content, type=_Problem)
    except msgspec.MsgspecError:
        problem = _Problem()
    said = problem.detail[:300] or f"HTTP status {answer.status_code}"
    if answer.status_code >= 500:
        return f"The hub cannot answer now ({said}). Try again; the code is still good."
    return (
        f"The hub does not take this code: {said} A code is good once and for a short "
        "time; ask your member admin for a new one."
    )


def _require_key(code: JoinCode, enrolled: _Enrolled) -> None:
    try:
        verifier = Verifier.of(enrolled.hub_vkey)
    except KeyMalformed as error:
        raise HubForeign(
            f"The hub at {code.url} gave a signing key that cannot be read. Nothing "
            "was kept; tell the alliance's operator."
        ) from error
    if verifier.fingerprint != code.fingerprint or verifier.name != enrolled.origin:
        raise HubForeign(
            f"What answers at {code.url} has another signing key than the code names: "
            "it is not the hub that made the code. Nothing was kept. Check the address "
            "and tell the alliance's operator; the code may have been seen by others."
        )


def _fingerprint(text: str) -> bytes:
    """32 bytes, written in hexadecimal or base64url."""
    if len(text) == 64:
        return bytes.fromhex(text)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(raw) != 32:
        raise ValueError("a fingerprint has 32 bytes")
    return raw
