"""The first page: what is happening, who is protected, what needs me."""

from litestar import Response, get

from hanse.hub.screens.desk import Desk
from hanse.hub.screens.showing import defanged
from hanse.intel.lookup import reports
from hanse.intel.lookup.overview import Overview, overview
from hanse.membership.caller import Caller
from hanse.membership.machines import edges
from hanse.storage.tx import Tx
from hanse.ui import charts
from hanse.ui.charts import Axis, Bar, Chart, Limit, Point, Scale

PROMISE_SECONDS = 1.0


@get("/", include_in_schema=False, sync_to_thread=True)
def show_overview(desk: Desk, caller: Caller) -> Response[bytes]:
    """The overview as this person may see it."""
    seen = desk.look(caller, overview)
    with desk.database.read() as tx:
        own = edges.list_edges(tx, caller, limit=200).items
        steps = _first_steps(desk, tx, caller)
    return desk.page(
        "hub/overview.html",
        "overview",
        seen=seen,
        newest=[(found, defanged(found.claim.observable)) for found in seen.newest],
        protect=_time_to_protect(desk, seen),
        brands=_brands(desk, seen),
        has_edge=bool(own),
        steps=steps,
        is_member=caller.member is not None,
    )


def _first_steps(desk: Desk, tx: Tx, caller: Caller) -> list[tuple[str, str, bool]]:
    """The way to the first protected customer; empty once it has been gone."""
    if caller.member is None:
        return []
    _ = desk.say
    own = [e for e in edges.list_edges(tx, caller).items if e.revoked_at is None]
    told = reports.list_reports(tx, caller, limit=1).reports
    is_heard = any(edge.acked_seq >= 0 for edge in own)
    steps = [
        (_("Join by the link you were given"), "/settings", True),
        (
            _("Sign the agreement for your company"),
            f"/members/{caller.member}",
            caller.viewer.is_active,
        ),
        (_("Enrol an edge in your own network"), "/edges", bool(own)),
        (_("Report the first page or file"), "/report", bool(told)),
        (
            _("See it enforced everywhere"),
            f"/report/sent/{told[0].id}" if told else "/threats",
            bool(told) and is_heard,
        ),
    ]
    return [] if all(is_done for _text, _href, is_done in steps) else steps


def _time_to_protect(desk: Desk, seen: Overview) -> Chart:
    _ = desk.say
    return charts.scatter(
        [
            Point(each.at, max(0.01, round(each.last_seconds, 3)))
            for each in seen.reaches
            if each.last_seconds is not None
        ],
        Axis(_("reported at"), scale=Scale.TIME),
        Axis(_("seconds to the last edge"), _("s"), Scale.LOG, 0.01, 10),
        says=_("Time to protect, for every item of the last 24 hours"),
        limit=Limit(PROMISE_SECONDS, _("promise 1 s")),
    )


def _brands(desk: Desk, seen: Overview) -> Chart:
    _ = desk.say
    return charts.bars(
        [
            Bar(
                desk.name(b.name_en, b.name_zh),
                b.values,
                f"/threats?brand={b.brand}",
            )
            for b in seen.brands
        ],
        Axis(_("brand")),
        Axis(_("values")),
        says=_("Most imitated brands of the last seven days"),
    )


HANDLERS = [show_overview]
