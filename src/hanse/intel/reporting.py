"""Reporting and withdrawing: the main deeds of the exchange.

One report may make claims on many values; each value is stored once, and a second
claim by the same member is a new revision of its first. Every claim goes to the
edges as a feed item and to everyone else as a STIX indicator, all in the deed's
own transaction, together with the act in the log.

Who may hear is said by the claim's audience and decided by `feed.sharing`; how much
to believe is `trust`'s affair. People's data is refused at the door (`privacy`).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from hanse.audit import log
from hanse.audit.event import Event
from hanse.base.clock import rfc3339
from hanse.base.errors import Conflict, Forbidden, Malformed, NotFound, TooLarge
from hanse.base.ids import ClaimId, MemberId, new_uuid
from hanse.base.secret import Secret
from hanse.feed import audiences, feed
from hanse.feed.sharing import Audience
from hanse.intel import objects, privacy, store, telling
from hanse.intel.claim import Claim, Draft
from hanse.intel.terms import terms_of
from hanse.membership import brands
from hanse.membership.caller import Caller
from hanse.membership.rights import Scope
from hanse.observables.kinds import Kind, Observable
from hanse.observables.matcher import key
from hanse.observables.url import host_of
from hanse.storage.tx import Tx

MAX_DRAFTS = 10_000  # claims in one transaction; larger imports go in pieces
_APART = timedelta(microseconds=2)  # between two versions of a claim, at least
MAX_REFUSED_KEPT = 1_000  # refused rows remembered with a report


class NoSuchClaim(NotFound):
    """No such claim, or none the caller may know of."""

    code = "intel.no_such_claim"


class CircleNotYours(NotFound):
    """The circle does not exist or the reporter is not in it."""

    code = "intel.no_such_circle"


class BrandUnknown(NotFound):
    """A brand that is not registered."""

    code = "intel.no_such_brand"


class AlreadyWithdrawn(Conflict):
    """The claim is over already."""

    code = "intel.already_withdrawn"


class ReporterNotActive(Forbidden):
    """The membership is not active (any more)."""

    code = "intel.reporter_not_active"


class TooManyDrafts(TooLarge):
    """More claims at once than one transaction takes."""

    code = "intel.too_many_drafts"


class ToldOpenly(Conflict):
    """Anonymous now, in the own name before: everybody would know."""

    code = "intel.told_openly"


class ToldTogether(Malformed):
    """Some claims anonymous and some not: one report ties them to each other."""

    code = "intel.told_together"


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that could not be taken, and why."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a report. `joined`: values others had reported before."""

    id: UUID
    claims: tuple[Claim, ...]
    joined: int
    refused: tuple[Refused, ...]


def report(
    tx: Tx,
    caller: Caller,
    drafts: Sequence[Draft],
    *,
    channel: str,
    title: str = "",
    refused: Sequence[Refused] = (),
) -> Report:
    """Make these claims in the caller's member's name and tell everyone concerned.

    `refused` are rows the door could not read; they are kept with the report.

    Raises:
        PersonalDataRefused: a note names a customer.
        CircleNotYours: a circle the member is not in.
        ToldTogether, ToldOpenly: an anonymous claim that would name its reporter.
        TooManyDrafts: more than `MAX_DRAFTS`.
    """
    caller.need(Scope.REPORT)
    member = caller.need_member()
    if not caller.viewer.is_active:
        raise ReporterNotActive(
            "only active members report; the membership is active once the operator"
            " has approved it and the agreement is signed"
        )
    _refuse_unfit(caller, drafts)
    made, before, joined = _claim_all(tx, caller, member, drafts)
    done = Report(new_uuid(), tuple(made), joined, tuple(refused))
    # First the report: its claims refer to it.
    _write_report(tx, caller, done, channel, title)
    _keep(tx, caller, made, done.id)
    _keep_indicators(tx, made)
    _end_for_those_left_out(tx, made, before)
    return done


def withdraw(tx: Tx, caller: Caller, claim_id: ClaimId, reason: str) -> Claim:
    """End a claim: its own member may, and the operator with a reason.

    Raises:
        NoSuchClaim: none, or another member's.
        AlreadyWithdrawn: it is over.
    """
    claim = store.claim(tx, claim_id, lock=True)
    if claim is None or not (caller.is_operator or claim.member == caller.member):
        raise NoSuchClaim("there is no such claim of yours; look at your reports")
    caller.need(Scope.ADMIN if caller.is_operator else Scope.REPORT)
    if not claim.is_active:
        raise AlreadyWithdrawn("this claim has been withdrawn already; nothing to do")
    privacy.keep_out_of_text(reason, "/reason")
    return withdraw_all(tx, caller, [claim], reason)[0]


def withdraw_all(
    tx: Tx, caller: Caller, claims: Sequence[Claim], reason: str
) -> list[Claim]:
    """End these claims, which the caller may end and has locked."""
    ended = [
        replace(
            claim,
            is_active=False,
            status_reason=reason,
            revision=claim.revision + 1,
            revised_at=max(tx.now, claim.revised_at + _APART),
        )
        for claim in claims
    ]
    _write(tx, ended, None)
    feed.withdraw(tx, [(c.id, c.revision, c.audience_id) for c in ended])
    _keep_indicators(tx, ended)
    for claim in ended:
        log.append(
            tx,
            Event(
                "claim.withdrawn",
                caller.actor,
                f"claim:{claim.id}",
                {"reason": reason, "revision": claim.revision},
            ),
        )
    return ended


# --- one report ------------------------------------------------------------------


def _refuse_unfit(caller: Caller, drafts: Sequence[Draft]) -> None:
    if len(drafts) > MAX_DRAFTS:
        raise TooManyDrafts(
            f"a report has at most {MAX_DRAFTS} values, this one has {len(drafts)};"
            " send it in pieces"
        )
    if len({draft.is_anonymous for draft in drafts}) > 1:
        # They carry the same instants: what is named tells who the unnamed is.
        raise ToldTogether(
            "a report is anonymous as a whole or not at all, because its values can be"
            " told to belong together; send two reports"
        )
    for number, draft in enumerate(drafts):
        privacy.keep_out_of_text(draft.note, f"/{number}/note")
        privacy.keep_out_of_text(draft.observable.value, f"/{number}/value")
        if not draft.circles <= caller.viewer.circles:
            raise CircleNotYours(
                "one of the circles named does not exist or your company is not in"
                " it; choose among your circles",
                pointer=f"/{number}/circles",
            )


def _claim_all(
    tx: Tx, caller: Caller, member: MemberId, drafts: Sequence[Draft]
) -> tuple[list[Claim], list[Claim], int]:
    newest = {draft.observable: draft for draft in drafts}
    numbers = store.know_values(tx, [_new_value(o) for o in newest])
    by_observable = {o: numbers[digest_of(o)] for o in newest}
    own = store.claims_of_member(tx, member, list(by_observable.values()))
    _refuse_told_openly(drafts, by_observable, own)
    visible = audiences.visible(tx, caller.viewer)
    others = store.claimed_by_others(tx, list(by_observable.values()), member, visible)
    audience_ids: dict[Audience, int] = {}
    made = []
    for observable, draft in newest.items():
        audience = Audience(member, draft.tlp, draft.circles, draft.pot)
        if audience not in audience_ids:
            audience_ids[audience] = audiences.audience_id(tx, audience)
        number = by_observable[observable]
        claim = _claim(
            tx, draft, number, (audience_ids[audience], member), own.get(number)
        )
        made.append(replace(claim, stix_id=_stix_id(tx, draft, claim)))
    return made, list(own.values()), len(others)


def _refuse_told_openly(
    drafts: Sequence[Draft],
    by_observable: Mapping[Observable, int],
    own: Mapping[int, Claim],
) -> None:
    for number, draft in enumerate(drafts):
        old = own.get(by_observable[draft.observable])
        if draft.is_anonymous and old is not None and not old.is_anonymous:
            raise ToldOpenly(
                "your company has told of this value in its own name before, so whoever"
                " heard that knows; tell it in your own name, or leave it out",
                pointer=f"/{number}/anonymous",
            )


def _claim(
    tx: Tx,
    draft: Draft,
    observable_id: int,
    audience: tuple[int, MemberId],
    old: Claim | None,
) -> Claim:
    audience_id, member = audience
    return Claim(
        id=ClaimId(new_uuid()) if old is None else old.id,
        observable_id=observable_id,
        observable=draft.observable,
        member=member,
        category=draft.category,
        confidence=draft.confidence,
        audience_id=audience_id,
        # Once anonymous, a claim stays so: telling it again, perhaps by another way,
        # must not say who told it first.
        is_anonymous=draft.is_anonymous if old is None else old.is_anonymous,
        note=draft.note,
        brand=draft.brand,
        valid_from=draft.valid_from or (tx.now if old is None else old.valid_from),
        valid_until=draft.valid_until,
        is_active=True,
        status_reason="",
        revision=1 if old is None else old.revision + 1,
        reported_at=tx.now if old is None else old.reported_at,
        revised_at=tx.now if old is None else max(tx.now, old.revised_at + _APART),
        stix_id="",
    )


def _stix_id(tx: Tx, draft: Draft, claim: Claim) -> str:
    own = telling.indicator_id(tx.tool(Secret), claim.id)
    return own if claim.is_anonymous else draft.stix_id or own


def _keep(tx: Tx, caller: Caller, claims: Sequence[Claim], report_id: UUID) -> None:
    if not claims:
        return
    _write(tx, claims, report_id)
    known = audiences.of_ids(tx, sorted({c.audience_id for c in claims}))
    names = _brand_names(tx, claims)
    needs_band = any(claim.is_anonymous for claim in claims)
    record = store.open_record(tx, claims[0].member) if needs_band else (0, 0)
    feed.publish(
        tx,
        [
            (
                telling.item_body(
                    claim,
                    known[claim.audience_id],
                    telling.source_of(claim, caller.member_name, record),
                    names.get(claim.brand, ""),
                    tx.now,
                ),
                claim.audience_id,
            )
            for claim in claims
        ],
    )


def _end_for_those_left_out(
    tx: Tx, claims: Sequence[Claim], before: Sequence[Claim]
) -> None:
    """Where the audience changed, the old one is shown a revoked indicator.

    It stands a microsecond before the new version: who may see both takes that one.
    """
    old = {claim.id: claim for claim in before}
    moved = [
        (claim, old[claim.id])
        for claim in claims
        if claim.id in old and old[claim.id].audience_id != claim.audience_id
    ]
    _keep_indicators(
        tx,
        [
            replace(was, is_active=False, revised_at=claim.revised_at - _APART / 2)
            for claim, was in moved
        ],
    )


def _keep_indicators(tx: Tx, claims: Sequence[Claim]) -> None:
    """The claims as STIX objects, but for those that were told as STIX."""
    secret = tx.tool(Secret)
    known = audiences.of_ids(tx, sorted({c.audience_id for c in claims}))
    ours = [c for c in claims if c.stix_id == telling.indicator_id(secret, c.id)]
    objects.keep(
        tx,
        [
            objects.NewObject(
                stix_id=claim.stix_id,
                type="indicator",
                spec_version="2.1",
                version=rfc3339(claim.revised_at),
                version_at=claim.revised_at,
                audience_id=claim.audience_id,
                member=claim.member,
                is_enforceable=True,
                body=telling.indicator(claim, known[claim.audience_id], secret),
            )
            for claim in ours
        ],
    )


def _write(tx: Tx, claims: Sequence[Claim], report_id: UUID | None) -> None:
    names = _brand_names(tx, claims)
    terms = [
        terms_of(
            claim.observable.value,
            claim.note,
            claim.category.value,
            names.get(claim.brand, ""),
        )
        for claim in claims
    ]
    store.write_claims(tx, claims, report_id, terms)


def _brand_names(tx: Tx, claims: Iterable[Claim]) -> dict[object, str]:
    wanted = {claim.brand for claim in claims if claim.brand is not None}
    names: dict[object, str] = {b: brands.name_of(tx, b) for b in wanted}
    if not all(names.values()):
        raise BrandUnknown("there is no such brand; choose one of the list of brands")
    return names


def _write_report(
    tx: Tx, caller: Caller, done: Report, channel: str, title: str
) -> None:
    member = caller.need_member()
    kept = done.refused[:MAX_REFUSED_KEPT]
    store.insert_report(
        tx,
        store.NewReport(
            id=done.id,
            member_id=member,
            actor=caller.actor.label,
            channel=channel,
            title=title,
            total=len(done.claims) + len(done.refused),
            taken=len(done.claims),
            joined=done.joined,
            refused=[{"row": r.row, "reason": r.reason} for r in kept],
        ),
    )
    digest = hashlib.sha256()
    for claim in sorted(done.claims, key=lambda c: c.id):
        digest.update(f"{claim.id}:{claim.revision}\n".encode())
    log.append(
        tx,
        Event(
            "report.made",
            caller.actor,
            f"report:{done.id}",
            {
                "channel": channel,
                "claims": len(done.claims),
                "refused": len(done.refused),
                "joined": done.joined,
                "sha256": digest.hexdigest(),
                "first": [str(claim.id) for claim in done.claims[:20]],
            },
        ),
    )


def digest_of(observable: Observable) -> bytes:
    """What a value is known by in the database."""
    return hashlib.sha256(key(observable).encode()).digest()


def _new_value(observable: Observable) -> store.NewValue:
    return store.NewValue(
        observable.kind.value,
        observable.value,
        digest_of(observable),
        _host_reversed(observable),
    )


def _host_reversed(observable: Observable) -> str:
    if observable.kind is Kind.URL:
        host = host_of(observable.value)
    elif observable.kind is Kind.DOMAIN:
        host = observable.value
    elif observable.kind is Kind.EMAIL:
        host = observable.value.rpartition("@")[2]
    else:
        return ""
    return ".".join(reversed(host.split("."))) + "."
