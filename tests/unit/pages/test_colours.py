"""The contrast that WCAG 2.2 AA asks for, computed from the style sheet's colours."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from exporter.pages.bands import COLOURS, OTHERS

STYLE = (resources.files("exporter") / "data/report/style.css").read_text("utf-8")
BANDS = (*COLOURS, OTHERS, "idle", "unobserved")


def variables(scheme: str) -> dict[str, str]:
    start = STYLE.index({"light": ":root", "dark": "prefers-color-scheme: dark"}[scheme])
    block = STYLE[STYLE.index("{", STYLE.index(":root", start)) : STYLE.index("}", start)]
    return dict(re.findall(r"--([a-z0-9]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("background", ["page", "tile", "missing"])
@pytest.mark.parametrize("colour", ["text", "muted"])
def test_text_can_be_read_on_every_background(scheme: str, background: str, colour: str) -> None:
    colours = variables(scheme)
    assert contrast(colours[colour], colours[background]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", ["accent", "good", "bad", "warn"])
def test_coloured_text_can_be_read(scheme: str, colour: str) -> None:
    colours = variables(scheme)
    assert contrast(colours[colour], colours["page"]) >= 4.5
    assert contrast(colours[colour], colours["tile"]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", BANDS)
def test_bars_stand_out_from_the_page(scheme: str, colour: str) -> None:
    colours = variables(scheme)
    assert contrast(colours[colour], colours["page"]) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_parts_of_a_bar_differ_and_the_frame_of_a_missing_day_shows(scheme: str) -> None:
    colours = variables(scheme)
    assert len({colours[name] for name in BANDS}) == len(BANDS)
    assert contrast(colours["idle"], colours["unobserved"]) >= 2
    assert contrast(colours["warn"], colours["page"]) >= 3
    assert contrast(colours["accent"], colours["track"]) >= 3


def test_dark_is_light_with_other_values_and_never_printed() -> None:
    assert variables("dark").keys() == variables("light").keys()
    assert STYLE.count("prefers-color-scheme") == 1
    assert "@media screen and (prefers-color-scheme: dark)" in STYLE


def test_every_colour_used_is_defined() -> None:
    assert set(re.findall(r"var\(--([a-z0-9]+)\)", STYLE)) <= variables("light").keys()
