"""A deed done once, however often it is asked for under one key.

A client that lost the answer asks again with the same `Idempotency-Key` and gets the
answer of the first time. The note of it is written in the deed's own transaction, so
there is no moment in which the deed is done and the note is not. Two at the same time
wait for each other. Answers may hold what is shown only once (a new key), so they lie
sealed with AES-GCM under the hub's secret, and for a day only.
"""

import hashlib
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hanse.base.errors import Malformed
from hanse.base.secret import Secret
from hanse.storage import store
from hanse.storage.tx import Database, Tx

LIFETIME = timedelta(hours=24)
MAX_KEY_CHARS = 200
_NONCE_BYTES = 12

Answer = TypeVar("Answer")


class KeyMalformed(Malformed):
    """The header is there and is not a key."""

    code = "idempotency.key_malformed"


class KeyReused(Malformed):
    """The same key with another request."""

    code = "idempotency.key_reused"


@dataclass(frozen=True, slots=True)
class Door:
    """One request's way to the database.

    `who` is the caller as text, `key` its Idempotency-Key or nothing, `request` what
    tells one request from another: method, path and body.
    """

    database: Database
    who: str
    key: str = ""
    request: bytes = b""

    def read(self) -> AbstractContextManager[Tx]:
        """For looking only; see `Database.read`."""
        return self.database.read()

    def once(self, kind: type[Answer], deed: Callable[[Tx], Answer]) -> Answer:
        """Run `deed` in a transaction and commit, or give the answer it once gave.

        Raises:
            KeyReused: the key was used for another request.
        """
        with self.database.begin() as tx:
            if not self.key:
                return deed(tx)
            return _once(tx, self, kind, deed)


def request_digest(method: str, path: str, body: bytes) -> bytes:
    """What tells one request from another: SHA-256 over its parts."""
    digest = hashlib.sha256()
    for part in (method.encode(), path.encode(), body):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def check_key(text: str) -> str:
    """An `Idempotency-Key` header that can be one; raises `KeyMalformed`."""
    if len(text) > MAX_KEY_CHARS or not text.isascii() or not text.isprintable():
        raise KeyMalformed(
            f"an Idempotency-Key has at most {MAX_KEY_CHARS} printable ASCII"
            " characters; a random UUID for each deed is a good one"
        )
    return text


def forget_old_answers(tx: Tx) -> int:
    """Drop what is older than `LIFETIME`; returns how many."""
    return store.forget_answers_before(tx, tx.now - LIFETIME)


def _once(
    tx: Tx, door: Door, kind: type[Answer], deed: Callable[[Tx], Answer]
) -> Answer:
    store.forget_answer_before(tx, door.who, door.key, tx.now - LIFETIME)
    if store.reserve_answer(tx, door.who, door.key, door.request, tx.now):
        given = deed(tx)
        sealed = _seal(tx, door, msgspec.json.encode(given))
        store.keep_answer(tx, door.who, door.key, sealed)
        return given
    request, sealed = store.kept_answer(tx, door.who, door.key)
    if request != door.request:
        raise KeyReused(
            "this Idempotency-Key was used for another request; take a fresh key for"
            " each deed"
        )
    return msgspec.json.decode(_open(tx, door, sealed), type=kind)


def _seal(tx: Tx, door: Door, answer: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(tx).encrypt(nonce, answer, _about(door))


def _open(tx: Tx, door: Door, sealed: bytes) -> bytes:
    nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    return _cipher(tx).decrypt(nonce, rest, _about(door))


def _cipher(tx: Tx) -> AESGCM:
    return AESGCM(tx.tool(Secret).derive("idempotency"))


def _about(door: Door) -> bytes:
    return request_digest(door.who, door.key, door.request)
