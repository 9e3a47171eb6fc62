from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from exporter.pages import bars, charts, trend
from exporter.pages.bands import bands
from exporter.pages.bars import Bar, bars_spec
from exporter.pages.days import days
from exporter.pages.drawing import Spec, drawing, small_drawing
from exporter.pages.small import budget_colour, budget_spec, line_spec, pool_spec
from tests.unit.pages.chargebacks import BUDGETS, rich
from tests.unit.pages.documents import read, text
from tests.unit.pages.spending import days_of

#: Names that would do harm where text is taken for markup, code, a field or an address.
HOSTILE = (
    "<script>alert(1)</script>",
    "</title></svg><img src=x onerror=alert(1)>",
    "\"'><b onload='x'>&amp;",
    "{{ 7 * 7 }}{% raw %}",
    "datum['x'] + signal",
    "name.size[0]\\",
    "https://example.invalid/x.png",
    "\u202egnirts\u202c שלום العربية",
    "👩\u200d🔬 e\u0301tude 😀",
    "long-" * 40,
    "null\0bell\x07half\ud800",
)


def drawn(spec: Spec) -> ElementTree.Element:
    return read(small_drawing(spec, "said", "kind"))


def shapes(root: ElementTree.Element, fill: str) -> list[tuple[float, float, float, float]]:
    """Left, top, width and height of the rectangles of a colour, from their paths' commands."""
    found = []
    for path in root.iter("path"):
        if path.get("fill") == fill:
            numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", path.attrib["d"])]
            xs, ys = _corners(path.attrib["d"], numbers)
            found.append((min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)))
    return found


def _corners(path: str, numbers: list[float]) -> tuple[list[float], list[float]]:
    """Of `M x,y h w v height h -w Z`, which is how plain rectangles are written."""
    assert re.sub(r"[-\d.,]+", "", path) == "MhvhZ", path
    left, top, width, height, _ = numbers
    return [left, left + width], [top, top + height]


def test_a_drawing_says_what_it_shows_and_is_the_same_in_every_run() -> None:
    spec = pool_spec(rich().pools[0])
    first = drawing(spec, "a", "Title <1>", "All & more", "wide")
    assert drawing(spec, "a", "Title <1>", "All & more", "wide") == first
    root = read(first)
    assert root.attrib == {
        "class": "wide",
        "viewbox": "0 0 160 16",
        "role": "img",
        "aria-labelledby": "a-title a-desc",
    }
    title, description = root[0], root[1]
    assert (title.tag, title.get("id"), title.text) == ("title", "a-title", "Title <1>")
    assert (description.tag, description.get("id")) == ("desc", "a-desc")
    assert description.text == "All & more"


def test_parts_of_a_pool_lie_end_to_end() -> None:
    line = replace(
        rich().pools[0], cost=Decimal(100), idle_cost=Decimal(25), unobserved_cost=Decimal(5)
    )
    root = drawn(pool_spec(line))
    (used,), (idle,), (unobserved,) = (
        shapes(root, f"var(--{colour})") for colour in ("accent", "idle", "unobserved")
    )
    assert (used[0], used[2]) == pytest.approx((0, 112))
    assert (idle[0], idle[2]) == pytest.approx((112, 40))
    assert (unobserved[0], unobserved[2]) == pytest.approx((152, 8))


def test_a_pool_that_cost_nothing_is_drawn_empty() -> None:
    nothing = Decimal(0)
    line = replace(rich().pools[0], cost=nothing, idle_cost=nothing, unobserved_cost=nothing)
    assert shapes(drawn(pool_spec(line)), "var(--accent)") == [(0, 1, 0, 14)]


@pytest.mark.parametrize(
    ("at", "colour", "width"), [(0, "bad", 216), (1, "warn", 174.31), (2, "accent", 92.53)]
)
def test_a_budget_shows_spend_against_limit_and_forecast(
    at: int, colour: str, width: float
) -> None:
    root = drawn(budget_spec(BUDGETS[at]))
    (spend,) = shapes(root, f"var(--{colour})")
    assert spend[2] == pytest.approx(width, abs=0.02)
    dashed = [path for path in root.iter("path") if path.get("stroke-dasharray")]
    assert len(dashed) == (BUDGETS[at].forecast is not None) + (at == 2)
    assert [line.get("stroke") for line in root.iter("line")] == ["var(--text)"]


@pytest.mark.parametrize("limit", ["0", "16000"])
def test_a_budget_of_nothing_or_nothing_spent_can_be_drawn(limit: str) -> None:
    line = replace(BUDGETS[2], spend=Decimal(0), limit=Decimal(limit))
    (spend,) = shapes(drawn(budget_spec(line)), f"var(--{budget_colour(line)})")
    assert spend[2] == 0


def test_a_line_is_broken_where_a_day_has_no_value() -> None:
    values = [Decimal(1), Decimal(2), None, Decimal(3), None, Decimal(2), Decimal(1)]
    root = drawn(line_spec(values, 0, 3))
    (line,) = (path for path in root.iter("path") if path.get("stroke") == "var(--accent)")
    assert line.attrib["d"].count("M") == 3
    dots = [path for path in root.iter("path") if path.get("fill") == "var(--accent)"]
    assert len(dots) == 2  # the lone day in the middle, and the last one


def test_a_trend_needs_two_days() -> None:
    assert not charts.has_trend([None, Decimal(1), None])
    assert charts.has_trend([Decimal(1), None, Decimal(0)])


def test_equal_values_are_a_line_all_the_same() -> None:
    assert drawn(line_spec([Decimal(0), Decimal(0)], 0, 0)).findall(".//path")


def test_bars_are_as_long_as_their_sizes() -> None:
    sizes = [Decimal(100), Decimal(25), Decimal(0)]
    given = [Bar(f"{size}", size, "shown", "said", "c1") for size in sizes]
    paths = [
        path
        for path in drawn(bars_spec(given, bars.WIDE)).iter("path")
        if path.get("fill") == "var(--c1)"
    ]
    assert len(paths) == 3
    widths = [max(map(float, re.findall(r"\d+(?:\.\d+)?", path.attrib["d"]))) for path in paths]
    assert widths[0] == bars.WIDE.width - bars.WIDE.values
    assert [text(path) for path in paths] == ["said"] * 3


@pytest.mark.parametrize("sizes", [["0"], ["-5", "10"], ["-5"]])
def test_bars_may_be_zero_or_negative(sizes: list[str]) -> None:
    given = [Bar(size, Decimal(size), size, size, "c1") for size in sizes]
    for shape in (bars.WIDE, bars.WIDE_PAIRS, bars.NARROW):
        words = [element.text for element in drawn(bars_spec(given, shape)).iter("text")]
        assert words == sizes * 2


def test_a_stack_stands_on_the_ground_and_is_as_high_as_its_parts() -> None:
    report = rich()
    spec = trend.trend_spec(days(report), bands(report, 7), "EUR", trend.WIDE)
    root = drawn(spec)
    first = [
        path
        for path in root.iter("path")
        if text(path).startswith("2026-10-01, ") and path.get("stroke") == "var(--page)"
    ]
    boxes = []
    for path in first:
        left, top, width, height, _ = map(float, re.findall(r"-?[\d.]+", path.attrib["d"]))
        boxes.append((top, top + height, left, width))
    boxes.sort()
    assert boxes[-1][1] == pytest.approx(trend.WIDE.height - 8 - 26)
    for above, below in pairwise(boxes):
        assert above[1] == pytest.approx(below[0])
    heights = {text(path).split(": ")[0]: _height(path) for path in first}
    research, idle = (
        next(group.days[0] for group in report.groups if group.values == (name,))
        for name in ("research", "__idle__")
    )
    ratio = heights["2026-10-01, research"] / heights["2026-10-01, __idle__"]
    assert ratio == pytest.approx(float(research / idle))


def _height(path: ElementTree.Element) -> float:
    return float(path.attrib["d"].split("v")[1].split("h")[0])


def test_days_without_data_are_framed_and_said() -> None:
    report = rich()
    chart = charts.trend_chart(days(report), bands(report, 7), "EUR")
    root = read(f"<div>{chart}</div>")
    for drawing_ in root:
        framed = [text(path) for path in root.iter("path") if path.get("stroke-dasharray")]
        assert framed == ["2026-10-13: no data", "2026-10-21: a part is missing"] * 2
        described = drawing_.findtext("desc") or ""
        assert described.endswith("2026-10-13: no data. 2026-10-21: a part is missing.")


def test_few_days_are_labelled_with_their_month() -> None:
    report = rich(days=days_of(date(2026, 10, 29), 5))
    chart = charts.trend_chart(days(report), bands(report, 7), "EUR")
    labels = [element.text for element in read(f"<div>{chart}</div>")[0].iter("text")]
    dates = ["10-29", "10-30", "10-31", "11-01", "11-02"]
    assert [label for label in labels if "-" in (label or "")] == dates


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_name_in_a_chart_is_text_and_nothing_else(hostile: str) -> None:
    report = rich()
    named = replace(report.groups[0], values=(hostile,))
    changed = replace(report, groups=(named, *report.groups[1:]))
    shown = bands(changed, 7)
    given = charts.cost_chart(shown, changed.total.cost, "EUR") + charts.trend_chart(
        days(changed), shown, "EUR"
    )
    plain = charts.cost_chart(bands(report, 7), report.total.cost, "EUR") + charts.trend_chart(
        days(report), bands(report, 7), "EUR"
    )
    root, usual = read(f"<div>{given}</div>"), read(f"<div>{plain}</div>")
    assert [part.tag for part in root.iter()] == [part.tag for part in usual.iter()]
    assert [sorted(part.attrib) for part in root.iter()] == [
        sorted(part.attrib) for part in usual.iter()
    ]
    full = shown[0].name.full
    assert any((title.text or "").startswith(f"{full}: EUR") for title in root.iter("title"))
    labels = [label.text for label in root.iter("text")]
    assert shown[0].name.within(28) in labels
    assert shown[0].name.within(20) in labels
