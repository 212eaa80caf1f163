"""The traffic lights in STIX: which marking stands for which TLP level.

TLP 2.0 as OASIS published it (extension definition 60a3c5c5-..., five marking
definitions with fixed ids) and TLP 1.0 from section 7.2.1.4, whose white is clear.
No other marking may claim to be a traffic light: an object marked with an invented
"TLP:RED" would otherwise look unmarked to everybody who only knows the real ids.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from hanse.feed.sharing import Tlp
from hanse.intel.stix.faults import Fault

TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

# From widest to narrowest; where several are given the strictest counts.
TLP_MARKING_IDS: Mapping[Tlp, str] = MappingProxyType(
    {
        Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
        Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
        Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
        Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
    }
)
TLP_1_MARKING_IDS: Mapping[str, str] = MappingProxyType(
    {
        "white": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
        "green": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
        "amber": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
        "red": "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
    }
)
TLP_OF_MARKING: Mapping[str, Tlp] = MappingProxyType(
    {marking: tlp for tlp, marking in TLP_MARKING_IDS.items()}
    | {
        marking: Tlp.CLEAR if colour == "white" else Tlp(colour)
        for colour, marking in TLP_1_MARKING_IDS.items()
    }
)
_STRICTNESS = {tlp: rank for rank, tlp in enumerate(Tlp)}


def tlp_of(marking_refs: Iterable[str]) -> Tlp | None:
    """The strictest traffic light among the markings; None when there is none."""
    lights = [TLP_OF_MARKING[ref] for ref in marking_refs if ref in TLP_OF_MARKING]
    return max(lights, key=_STRICTNESS.__getitem__) if lights else None


def marking_definition(tlp: str) -> dict[str, Any]:
    """The TLP 2.0 marking definition exactly as OASIS publishes it.

    Raises ValueError for what is not a TLP 2.0 level.
    """
    level = Tlp(tlp)
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": TLP_MARKING_IDS[level],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{level.value.upper()}",
        "extensions": {
            TLP_EXTENSION: {
                "extension_type": "property-extension",
                "tlp_2_0": level.value,
            }
        },
    }


def only_genuine_traffic_lights(value: dict[str, Any]) -> Fault | None:
    """A marking definition that speaks of TLP has to be one of the published ones."""
    extensions = value.get("extensions")
    extension = extensions.get(TLP_EXTENSION) if isinstance(extensions, dict) else None
    if isinstance(extension, dict):
        level = extension.get("tlp_2_0")
        pointer = f"/extensions/{TLP_EXTENSION}/tlp_2_0"
        if level not in tuple(Tlp):
            return Fault(pointer, "must be one of " + ", ".join(Tlp))
        if value.get("id") != TLP_MARKING_IDS[Tlp(level)]:
            return Fault("/id", f"must be the published id of TLP:{level.upper()}")
    if value.get("definition_type") == "tlp":
        definition = value.get("definition")
        colour = definition.get("tlp") if isinstance(definition, dict) else None
        if colour not in tuple(TLP_1_MARKING_IDS):
            colours = ", ".join(TLP_1_MARKING_IDS)
            return Fault("/definition/tlp", f"must be one of {colours}")
        if value.get("id") != TLP_1_MARKING_IDS[colour]:
            return Fault("/id", f"must be the published id of TLP:{colour.upper()}")
    return None
