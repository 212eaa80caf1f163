"""A site of invented pages that shows every component, for tests and for looking at.

Run it: `python -m tests.browser.ui.gallery PORT`. Its texts stand here in both
languages, so that the product's catalogue holds nothing that is only for tests.
"""

import random
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response, Router, get, post
from litestar.exceptions import HTTPException

from hanse.base.errors import NotFound
from hanse.ui import charts, relations, serving
from hanse.ui.i18n import Language
from hanse.ui.page import Frame, Looker, MenuEntry, Pages, RailEntry
from hanse.ui.session import Flash, FlashTone

TEMPLATES = Path(__file__).parent / "templates"
PAGES = Pages(TEMPLATES)

Say = Callable[[str, str], str]


def frame(request: Request[Any, Any, Any], here: str) -> Frame:
    """What the hub's own screens will build from the session."""
    preferences = serving.preferences_of(request)
    say = _say(preferences.language)
    return Frame(
        now=datetime.now(UTC),
        path=request.scope["path"],
        query=tuple((k, str(v)) for k, v in request.query_params.multi_items()),
        alliance=say("Harbour alliance", "港湾联盟"),
        rail=(
            RailEntry("overview", say("Overview", "总览"), "/", "overview", "o"),
            RailEntry(
                "threats", say("Threats", "威胁"), "/threats", "threats", "t", 12_408
            ),
            RailEntry("report", say("Report", "举报"), "/report", "report", "r"),
            RailEntry(
                "review",
                say("Review", "复核"),
                "/states",
                "review",
                "v",
                3,
                needs_you=True,
            ),
            RailEntry("breaches", say("Breaches", "泄露"), "/b", "breaches", "b", 1),
            RailEntry("members", say("Members", "成员"), "/m", "members", "m", 31),
            RailEntry("edges", say("Edges", "边缘节点"), "/e", "edges", "e", 30),
            RailEntry("oversight", say("Oversight", "监督"), "/x", "oversight", "x"),
            RailEntry("settings", say("Settings", "设置"), "/s", "settings", "s"),
        ),
        here=here,
        looker=Looker(
            name=say("Lin Chen", "陈琳"),
            role=say("analyst, Orchid Mall", "分析员，兰市集"),
            menu=(
                MenuEntry(say("My account", "我的账号"), "/me", "user"),
                MenuEntry(say("Log out", "退出登录"), "/out", "leave", is_post=True),
            ),
        ),
        preferences=preferences,
        csrf_token="gallery",
        searched=request.query_params.get("q", ""),
        is_fragment="hx-request" in request.headers,
    )


def _say(language: Language) -> Say:
    return lambda en, zh: zh if language is Language.CHINESE else en


def _page(
    request: Request[Any, Any, Any],
    template: str,
    here: str,
    *,
    change: Callable[[Frame], Frame] = lambda f: f,
    status: int = 200,
    **values: object,
) -> Response[bytes]:
    seen = change(frame(request, here))
    page = PAGES.render(template, seen, t=_say(seen.language), **values)
    return serving.page_answer(page, is_https=False, status=status)


@get("/", sync_to_thread=True)
def overview(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Tiles, a scatter with a limit, bars, a table."""
    seen = frame(request, "overview")
    say = _say(seen.language)
    chance = random.Random(7)
    start = seen.now - timedelta(hours=24)
    times = [
        charts.Point(
            start + timedelta(seconds=chance.uniform(0, 86_400)),
            round(min(10, chance.lognormvariate(-1.1, 0.55)), 3),
            label=f"xn-{n}[.]example",
            href="/threats/1",
        )
        for n in range(420)
    ]
    brands = [
        ("Orchid Mall", "兰市集", 312),
        ("Paperboat Express", "纸舟快递", 187),
        ("Lantern Pay", "灯笼支付", 166),
        ("Kite Video", "风筝视频", 94),
        ("Blue Crane Bank", "蓝鹤银行", 61),
        ("Northgate Telecom", "北门通信", 40),
    ]
    gives = [
        charts.Point(
            float(chance.randrange(180)), float(chance.randrange(1000)), f"M{n}", "/m"
        )
        for n in range(30)
    ]
    return _page(
        request,
        "overview.html",
        "overview",
        protect=charts.scatter(
            times,
            charts.Axis(say("reported at", "举报时间"), scale=charts.Scale.TIME),
            charts.Axis(
                say("seconds to last edge", "到最后一个节点的秒数"),
                say("s", "秒"),
                charts.Scale.LOG,
                0.1,
                10,
            ),
            says=say(
                "Time to protect: 420 items, nearly all below one second",
                "保护时效：420 条，几乎全部低于一秒",
            ),
            limit=charts.Limit(1, say("promise 1 s", "承诺 1 秒")),
        ),
        brands=charts.bars(
            [charts.Bar(say(en, zh), n, "/threats") for en, zh, n in brands],
            charts.Axis(say("brand", "品牌")),
            charts.Axis(say("pages", "页面数")),
            says=say("Orchid Mall is attacked most", "兰市集受攻击最多"),
        ),
        gives=charts.scatter(
            gives,
            charts.Axis(say("first reports given", "贡献的首次举报")),
            charts.Axis(say("attacks refused thanks to others", "因他人举报而拦截")),
            says=say("30 members", "30 个成员"),
            tone=charts.Tone.VIOLET,
        ),
        rows=_rows(seen.now, say),
    )


def _rows(now: datetime, say: Say) -> list[dict[str, object]]:
    shop, post_ = say("Orchid Mall", "兰市集"), say("Paperboat Express", "纸舟快递")
    given = [
        ("orchid-refund[.]example/login", shop, 4, 96, "enforced"),
        ("sha256 9c1f…e0 纸舟快递.apk", post_, 2, 91, "enforced"),
        ("go[.]example/3xQ…", None, 1, 64, "watch"),
        ("mail[.]example", None, 1, 12, "held"),
        (
            "lantern-pay-gift[.]example",
            say("Lantern Pay", "灯笼支付"),
            1,
            58,
            "suspected",
        ),
        ("orchid-points[.]example/claim", shop, 6, 99, "confirmed"),
        ("198[.]51[.]100[.]23", None, 3, 77, "enforced"),
        ("kite-vip[.]example", say("Kite Video", "风筝视频"), 1, None, "withdrawn"),
    ]
    return [
        {
            "at": now - timedelta(seconds=20 + 410 * n * n),
            "value": value,
            "brand": brand,
            "members": members,
            "score": score,
            "state": state,
            "href": f"/threats/{n}",
        }
        for n, (value, brand, members, score, state) in enumerate(given)
    ]


@get("/threats", sync_to_thread=True)
def threats(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A list worked beside a pane, filters in the address, a pager."""
    seen = frame(request, "threats")
    rows = _rows(seen.now, _say(seen.language)) * 5
    return _page(request, "list.html", "threats", rows=rows)


@get("/threats/{number:int}", sync_to_thread=True)
def threat(request: Request[Any, Any, Any], number: int) -> Response[bytes]:
    """One value, its whole story; bare when htmx asks."""
    seen = frame(request, "threats")
    say = _say(seen.language)
    steps = [
        (say("prior: a first-seen page", "先验：首次出现的页面"), 8.1),
        (say("report, member mostly right", "举报，该成员大多准确"), 38.6),
        (say("page: form sends elsewhere", "页面：表单提交到别处"), 24.2),
        (say("name imitates a brand", "域名仿冒品牌"), 9.4),
        (say("independent sighting", "独立的命中记录"), 8.0),
        (say("same kit as a known campaign", "与已知团伙使用同一套件"), 8.6),
        (say("2 h old, half-life 3 d", "已过 2 小时，半衰期 3 天"), -0.9),
    ]
    hours = [
        seen.now.replace(minute=0, second=0) - timedelta(hours=h) for h in range(24)
    ]
    chance = random.Random(number)
    here = [charts.Point(h, float(chance.randrange(30)), "", "/threats") for h in hours]
    else_ = [charts.Point(h, float(chance.randrange(120))) for h in hours]
    return _page(
        request,
        "indicator.html",
        "threats",
        number=number,
        score=charts.waterfall(
            [charts.Step(label, points) for label, points in steps],
            96.0,
            charts.Axis(say("score points", "评分"), lower=0, upper=100),
            reason=say("reason", "原因"),
            total_label=say("score", "评分"),
            says=say("Why the score is 96 of 100", "评分 96（满分 100）的原因"),
            limit=charts.Limit(80, say("enforced from 80", "80 起执行")),
        ),
        sightings=charts.columns(
            [
                charts.Series(say("here", "本成员"), tuple(here)),
                charts.Series(
                    say("elsewhere", "其他成员"), tuple(else_), charts.Tone.SOFT
                ),
            ],
            charts.Axis(say("hour", "小时"), scale=charts.Scale.TIME),
            charts.Axis(say("visits refused", "拦截访问次数")),
            says=say("Visits refused, hour by hour", "按小时统计的拦截访问次数"),
        ),
        related=_graph(say),
        squares=[
            (
                say(
                    f"Member {n}: refused after 0.{3 + n % 5} s",
                    f"成员 {n}：0.{3 + n % 5} 秒后拦截",
                ),
                "warn" if n == 29 else "danger" if n == 17 else "good",
                "/e",
            )
            for n in range(30)
        ],
        story=[
            (
                seen.now - timedelta(minutes=4),
                say("reported, path only", "已举报，仅限该路径"),
                "#88131",
            ),
            (
                seen.now - timedelta(minutes=3),
                say("score 71 → 88", "评分 71 → 88"),
                "#88132",
            ),
            (
                seen.now - timedelta(days=3),
                say("joined to a campaign", "归入团伙"),
                "#88140",
            ),
        ],
    )


def _graph(say: Say) -> relations.Graph:
    node, kind = relations.Node, relations.NodeKind
    return relations.graph(
        "v",
        [
            node("v", "orchid-refund[.]example/login", kind.VALUE, "/threats/1"),
            node("c", "C-2211", kind.CAMPAIGN, "/threats", "/neighbours/c", 12),
            node("b", say("Orchid Mall", "兰市集"), kind.BRAND, "/m"),
            node("h", "198[.]51[.]100[.]23", kind.HOST, "", "/neighbours/h", 3),
            node("f", "OrchidRefund.apk", kind.FILE),
            node("v2", "orchid-points[.]example", kind.VALUE, "/threats/5"),
        ],
        [
            relations.Line("v", "c", say("part of", "属于")),
            relations.Line("v", "b", say("imitates", "仿冒")),
            relations.Line("v", "h", say("resolves to", "解析到")),
            relations.Line("c", "f", say("spreads", "传播")),
            relations.Line("c", "v2", ""),
        ],
    )


@get("/neighbours/{name:str}", sync_to_thread=False)
def neighbours(name: str) -> dict[str, object]:
    """What hangs on a node."""
    node, kind = relations.Node, relations.NodeKind
    nodes = [node(name, name, kind.OTHER)] + [
        node(f"{name}{n}", f"{name}-{n}[.]example", kind.VALUE, "/threats/2")
        for n in range(4)
    ]
    lines = [relations.Line(name, f"{name}{n}", "") for n in range(4)]
    return relations.neighbours_json(relations.graph(name, nodes, lines))


@get("/report", sync_to_thread=True)
def report_form(request: Request[Any, Any, Any]) -> Response[bytes]:
    """An empty form."""
    return _page(request, "form.html", "report", errors={}, values={})


@post("/report", status_code=422)
async def report(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A form that came back: errors, and what was typed."""
    values = dict(await request.form())
    seen = frame(request, "report")
    wrong = {
        "values": _say(seen.language)("Row 2 is not an address", "第 2 行不是地址")
    }
    return _page(
        request, "form.html", "report", status=422, errors=wrong, values=values
    )


@get("/preview", sync_to_thread=True)
def progress(request: Request[Any, Any, Any], done: int = 0) -> Response[bytes]:
    """A job that proceeds each time it is asked after."""
    return _page(request, "progress.html", "report", done=done)


@get("/states", sync_to_thread=True)
def states(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Every state, empty, error, notices, flashes."""

    def flashing(given: Frame) -> Frame:
        say = _say(given.language)
        return replace(
            given,
            flashes=(
                Flash(FlashTone.DONE, say("Told 29 members.", "已通知 29 个成员。")),
                Flash(FlashTone.FAILED, say("The link has expired.", "链接已过期。")),
            ),
        )

    return _page(request, "states.html", "review", change=flashing)


@get("/login", sync_to_thread=True)
def login(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Nobody is logged in: the porch."""
    return _page(
        request, "login.html", "", change=lambda f: replace(f, looker=None, rail=())
    )


def switch(request: Request[Any, Any, Any]) -> Response[bytes] | None:
    """Language or theme asked for in the address."""
    return serving.find_preference_switch(request, is_https=False)


def not_found(
    request: Request[Any, Any, Any], _: NotFound | HTTPException
) -> Response[bytes]:
    """The page for what is not there."""
    return _page(request, "error.html", "", status=404)


# One router: registered one by one, Litestar 2.25 wraps a threaded handler again when
# another verb joins its path, and the handler then answers 500.
app = Litestar(
    [
        Router(
            "/",
            route_handlers=[
                serving.static_handler(is_https=False),
                *(overview, threats, threat, neighbours, report_form, report),
                *(progress, states, login),
            ],
        )
    ],
    before_request=switch,
    exception_handlers={NotFound: not_found, 404: not_found},
    openapi_config=None,
)


def main() -> None:
    """Serve on loopback until stopped."""
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        "tests.browser.ui.gallery:app",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.ASGI,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    main()
