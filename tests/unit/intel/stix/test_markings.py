"""Traffic lights: ids and objects as published, and no others."""

import pytest

from hanse.feed.sharing import Tlp
from hanse.intel.stix.markings import (
    TLP_1_MARKING_IDS,
    TLP_EXTENSION,
    TLP_MARKING_IDS,
    TLP_OF_MARKING,
    marking_definition,
    tlp_of,
)
from hanse.intel.stix.validate import check_object
from tests.unit.intel.stix.samples import ref

# https://github.com/oasis-open/cti-stix-common-objects, tlp-2.0/examples.
PUBLISHED = {
    "clear": "94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "e828b379-4e03-4974-9ac4-e53a884c97c1",
}


@pytest.mark.parametrize(("level", "uuid"), PUBLISHED.items())
def test_a_traffic_light_is_the_object_oasis_publishes(level: str, uuid: str):
    assert marking_definition(level) == {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--{uuid}",
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{level.upper()}",
        "extensions": {
            "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {
                "extension_type": "property-extension",
                "tlp_2_0": level,
            }
        },
    }
    assert check_object(marking_definition(level)) == []


def test_there_are_five_levels_and_each_id_stands_for_one():
    assert [tlp.value for tlp in TLP_MARKING_IDS] == list(PUBLISHED)
    assert len(TLP_OF_MARKING) == 9
    assert tlp_of([TLP_1_MARKING_IDS["white"]]) is Tlp.CLEAR
    assert tlp_of([TLP_1_MARKING_IDS["amber"]]) is Tlp.AMBER
    assert TLP_MARKING_IDS["red"] == marking_definition("red")["id"]  # type: ignore[index]


def test_the_strictest_light_counts():
    ids = TLP_MARKING_IDS
    assert tlp_of([ids[Tlp.GREEN], ids[Tlp.RED], ids[Tlp.CLEAR]]) is Tlp.RED
    strict, amber = ids[Tlp.AMBER_STRICT], ids[Tlp.AMBER]
    assert tlp_of([amber, strict]) is tlp_of([strict, amber]) is Tlp.AMBER_STRICT
    assert tlp_of([TLP_1_MARKING_IDS["red"], strict]) is Tlp.RED


def test_other_markings_are_no_lights():
    assert tlp_of([]) is None
    assert tlp_of([ref("marking-definition")]) is None
    assert tlp_of([ref("marking-definition"), TLP_MARKING_IDS[Tlp.GREEN]]) is Tlp.GREEN


def test_an_unknown_level_has_no_object():
    with pytest.raises(ValueError, match="purple"):
        marking_definition("purple")


def of_tlp_1(colour: str, identifier: str) -> dict[str, object]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": identifier,
        "created": "2017-01-20T00:00:00.000Z",
        "definition_type": "tlp",
        "name": f"TLP:{colour.upper()}",
        "definition": {"tlp": colour},
    }


@pytest.mark.parametrize(("colour", "identifier"), TLP_1_MARKING_IDS.items())
def test_the_lights_of_tlp_1_are_valid(colour: str, identifier: str):
    assert check_object(of_tlp_1(colour, identifier)) == []


def test_an_invented_light_is_refused():
    invented = marking_definition("red") | {"id": ref("marking-definition")}
    assert [f.pointer for f in check_object(invented)] == ["/id"]
    swapped = marking_definition("red") | {"id": TLP_MARKING_IDS[Tlp.CLEAR]}
    assert [f.pointer for f in check_object(swapped)] == ["/id"]
    old = of_tlp_1("red", ref("marking-definition"))
    assert [f.pointer for f in check_object(old)] == ["/id"]


@pytest.mark.parametrize("level", ["purple", "CLEAR", 5, None, ["red"]])
def test_a_light_of_no_level_is_refused(level: object):
    value = marking_definition("red")
    value["extensions"][TLP_EXTENSION]["tlp_2_0"] = level
    pointer = f"/extensions/{TLP_EXTENSION}/tlp_2_0"
    assert [f.pointer for f in check_object(value)] == [pointer]
    old = of_tlp_1("red", TLP_1_MARKING_IDS["red"]) | {"definition": {"tlp": level}}
    assert [f.pointer for f in check_object(old)] == ["/definition/tlp"]
