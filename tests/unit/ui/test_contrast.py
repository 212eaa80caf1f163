"""Every pair of text and ground in hanse.css can be read, in light and in dark.

WCAG 2.2, 1.4.3: 4.5 to 1 for text; 1.4.11: 3 to 1 for signs and marks in charts.
"""

import re

import pytest

from hanse.ui.assets import STATIC

GROUNDS = ["ground", "surface", "surface-2"]
TEXTS = [
    *[(text, ground) for text in ("ink", "ink-2", "ink-3") for ground in GROUNDS],
    *[("accent", ground) for ground in (*GROUNDS, "accent-ground")],
    *[(tone, f"{tone}-ground") for tone in ("danger", "warn", "good")],
    *[(tone, "surface") for tone in ("danger", "warn", "good", "violet")],
    ("ink", "accent-ground"),
    ("ink-2", "accent-ground"),
    ("ink-3", "accent-ground"),
    *[("ink", f"{tone}-ground") for tone in ("danger", "warn", "good")],
    ("surface", "ink"),
]
MARKS = [
    *[(f"chart-{t}", "surface") for t in ("accent", "danger", "good", "violet")],
    *[(f"{tone}-fill", "surface") for tone in ("accent", "danger", "good")],
]


def test_there_is_something_to_check() -> None:
    assert len(_pairs()) > 25


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_can_be_read(text, ground, theme) -> None:
    colours = _pairs()
    assert _contrast(colours[text][theme], colours[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("fill", ["accent-fill", "danger-fill"])
def test_white_can_be_read_on_buttons(fill, theme) -> None:
    assert _contrast("#ffffff", _pairs()[fill][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), MARKS)
def test_marks_can_be_seen(mark, ground, theme) -> None:
    colours = _pairs()
    assert _contrast(colours[mark][theme], colours[ground][theme]) >= 3


def _pairs() -> dict[str, tuple[str, str]]:
    css = (STATIC / "hanse.css").read_text()
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", css)
    return {name: (light, dark) for name, light, dark in found}


def _contrast(one: str, other: str) -> float:
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
