"""Charts say in their table what they show in their picture."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.ui import charts, relations
from hanse.ui.charts import Axis, Bar, Limit, Point, Scale, Series, Step

AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
finite = st.floats(-200, 200, allow_nan=False)


@given(st.lists(finite, min_size=1, max_size=30))
def test_shown_points_add_up_to_the_shown_total(parts: list[float]) -> None:
    total = round(sum(parts))
    shown = charts.whole_points(parts, total)
    assert sum(shown) == total
    assert all(abs(s - p) < 1.5 for s, p in zip(shown, parts, strict=True))


def test_a_waterfall_begins_each_step_where_the_last_one_ended() -> None:
    chart = charts.waterfall(
        [Step("a", 60.4), Step("b", 40.3), Step("c", -4.4)],
        96.3,
        Axis("points"),
        reason="reason",
        total_label="score",
        says="why",
        limit=Limit(80, "from 80"),
    )
    steps = chart.spec["steps"]
    assert [(s["from"], s["to"]) for s in steps] == [(0, 60), (60, 100), (100, 96)]
    assert chart.spec["total"] == {"label": "score", "value": 96}
    assert chart.table.rows == (("a", "+60"), ("b", "+40"), ("c", "−4"), ("score", 96))


def test_reasons_that_give_another_score_are_refused() -> None:
    with pytest.raises(ValueError, match=r"add up to 10\.00, the total is 12\.00"):
        charts.waterfall(
            [Step("a", 10)], 12, Axis("p"), reason="r", total_label="t", says="s"
        )


def test_a_scatter_keeps_each_points_address_and_instant() -> None:
    chart = charts.scatter(
        [Point(AT, 0.4, "x", "/t/1")],
        Axis("when", scale=Scale.TIME),
        Axis("took", "s", Scale.LOG, 0.1, 10),
        says="one",
    )
    assert chart.spec["series"][0]["points"] == [
        [AT.timestamp() * 1000, 0.4, "x", "/t/1"]
    ]
    assert chart.table.heads == ("when", "took (s)", "")
    assert chart.table.rows == ((AT, 0.4, "x"),)
    assert chart.table.hrefs == ("/t/1",)


def test_several_series_share_one_table_with_gaps() -> None:
    chart = charts.columns(
        [Series("here", (Point("Mon", 1),)), Series("there", (Point("Tue", 2),))],
        Axis("day", scale=Scale.CATEGORY),
        Axis("visits"),
        says="visits",
    )
    assert chart.table.heads == ("day", "here", "there")
    assert chart.table.rows == (("Mon", 1, None), ("Tue", None, 2))


def test_places_on_a_number_axis_are_in_order() -> None:
    points = (Point(9.0, 1), Point(2.0, 1), Point(10.0, 1))
    chart = charts.lines([Series("", points)], Axis("x"), Axis("y"), says="s")
    assert [row[0] for row in chart.table.rows] == [2.0, 9.0, 10.0]


def test_bars_grow_with_their_number() -> None:
    few = charts.bars([Bar("a", 1)], Axis("w"), Axis("v"), says="s")
    many = charts.bars(
        [Bar(str(n), n) for n in range(20)], Axis("w"), Axis("v"), says="s"
    )
    assert (few.height, many.height) == ("s", "xl")


@given(st.text())
def test_no_value_can_leave_its_attribute(text: str) -> None:
    embedded = charts.plain_json({"label": text + "'</script><!--"})
    assert not set(embedded) & set("<>&'\u2028\u2029")
    assert json.loads(str(embedded))["label"] == text + "'</script><!--"


def test_a_line_to_an_unknown_node_is_refused() -> None:
    node = relations.Node("a", "a", relations.NodeKind.VALUE)
    with pytest.raises(ValueError, match="not given"):
        relations.graph("a", [node], [relations.Line("a", "b")])


def test_a_graph_is_told_in_json() -> None:
    node = relations.Node("a", "a[.]example", relations.NodeKind.VALUE, more="/n/a")
    told = relations.neighbours_json(relations.graph("a", [node], []))
    assert told["centre"] == "a"
    assert told["nodes"][0]["kind"] == "value"
