"""Threats: search, the list with its pane, and the page of one indicator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from hanse.audit import log
from hanse.base.errors import Refusal
from hanse.base.ids import ClaimId
from hanse.feed.protection import Protected
from hanse.feed.sharing import Tlp
from hanse.hub.screens.desk import Desk
from hanse.hub.screens.refusals import sentence
from hanse.hub.screens.showing import defanged
from hanse.intel import reporting, sighting
from hanse.intel.claim import Category
from hanse.intel.lookup import indicator, relations, search
from hanse.intel.lookup.bundle import stix_bundle
from hanse.intel.lookup.indicator import Indicator, Told
from hanse.intel.lookup.people import Teller
from hanse.intel.lookup.relations import Neighbourhood
from hanse.intel.lookup.search import Query
from hanse.intel.sighting import Hits
from hanse.membership.caller import Caller
from hanse.observables.kinds import Kind
from hanse.storage.tx import Tx
from hanse.trust.score import ENFORCE_FROM
from hanse.ui import charts
from hanse.ui.charts import Axis, Chart, Limit, Point, Scale, Series, Step
from hanse.ui.relations import Graph, Line, Node, NodeKind, graph, neighbours_json
from hanse.ui.session import FlashTone

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
PAGE = 50
STIX = "application/stix+json;version=2.1"
_SINCE = {"hour": 1, "day": 24, "week": 24 * 7, "month": 24 * 30}
STATES = {
    "enforced": "enforced",
    "watched": "watch",
    "withdrawn": "withdrawn",
    "known": "suspected",
}


@get("/threats", include_in_schema=False, sync_to_thread=True)
def list_threats(desk: Desk, caller: Caller) -> Response[bytes]:
    """Everything this person may see, narrowed by the filters in the address."""
    query, cursor = _query(desk), desk.request.query_params.get("cursor", "")
    page = desk.look(
        caller, lambda tx, c: search.search(tx, c, query, cursor=cursor, limit=PAGE)
    )
    return desk.page(
        "hub/threats.html",
        "threats",
        page=page,
        rows=[(found, defanged(found.claim.observable)) for found in page.found],
        query=query,
        states=STATES,
        kind_options=kind_options(desk),
        category_options=category_options(desk),
        tlp_options=[(tlp.value, tlp.value.upper()) for tlp in Tlp],
    )


@get("/threats/{digest:str}", include_in_schema=False, sync_to_thread=True)
def show_indicator(desk: Desk, caller: Caller, digest: str) -> Response[bytes]:
    """One value and everything this person may know of it."""

    def find(tx: Tx, caller: Caller) -> tuple[Indicator, Neighbourhood, Proof | None]:
        found = indicator.get_indicator(tx, caller, digest)
        return found, relations.neighbourhood(tx, caller, digest), _proof(tx, found)

    found, near, proof = desk.look(caller, find)
    if "hx-request" in desk.request.headers:
        return desk.page(
            "hub/indicator_pane.html",
            found=found,
            view=_view(desk, found),
            words=dict(category_options(desk)),
        )
    return desk.page(
        "hub/indicator.html",
        "threats",
        found=found,
        view=_view(desk, found),
        words=dict(category_options(desk)),
        score=_score(desk, found),
        sightings=_sightings(desk, found),
        near=_graph(desk, near),
        proof=proof,
        story=_story(desk, found),
        may_report=caller.member is not None,
        is_operator=caller.is_operator,
        sees_log=caller.is_operator or caller.is_overseer,
    )


@get("/threats/{digest:str}/stix", include_in_schema=False, sync_to_thread=True)
def take_stix(desk: Desk, caller: Caller, digest: str) -> Response[bytes]:
    """What is claimed of it as STIX, to keep; the bytes as they are kept."""

    def find(tx: Tx, caller: Caller) -> bytes:
        found = indicator.get_indicator(tx, caller, digest)
        return stix_bundle(tx, caller, found, uuid4())

    bundle = desk.look(caller, find)
    return desk.file(bundle, f"hanse-{digest[:12]}.json", STIX)


@get("/threats/{digest:str}/neighbours", include_in_schema=False, sync_to_thread=True)
def neighbours(desk: Desk, caller: Caller, digest: str) -> dict[str, Any]:
    """What hangs on a node of the graph."""
    near = desk.look(caller, lambda tx, c: relations.neighbourhood(tx, c, digest))
    return neighbours_json(_graph(desk, near))


@post("/threats/{digest:str}/sighting", include_in_schema=False, sync_to_thread=True)
def add_sighting(desk: Desk, caller: Caller, digest: str) -> Response[bytes]:
    """This person saw it just now."""
    with desk.database.begin() as tx:
        found = indicator.get_indicator(tx, caller, digest)
        hit = Hits(found.observable, 1, tx.now, tx.now)
        sighting.sight(tx, caller, [hit], source="person")
    return desk.go(f"/threats/{digest}", desk.say("Your sighting was added."))


@post("/claims/{claim:uuid}/withdraw", include_in_schema=False, sync_to_thread=True)
def withdraw(desk: Desk, caller: Caller, claim: UUID, data: Form) -> Response[bytes]:
    """End a claim, with a reason that stands in the log."""
    back = data.get("back", "/threats")
    back = back if back.startswith("/threats/") else "/threats"
    try:
        with desk.database.begin() as tx:
            reason = data.get("reason", "").strip()[:500]
            if not reason:
                return desk.go(
                    back,
                    desk.say("A withdrawal needs a reason; nothing was changed."),
                    tone=FlashTone.FAILED,
                )
            reporting.withdraw(tx, caller, ClaimId(claim), reason)
    except Refusal as refusal:
        return desk.go(back, sentence(refusal), tone=FlashTone.FAILED)
    return desk.go(back, desk.say("Withdrawn; edges forget it within the second."))


# --- what the pages show ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class View:
    """An indicator in this person's words."""

    shown: str
    state: str
    edges: int
    reached: int
    seconds: float | None
    claims: tuple[tuple[Told, str], ...]
    squares: tuple[tuple[str, str, str], ...]
    away: tuple[Protected, ...]


def _view(desk: Desk, found: Indicator) -> View:
    reached = [p.at for p in found.protected if p.at is not None]
    return View(
        shown=defanged(found.observable),
        state=STATES[found.state],
        edges=len(found.protected),
        reached=len(reached),
        seconds=_seconds(found, reached),
        claims=tuple((told, teller_words(desk, told.teller)) for told in found.claims),
        squares=tuple(_square(desk, each) for each in found.protected),
        away=tuple(each for each in found.protected if each.at is None),
    )


def teller_words(desk: Desk, teller: Teller) -> str:
    """Who said it, as this person may know."""
    _ = desk.say
    name = desk.name(teller.name_en, teller.name_zh)
    if teller.member is None:
        return _("a member (anonymous to you)")
    if teller.is_me:
        return _("%(name)s (you)", name=name)
    if teller.is_hidden_from_peers:
        return _("%(name)s (anonymous to peers)", name=name)
    return name


def _story(desk: Desk, found: Indicator) -> list[tuple[datetime, str, str | None]]:
    _ = desk.say
    story: list[tuple[datetime, str, str | None]] = []
    for told in found.claims:
        who = teller_words(desk, told.teller)
        story.append((told.claim.reported_at, _("told by %(name)s", name=who), None))
        if told.claim.revision > 1 and told.claim.is_active:
            said = _("said again by %(name)s", name=who)
            story.append((told.claim.revised_at, said, _place(told)))
        if not told.claim.is_active:
            said = _("withdrawn by %(name)s", name=who)
            story.append((told.claim.revised_at, said, _place(told)))
    return sorted(story, key=lambda entry: entry[0])


def _place(told: Told) -> str | None:
    return None if told.seq is None else f"#{told.seq}"


def kind_options(desk: Desk) -> list[tuple[str, str]]:
    """Kinds of values, in words."""
    _ = desk.say
    return [
        ("url", _("web address")),
        ("domain", _("domain")),
        ("ip", _("IP address")),
        ("email", _("sender")),
        ("hash", _("file")),
        ("certificate", _("certificate")),
        ("app", _("app")),
        ("wifi", _("hotspot")),
    ]


def category_options(desk: Desk) -> list[tuple[str, str]]:
    """What a value can be part of, in words."""
    _ = desk.say
    return [
        ("phishing", _("phishing")),
        ("malware", _("malware")),
        ("fake-app", _("fake app")),
        ("scam", _("scam")),
        ("hotspot", _("rogue hotspot")),
        ("c2", _("control server")),
        ("spam", _("spam")),
        ("other", _("other")),
    ]


def _seconds(found: Indicator, reached: Sequence[datetime]) -> float | None:
    if not reached:
        return None
    return max(0.0, (max(reached) - found.told_at).total_seconds())


def _square(desk: Desk, each: Protected) -> tuple[str, str, str]:
    _ = desk.say
    if each.at is None:
        return _("%(name)s: not yet", name=each.member_name), "warn", "/edges"
    return _("%(name)s: protected", name=each.member_name), "good", "/edges"


def _score(desk: Desk, found: Indicator) -> Chart:
    _ = desk.say
    total = found.score.points
    names = {
        told.teller.name_en: desk.name(told.teller.name_en, told.teller.name_zh)
        for told in found.claims
    }
    steps = [
        Step(_words(desk, c.reason, names.get(c.label, c.label)), c.points)
        for c in found.score.contributions
        if abs(c.points) >= 0.5
    ]
    rest = total - sum(step.points for step in steps)
    if abs(rest) > 0.005 and steps:
        steps[-1] = Step(steps[-1].label, steps[-1].points + rest)
    if not steps:
        total = 0.0
    return charts.waterfall(
        steps,
        total,
        Axis(_("score"), lower=0, upper=100),
        reason=_("reason"),
        total_label=_("score now"),
        says=_("How the score comes about, reason by reason"),
        limit=Limit(ENFORCE_FROM, _("enforced from")),
    )


def _words(desk: Desk, reason: str, label: str) -> str:
    _ = desk.say
    if reason == "age":
        return _("age of what was said")
    bands = {
        "band:new": _("an anonymous member, new"),
        "band:good": _("an anonymous member with a good record"),
        "band:mixed": _("an anonymous member with a mixed record"),
    }
    return bands.get(label) or _("said by %(name)s", name=label)


def _sightings(desk: Desk, found: Indicator) -> Chart | None:
    if not found.sightings:
        return None
    _ = desk.say
    by_day: dict[str, int] = {}
    for each in found.sightings:
        day = f"{each.hour:%m-%d}"
        by_day[day] = by_day.get(day, 0) + each.count
    points = tuple(Point(day, count) for day, count in by_day.items())
    return charts.columns(
        [Series(_("hits"), points)],
        Axis(_("day"), scale=Scale.CATEGORY),
        Axis(_("hits")),
        says=_("Hits per day over the last 30 days"),
    )


def _graph(desk: Desk, near: Neighbourhood) -> Graph:
    whys = {
        "host": desk.say("same host"),
        "report": desk.say("same report"),
        "brand": desk.say("same brand"),
    }
    nodes = [_node(near.digest, defanged(near.observable), near.observable.kind)]
    lines = []
    for brand, name_en, name_zh in near.brands:
        nodes.append(
            Node(
                f"brand-{brand}",
                desk.name(name_en, name_zh),
                NodeKind.BRAND,
                href=f"/threats?brand={brand}",
            )
        )
        lines.append(Line(near.digest, f"brand-{brand}", desk.say("imitates")))
    for each in near.neighbours:
        kind = each.observable.kind
        nodes.append(_node(each.digest, defanged(each.observable), kind))
        lines.append(Line(near.digest, each.digest, whys[each.why]))
    return graph(near.digest, nodes, lines)


def _node(digest: str, shown: str, kind: Kind) -> Node:
    kinds = {
        Kind.HASH: NodeKind.FILE,
        Kind.CERTIFICATE: NodeKind.FILE,
        Kind.APP: NodeKind.FILE,
        Kind.DOMAIN: NodeKind.HOST,
        Kind.IP: NodeKind.HOST,
    }
    short = shown if len(shown) <= 34 else f"{shown[:22]}…{shown[-9:]}"
    return Node(
        digest,
        short,
        kinds.get(kind, NodeKind.VALUE),
        href=f"/threats/{digest}",
        more=f"/threats/{digest}/neighbours",
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """Where the newest claim stands in the log, and that this was proven now."""

    seq: int
    size: int
    hashes: int


def _proof(tx: Tx, found: Indicator) -> Proof | None:
    seqs = [told.seq for told in found.claims if told.seq is not None]
    if not seqs:
        return None
    size, _note = log.newest_checkpoint(tx)
    return Proof(max(seqs), size, log.verified_inclusion(tx, max(seqs), size))


def _query(desk: Desk) -> Query:
    asked = desk.request.query_params
    since = _SINCE.get(asked.get("since", ""))
    frame_now = desk.frame().now
    return Query(
        text=asked.get("q", ""),
        kinds=_one(Kind, asked.get("kind", "")),
        categories=_one(Category, asked.get("category", "")),
        brand=_uuid(asked.get("brand", "")),
        tlp=next(iter(_one(Tlp, asked.get("tlp", ""))), None),
        status=_status(asked.get("status", "active")),
        since=None if since is None else frame_now - timedelta(hours=since),
        mine=asked.get("mine") == "1",
    )


def _one(kinds: Any, text: str) -> tuple[Any, ...]:
    return (kinds(text),) if text in list(kinds) else ()


def _status(text: str) -> str:
    return text if text in ("active", "withdrawn", "all") else "active"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


HANDLERS = [
    list_threats,
    show_indicator,
    take_stix,
    neighbours,
    add_sighting,
    withdraw,
]
