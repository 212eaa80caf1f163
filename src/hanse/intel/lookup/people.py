"""What a viewer may know of who said something."""

from dataclasses import dataclass

from hanse.base.ids import MemberId
from hanse.intel import store as intel_store
from hanse.intel import telling
from hanse.intel.lookup.store import ClaimRow
from hanse.membership.caller import Caller
from hanse.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class Teller:
    """A claim's reporter as the viewer may see it.

    `member` is None for an anonymous peer, of whom only `band` is told. The
    operator and overseers see the name and that it is hidden from peers.
    """

    member: MemberId | None
    name_en: str
    name_zh: str
    band: str
    is_hidden_from_peers: bool
    is_me: bool


def sees_names(caller: Caller) -> bool:
    """Whether anonymity does not hold towards this caller: the alliance's own."""
    return caller.is_operator or caller.is_overseer


def teller_of(tx: Tx, caller: Caller, claim: ClaimRow) -> Teller:
    """Who made the claim, as far as the caller may know."""
    is_me = caller.member == claim.member
    if not claim.is_anonymous or is_me or sees_names(caller):
        return Teller(
            claim.member,
            claim.member_name_en,
            claim.member_name_zh,
            "",
            claim.is_anonymous,
            is_me,
        )
    # Counted from what the whole alliance could see of that member, so that the
    # band says nothing of what this viewer may not see.
    band = telling.band(*intel_store.open_record(tx, claim.member))
    return Teller(None, "", "", band, True, False)
