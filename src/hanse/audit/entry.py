"""An entry of the log, as read: values only."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Entry:
    """A leaf as it stands in the log; `body` is None once erased."""

    seq: int
    at: datetime
    kind: str
    leaf_data: bytes
    salt: bytes
    body: bytes | None
    act: str
    actor: str
    member_id: UUID | None
    subject: str
