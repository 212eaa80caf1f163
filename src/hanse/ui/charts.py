"""Charts as plain values: what is drawn, and the same as a table.

Each function takes values and gives a `Chart`: a small description that
`static/charts.js` draws in the colours of the theme, and the table that says the
same to whoever would rather read, copy or listen. Names and units of axes come
translated. Nothing here knows what the numbers mean.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from markupsafe import Markup

Cell = str | int | float | datetime | None


class Tone(StrEnum):
    """What a colour says; the colour itself is the theme's."""

    ACCENT = "accent"
    SOFT = "soft"
    MUTED = "muted"
    DANGER = "danger"
    WARN = "warn"
    GOOD = "good"
    VIOLET = "violet"


class Scale(StrEnum):
    """How an axis runs."""

    LINEAR = "linear"
    LOG = "log"
    TIME = "time"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class Axis:
    """`name` heads the axis and the table's column; `unit` follows numbers."""

    name: str
    unit: str = ""
    scale: Scale = Scale.LINEAR
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One mark. `x` is an instant on a time axis. A click opens `href`."""

    x: datetime | float | str
    y: float
    label: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Marks that belong together."""

    name: str
    points: tuple[Point, ...]
    tone: Tone = Tone.ACCENT


@dataclass(frozen=True, slots=True)
class Limit:
    """A dashed line across: the promise, the threshold."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One horizontal bar."""

    label: str
    value: float
    href: str = ""
    tone: Tone = Tone.SOFT


@dataclass(frozen=True, slots=True)
class Step:
    """What one reason adds to a score (or takes away)."""

    label: str
    points: float
    href: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A chart's twin. Where `hrefs` has an address, the row's first cell opens it."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    hrefs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """What `ui.chart` shows. `says` is the one sentence a listener hears first."""

    kind: str
    says: str
    spec: dict[str, Any]
    table: Table
    height: str = "m"


def scatter(
    points: Sequence[Point],
    x: Axis,
    y: Axis,
    *,
    says: str,
    limit: Limit | None = None,
    tone: Tone = Tone.ACCENT,
    height: str = "m",
) -> Chart:
    """One dot per point: every item's time to protect, gives against gets.

    The table begins at the far end of the x axis: with the newest.
    """
    series = Series("", tuple(points), tone)
    named = any(point.label for point in points)
    newest = sorted(points, key=lambda p: _sortable(p.x), reverse=True)
    return Chart(
        kind="scatter",
        says=says,
        spec=_spec("scatter", x, y, (series,), limit),
        table=Table(
            heads=(x.name, _head(y)) + (("",) if named else ()),
            rows=tuple((p.x, p.y) + ((p.label,) if named else ()) for p in newest),
            hrefs=tuple(p.href for p in newest),
        ),
        height=height,
    )


def bars(rows: Sequence[Bar], what: Axis, value: Axis, *, says: str) -> Chart:
    """Horizontal bars, in the order given; the value stands at each bar's end."""
    spec: dict[str, object] = {
        "kind": "bars",
        "x": _axis(value),
        "y": _axis(what),
        "bars": [
            {"label": r.label, "value": r.value, "href": r.href, "tone": r.tone}
            for r in rows
        ],
    }
    return Chart(
        kind="bars",
        says=says,
        spec=spec,
        table=Table(
            heads=(what.name, _head(value)),
            rows=tuple((r.label, r.value) for r in rows),
            hrefs=tuple(r.href for r in rows),
        ),
        height=_height_of(len(rows)),
    )


def columns(series: Sequence[Series], x: Axis, y: Axis, *, says: str) -> Chart:
    """Upright bars, stacked where there are several series: sightings over time."""
    return _over_x("columns", series, (x, y), None, says)


def lines(
    series: Sequence[Series], x: Axis, y: Axis, *, says: str, limit: Limit | None = None
) -> Chart:
    """Curves: before and after, a score as it aged."""
    return _over_x("lines", series, (x, y), limit, says)


def waterfall(
    steps: Sequence[Step],
    total: float,
    value: Axis,
    *,
    reason: str,
    total_label: str,
    says: str,
    limit: Limit | None = None,
) -> Chart:
    """The reasons of a score, each beginning where the last one ended.

    Whole points are shown and they add up to the whole total exactly. Raises
    `ValueError` if the steps are not the total's own: a page must not explain a
    number by reasons that give another.
    """
    given = math.fsum(step.points for step in steps)
    if abs(given - total) > 0.01:
        raise ValueError(f"the steps add up to {given:.2f}, the total is {total:.2f}")
    shown = whole_points([step.points for step in steps], round(total))
    position = 0
    drawn: list[dict[str, object]] = []
    for step, points in zip(steps, shown, strict=True):
        drawn.append(
            {
                "label": step.label,
                "from": position,
                "to": position + points,
                "href": step.href,
            }
        )
        position += points
    spec: dict[str, object] = {
        "kind": "waterfall",
        "x": _axis(value),
        "steps": drawn,
        "total": {"label": total_label, "value": position},
    }
    if limit:
        spec["limit"] = {"value": limit.value, "label": limit.label}
    rows: list[tuple[Cell, ...]] = [
        (step.label, _signed(points)) for step, points in zip(steps, shown, strict=True)
    ]
    return Chart(
        kind="waterfall",
        says=says,
        spec=spec,
        table=Table(
            heads=(reason, _head(value)),
            rows=(*rows, (total_label, position)),
            hrefs=(*(step.href for step in steps), ""),
        ),
        height=_height_of(len(steps) + 1),
    )


def whole_points(parts: Sequence[float], total: int) -> list[int]:
    """Round each part so that together they give the total (largest remainder)."""
    floors = [math.floor(part) for part in parts]
    missing = total - sum(floors)
    order = sorted(range(len(parts)), key=lambda i: floors[i] - parts[i])
    for i in order[: max(missing, 0)]:
        floors[i] += 1
    return floors


def plain_json(value: object) -> Markup:
    """JSON that may stand in an attribute between single quotes.

    `<`, `>`, `&` and `'` are escaped, so no value can leave its place. (An element
    `<script type="application/json">` would pass the policy too, but htmx drops
    every script from what it puts into a page.)
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&'\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing that HTML could read is left in it


def _over_x(
    kind: str,
    series: Sequence[Series],
    axes: tuple[Axis, Axis],
    limit: Limit | None,
    says: str,
) -> Chart:
    x, y = axes
    places = sorted({p.x for s in series for p in s.points}, key=_sortable)
    if x.scale is Scale.CATEGORY:
        places = list(dict.fromkeys(p.x for s in series for p in s.points))
    values = [{p.x: p.y for p in s.points} for s in series]
    hrefs = {p.x: p.href for s in series for p in s.points if p.href}
    several = len(series) > 1
    return Chart(
        kind=kind,
        says=says,
        spec=_spec(kind, x, y, series, limit),
        table=Table(
            heads=(x.name, *((s.name for s in series) if several else (_head(y),))),
            rows=tuple((place, *(v.get(place) for v in values)) for place in places),
            hrefs=tuple(hrefs.get(place, "") for place in places),
        ),
    )


def _spec(
    kind: str, x: Axis, y: Axis, series: Sequence[Series], limit: Limit | None
) -> dict[str, object]:
    spec: dict[str, object] = {
        "kind": kind,
        "x": _axis(x),
        "y": _axis(y),
        "series": [
            {
                "name": s.name,
                "tone": s.tone,
                "points": [[_place(p.x), p.y, p.label, p.href] for p in s.points],
            }
            for s in series
        ],
    }
    if limit:
        spec["limit"] = {"value": limit.value, "label": limit.label}
    return spec


def _axis(axis: Axis) -> dict[str, object]:
    return {
        "name": axis.name,
        "unit": axis.unit,
        "scale": axis.scale,
        "min": axis.lower,
        "max": axis.upper,
    }


def _place(x: datetime | float | str) -> float | str:
    """Instants as milliseconds, which is what JavaScript counts."""
    return round(x.timestamp() * 1000) if isinstance(x, datetime) else x


def _sortable(x: datetime | float | str) -> tuple[float, str]:
    place = _place(x)
    return (0.0, place) if isinstance(place, str) else (place, "")


def _head(axis: Axis) -> str:
    return f"{axis.name} ({axis.unit})" if axis.unit else axis.name


def _signed(points: int) -> str:
    return f"+{points}" if points >= 0 else f"\u2212{-points}"


def _height_of(rows: int) -> str:
    """The height class of a chart with one row per bar; inline heights are barred."""
    return "s" if rows <= 4 else "m" if rows <= 7 else "l" if rows <= 12 else "xl"
