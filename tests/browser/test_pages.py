from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from exporter.pages.page import page
from tests.browser.visits import Visit, visit
from tests.unit.pages.chargebacks import empty, rich
from tests.unit.pages.test_charts import HOSTILE
from tests.unit.pages.test_colours import variables
from tests.unit.pages.test_page import named_by_users

REPORTS = {
    "month": rich(("sub-account", "model")),
    "hostile": named_by_users(HOSTILE),
    "empty": empty(),
}
#: Half a unit of the last digit that is shown, by the unit behind the number.
UNITS = {"": Decimal(1), "%": Decimal("0.01"), "M": Decimal(10**6), "B": Decimal(10**9)}

CUT_WORDS = """[...document.querySelectorAll("figure svg")].flatMap(drawing => {
    const frame = drawing.getBoundingClientRect();
    return [...drawing.querySelectorAll("text")].filter(text => {
        const box = text.getBoundingClientRect();
        return box.left < frame.left - 1 || box.right > frame.right + 1
            || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
    }).map(text => text.textContent);
})"""
CROSSING_WORDS = """[...document.querySelectorAll("figure svg")].flatMap(drawing => {
    const texts = [...drawing.querySelectorAll("text")].filter(text => text.textContent);
    const boxes = texts.map(text => text.getBoundingClientRect());
    return texts.flatMap((text, a) => texts.slice(a + 1).filter((_, more) => {
        const one = boxes[a], other = boxes[a + 1 + more];
        return one.left < other.right - 1 && other.left < one.right - 1
            && one.top < other.bottom - 3 && other.top < one.bottom - 3;
    }).map(other => [text.textContent, other.textContent]));
})"""


SHOWN_DRAWINGS = """[...document.querySelectorAll("figure")].map(figure =>
    [...figure.querySelectorAll("svg")].filter(drawing => drawing.checkVisibility())
        .map(drawing => drawing.getAttribute("class")))"""
#: Where tables that can be seen end on the right, and how many tables there are.
RIGHT_EDGES = """(() => {
    const tables = [...document.querySelectorAll("table")];
    const seen = tables.filter(table => table.checkVisibility());
    return [tables.length, ...seen.map(table => table.getBoundingClientRect().right)];
})()"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for name, report in REPORTS.items():
        (folder / f"{name}.html").write_text(page(report), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in REPORTS}


@pytest.fixture(scope="module")
def wide(browser: Browser, files: dict[str, Path]) -> Iterator[Visit]:
    """The month, at a desk, without scripts; tests of it only look."""
    with visit(browser, files["month"]) as opened:
        yield opened


@pytest.mark.parametrize("name", list(REPORTS))
def test_a_page_asks_for_itself_only_and_nothing_fails(
    browser: Browser, files: dict[str, Path], name: str
) -> None:
    with visit(browser, files[name], scripts=True) as opened:
        opened.page.wait_for_load_state("networkidle")
        assert opened.requests == [files[name].as_uri()]
        assert opened.complaints == []


def test_the_policy_of_the_page_stops_whatever_would_slip_in(
    browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "slipped.html"
    slip = "<script>document.title='run'</script><img src='http://127.0.0.1:9/x.png'>"
    file.write_text(page(empty()).replace("</body>", f"{slip}</body>"), encoding="utf-8")
    with visit(browser, file, scripts=True) as opened:
        assert opened.page.title().startswith("Inference cost")
        assert sum("Content Security Policy" in words for words in opened.complaints) == 2
        assert opened.page.locator("img").evaluate("image => image.naturalWidth") == 0


@pytest.mark.parametrize("name", list(REPORTS))
def test_a_page_fits_whatever_it_is_read_on(
    browser: Browser, files: dict[str, Path], name: str
) -> None:
    with visit(browser, files[name]) as opened:
        opened.open_details()
        for width in (360, 390, 768, 1280):
            opened.page.set_viewport_size({"width": width, "height": 900})
            assert opened.page.evaluate("document.documentElement.scrollWidth") == width
            assert opened.page.evaluate(CUT_WORDS) == []
            if name != "hostile":  # of names as long as these, some lie on another's number
                assert opened.page.evaluate(CROSSING_WORDS) == []


def test_one_of_two_drawings_is_shown(browser: Browser, files: dict[str, Path]) -> None:
    with visit(browser, files["month"]) as opened:
        for width, kind in ((390, "narrow"), (1280, "wide")):
            opened.page.set_viewport_size({"width": width, "height": 900})
            shown = opened.page.evaluate(SHOWN_DRAWINGS)
            assert len(shown) == 3
            assert all(classes == [kind] for classes in shown)


def test_every_figure_shows_its_exact_value_rounded(wide: Visit) -> None:
    found: list[list[str]] = wide.page.evaluate(
        "[...document.querySelectorAll('data')].map(data => [data.value, data.textContent])"
    )
    assert len(found) > 500
    for exact, shown in found:
        written = re.fullmatch(r"([<>]?)([+−]?)([\d,]+(?:\.\d+)?)\s?([%MB]?)", shown)
        assert written is not None, shown
        bound, sign, digits, unit = written.groups()
        number = Decimal(digits.replace(",", "")) * (-1 if sign == "−" else 1)
        places = len(digits.partition(".")[2])
        scale = UNITS[unit]
        off = abs(Decimal(exact) - number * scale)
        allowed = scale / 10**places
        assert off < allowed if bound else off <= allowed / 2, (exact, shown)


def test_what_the_page_says_adds_up(wide: Visit) -> None:
    def said(of: str) -> list[Decimal]:
        values = wide.page.locator(f'data[data-figure="{of}"]').evaluate_all(
            "all => all.map(data => data.value)"
        )
        return [Decimal(value) for value in values]

    report = REPORTS["month"]
    assert said("total") == [report.total.cost]
    assert sum(said("group_cost")) == report.total.cost
    assert sum(said("day_cost")) == report.total.cost
    assert sum(said("band_day")) == report.total.cost


def test_charts_have_names_and_lines_their_sentences(wide: Visit) -> None:
    charts = wide.page.get_by_role("img")
    for name in (
        "Cost as bars, dearest first",
        "Cost by day as stacked bars",
        "Amortized and marginal cost per million tokens as bars",
    ):
        assert charts.and_(wide.page.get_by_role("img", name=name)).count() == 1, name
    report = REPORTS["month"]
    assert wide.page.get_by_role("img", name="Cost per million tokens by day: ").count() == len(
        report.models
    )
    assert wide.page.get_by_role("img", name="Spend ").count() == len(report.budgets)
    assert wide.page.get_by_role("img", name="Utilization by day: ").count() == len(report.pools)
    assert wide.page.get_by_role("table", name="Budgets in EUR, fullest first").count() == 1
    assert wide.page.get_by_role("row", name="research-monthly").count() == 1


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_colours_follow_the_scheme_of_the_reader(
    wide: Visit, scheme: Literal["light", "dark"]
) -> None:
    colours = variables(scheme)
    wide.page.emulate_media(color_scheme=scheme)
    for selector, of, colour in (
        ("body", "backgroundColor", "page"),
        ("body", "color", "text"),
        ("td.saved", "color", "good"),
        ("td.dearer", "color", "bad"),
        ("#trend svg.wide path[fill='var(--c1)']", "fill", "c1"),
        ("#cost svg.wide path[fill='var(--idle)']", "fill", "idle"),
        ("#cost svg.wide text", "fill", "text"),
        ("#trend svg.wide path[stroke-dasharray]", "stroke", "warn"),
    ):
        computed = wide.page.locator(selector).first.evaluate(
            "(element, of) => getComputedStyle(element)[of]", of
        )
        assert computed == _rgb(colours[colour]), selector


def test_without_scripts_everything_is_there_and_folded_tables_open(
    browser: Browser, files: dict[str, Path]
) -> None:
    with visit(browser, files["month"]) as opened:
        assert opened.requests == [files["month"].as_uri()]
        assert opened.complaints == []
        table = opened.page.locator("#days")
        assert not table.is_visible()
        opened.open_details()
        assert table.is_visible()


def test_print_is_white_open_and_whole(browser: Browser, files: dict[str, Path]) -> None:
    with visit(browser, files["month"], width=703, scheme="dark") as opened:
        page_ = opened.page
        page_.emulate_media(media="print", color_scheme="dark")
        background = page_.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == _rgb(variables("light")["page"])
        tables, *edges = page_.evaluate(RIGHT_EDGES)
        assert len(edges) == tables > 8
        assert max(edges) <= 704
        assert page_.locator("svg.wide").first.is_visible()
        assert not page_.locator("svg.narrow").first.is_visible()
        assert page_.pdf(prefer_css_page_size=True).startswith(b"%PDF-")


def test_names_are_cut_by_the_eye_only(browser: Browser, files: dict[str, Path]) -> None:
    with visit(browser, files["hostile"], width=390) as opened:
        name = opened.page.locator("#groups bdi").filter(has_text="long-long").first
        cut, whole, title = name.evaluate("e => [e.clientWidth, e.scrollWidth, e.title]")
        assert cut < whole
        assert title == "long-" * 40


def _rgb(colour: str) -> str:
    return "rgb({}, {}, {})".format(*(int(colour[at : at + 2], 16) for at in (1, 3, 5)))
