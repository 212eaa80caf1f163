"""Pages, against a model that has all rows in a list and thinks it over slowly."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hanse.base.ids import CollectionId
from hanse.intel.objects import NewObject, keep
from hanse.intel.objects.filters import (
    EVERY,
    LAST,
    Filter,
    Position,
    Versions,
    View,
)
from hanse.intel.objects.keeping import place_at
from hanse.intel.objects.pages import bodies, is_there, records, rows_of_object
from hanse.storage.tx import Tx
from tests.server.intel.objects.telling import (
    DAY_0,
    add_audience,
    seen,
    stix_id,
    told,
)

POTS = [None, CollectionId(UUID(int=1)), CollectionId(UUID(int=2))]
KINDS = ["indicator", "malware"]


class Row(NamedTuple):
    """A row as the model has it: audience is a place in the list of audiences."""

    number: int
    kind: str
    day: int | None
    spec: str
    audience: int
    pot: CollectionId | None

    @property
    def age(self) -> int:
        """What has no version is older than anything."""
        return -1 if self.day is None else self.day


rows_of_anything = st.builds(
    Row,
    number=st.integers(0, 3),
    kind=st.sampled_from(KINDS),
    day=st.none() | st.integers(0, 3),
    spec=st.sampled_from(["2.1", "2.0"]),
    audience=st.integers(0, 2),
    pot=st.sampled_from(POTS),
)
versions_of_anything = st.sampled_from(
    [
        LAST,
        EVERY,
        Versions(first=True),
        Versions(first=True, last=True),
        Versions(exact=(DAY_0, DAY_0 + timedelta(days=2))),
        Versions(last=True, exact=(DAY_0,)),
    ]
)


@dataclass
class Model:
    """All rows in the order added; the answer is computed from the visible alone."""

    rows: list[tuple[Row, datetime]]

    def shown(self, asking: "Asking", asked: Filter) -> list[tuple[Row, datetime]]:
        seen = [
            (row, added)
            for row, added in self.rows
            if row.audience in asking.visible and asking.pot in (None, row.pot)
        ]
        if asked.spec_versions:
            seen = [each for each in seen if each[0].spec in asked.spec_versions]
        return [
            (row, added)
            for row, added in seen
            if self._is_first_of_its_version(row, added, seen, asked)
            and self._is_of_a_version_wanted(row, added, seen, asked.versions)
            and (not asked.ids or stix_id(row.number, row.kind) in asked.ids)
            and (not asked.types or row.kind in asked.types)
            and (asked.added_after is None or added > asked.added_after)
            and (not asking.is_enforceable or row.kind == "indicator")
        ]

    def _is_first_of_its_version(
        self,
        row: Row,
        added: datetime,
        seen: list[tuple[Row, datetime]],
        asked: Filter,
    ) -> bool:
        twins = [r for r in seen if r[0][:3] == row[:3]]
        spec = row.spec if asked.spec_versions else max(r[0].spec for r in twins)
        return (row, added) == next(r for r in twins if r[0].spec == spec)

    def _is_of_a_version_wanted(
        self,
        row: Row,
        added: datetime,
        seen: list[tuple[Row, datetime]],
        wanted: Versions,
    ) -> bool:
        days = [r[0].age for r in seen if r[0][:2] == row[:2]]
        told_at = added if row.day is None else DAY_0 + timedelta(days=row.day)
        return (
            wanted.every
            or (wanted.last and row.age == max(days))
            or (wanted.first and row.age == min(days))
            or told_at in wanted.exact
        )


def new(row: Row, audiences: Sequence[int]) -> NewObject:
    return told(
        row.number,
        row.day,
        audience=audiences[row.audience],
        spec_version=row.spec,
        kind=row.kind,
        pot=row.pot,
    )


class Asking(NamedTuple):
    """What somebody asks, and how: a page of `limit`, after the row of this number."""

    visible: frozenset[int]
    pot: CollectionId | None
    versions: Versions
    types: tuple[str, ...]
    specs: tuple[str, ...]
    numbers: tuple[int, ...]
    after: int
    limit: int
    is_narrow: bool
    is_enforceable: bool

    def filter(self, model: Model) -> Filter:
        is_after = self.after < len(model.rows)
        return Filter(
            added_after=model.rows[self.after][1] if is_after else None,
            ids=tuple(stix_id(n, kind) for n in self.numbers for kind in KINDS),
            types=self.types,
            spec_versions=self.specs,
            versions=self.versions,
        )


anything_asked = st.builds(
    Asking,
    visible=st.frozensets(st.integers(0, 2)),
    pot=st.sampled_from(POTS),
    versions=versions_of_anything,
    types=st.sampled_from([(), ("indicator",), ("malware",), ("malware", "indicator")]),
    specs=st.sampled_from([(), ("2.1",), ("2.0",), ("2.0", "2.1")]),
    numbers=st.sampled_from([(), (0,), (1, 2)]),
    after=st.integers(0, 20),
    limit=st.integers(1, 4),
    is_narrow=st.booleans(),
    is_enforceable=st.booleans(),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(st.lists(rows_of_anything, max_size=6), max_size=5),
    asking=anything_asked,
)
def test_pages_hold_what_the_model_says_and_paging_gives_each_once(
    tx: Tx, batches: list[list[Row]], asking: Asking
):
    with tx.conn.transaction(force_rollback=True):
        audiences = [add_audience(tx) for _ in range(3)]
        model = _keep_all(tx, batches, audiences)
        asked = asking.filter(model)
        view = seen(
            tx,
            [audiences[n] for n in asking.visible],
            pot=asking.pot,
            is_enforceable=asking.is_enforceable,
            is_narrow=asking.is_narrow,
        )
        wanted = model.shown(asking, asked)
        told = b",".join(new(row, audiences).body for row, _ in wanted)
        assert _by_next(tx, view, asked, asking.limit) == told
        assert _by_date(tx, view, asked, asking.limit) == told
        listed = records(tx, view, asked, limit=100).records
        assert [row.position.added for row in listed] == [added for _, added in wanted]


def _keep_all(tx: Tx, batches: list[list[Row]], audiences: Sequence[int]) -> Model:
    model = Model([])
    known: set[Row] = set()
    for batch in batches:
        dates = _kept_at(tx, [new(row, audiences) for row in batch])
        for row, added in zip(batch, dates, strict=True):
            if row not in known:
                known.add(row)
                model.rows.append((row, added))
    return model


def _kept_at(tx: Tx, objects: Sequence[NewObject]) -> list[datetime]:
    dates: list[datetime] = []

    def placed(_: Tx, given: Sequence[datetime]) -> None:
        dates.extend(given)

    keep(tx, objects, placed)
    tx.run_seals()
    return dates


def _by_next(tx: Tx, view: View, asked: Filter, limit: int) -> bytes:
    found: list[bytes] = []
    place: Position | None = None
    while True:
        page = bodies(tx, view, asked, limit=limit, after=place)
        if page is None:
            return b",".join(found)
        assert page.count <= limit
        found.append(page.joined)
        if page.following is None:
            return b",".join(found)
        place = page.following


def _by_date(tx: Tx, view: View, asked: Filter, limit: int) -> bytes:
    """As a poller that knows nothing but the last instant it saw."""
    found: list[bytes] = []
    while True:
        page = bodies(tx, view, asked, limit=limit)
        if page is None:
            return b",".join(found)
        found.append(page.joined)
        asked = Filter(
            added_after=page.last,
            ids=asked.ids,
            types=asked.types,
            spec_versions=asked.spec_versions,
            versions=asked.versions,
        )


def test_a_view_of_no_audience_shows_nothing(tx: Tx):
    keep(tx, [told(1, audience=add_audience(tx))])
    tx.run_seals()
    for is_narrow in (False, True):
        assert bodies(tx, seen(tx, [], is_narrow=is_narrow), Filter(), limit=9) is None
    assert not records(tx, seen(tx, []), Filter(), limit=9).records
    assert not is_there(tx, seen(tx, []), stix_id(1))
    named = Filter(ids=(stix_id(1),))
    assert rows_of_object(tx, seen(tx, []), named, None) == ([], False)


def test_a_filter_that_names_no_version_finds_nothing(tx: Tx):
    ours = add_audience(tx)
    keep(
        tx, [told(1, audience=ours), told(2, audience=ours), told(2, 1, audience=ours)]
    )
    tx.run_seals()
    assert bodies(tx, seen(tx, [ours]), Filter(versions=Versions()), limit=9) is None


def test_a_page_never_ends_between_objects_of_one_instant(tx: Tx):
    ours = add_audience(tx)
    place_at(
        tx,
        [
            (told(n, audience=ours), DAY_0 + timedelta(days=n // 2))  # 0 0 1 1 2
            for n in range(5)
        ],
    )
    page = bodies(tx, seen(tx, [ours]), Filter(), limit=3)
    assert page is not None
    assert (page.count, page.last) == (2, DAY_0)
    assert page.following is not None
    listed = records(tx, seen(tx, [ours]), Filter(), limit=3)
    assert [row.stix_id for row in listed.records] == [stix_id(0), stix_id(1)]
    assert listed.following is not None


@pytest.mark.parametrize("limit", [1, 2])
def test_a_page_full_of_one_instant_goes_on_within_it(tx: Tx, limit: int):
    ours = add_audience(tx)
    place_at(tx, [(told(n, audience=ours), DAY_0) for n in range(5)])
    place: Position | None = None
    found = []
    for _ in range(9):
        page = bodies(tx, seen(tx, [ours]), Filter(), limit=limit, after=place)
        assert page is not None
        found.append(page.joined)
        place = page.following
        if place is None:
            break
    wanted = [told(n, audience=ours).body for n in range(5)]
    assert b",".join(found) == b",".join(wanted)


def test_a_page_stays_below_its_size_and_holds_at_least_one_object(
    tx: Tx, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hanse.intel.objects.store.MAX_PAGE_BYTES", 250)
    ours = add_audience(tx)
    keep(tx, [told(n, audience=ours) for n in range(5)])
    tx.run_seals()
    size = len(told(0, audience=ours).body)
    assert 2 * size < 250 < 3 * size
    page = bodies(tx, seen(tx, [ours]), Filter(), limit=100)
    assert page is not None
    assert page.count == 2
    assert page.following is not None
    monkeypatch.setattr("hanse.intel.objects.store.MAX_PAGE_BYTES", 1)
    page = bodies(tx, seen(tx, [ours]), Filter(), limit=100)
    assert page is not None
    assert page.count == 1
