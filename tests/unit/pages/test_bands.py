from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from exporter.pages.bands import COLOURS, OTHERS, bands
from tests.unit.pages.chargebacks import empty, rich
from tests.unit.pages.spending import CELLS, H100, OCTOBER, Cell


def test_teams_come_dearest_first_and_what_nobody_pays_last() -> None:
    shown = bands(rich(), 7)
    assert [band.name.text for band in shown] == [
        *("research", "assistants", "search", "platform", "Idle", "Unobserved")
    ]
    assert [band.nobodys for band in shown] == [False] * 4 + [True] * 2
    assert [band.colour for band in shown] == [*COLOURS[:4], "idle", "unobserved"]


def test_lines_of_one_first_key_are_one_band() -> None:
    assert bands(rich(("namespace", "model")), 7) == bands(rich(("namespace",)), 7)


def test_bands_add_up_to_the_report_on_every_day() -> None:
    report = rich(("model", "cluster"))
    for most in (2, 3, 16):
        shown = bands(report, most)
        assert sum(band.cost for band in shown) == report.total.cost
        for at, cost in enumerate(report.daily_cost):
            assert sum(band.days[at] for band in shown) == cost


def test_more_teams_than_fit_are_one_band_of_others() -> None:
    many = tuple(Cell(f"team-{n:02}", "m", H100, str(100 - n), 1) for n in range(20))
    report = rich(cells=many + CELLS[-4:])
    shown = bands(report, 7)
    assert [band.name.text for band in shown] == [
        *(f"team-{n:02}" for n in range(6)),
        *("14 others", "Idle", "Unobserved"),
    ]
    assert [band.colour for band in shown[:7]] == [*COLOURS[:6], OTHERS]
    more = bands(report, 16)
    assert [band.colour for band in more[:16]] == [*COLOURS[:6], *[OTHERS] * 10]
    assert more[15].name.text == "5 others"


def test_a_team_without_a_name_has_a_band_and_a_chart_may_be_empty() -> None:
    assert {band.name.text for band in bands(rich(("tag:team",)), 7)} >= {"no tag team"}
    assert bands(empty(), 7) == ()


def test_a_tag_spelled_as_idle_time_is_a_team() -> None:
    report = rich(("tag:team",))
    research = next(line for line in report.groups if line.values == ("research",))
    lines = (*report.groups, replace(research, values=("__idle__",)))
    shown = bands(replace(report, groups=lines), 7)
    assert [(band.name.text, band.nobodys) for band in shown] == [
        *((name, False) for name in ("__idle__", "research", "assistants", "search")),
        *(("no tag team", False), ("Idle", True), ("Unobserved", True)),
    ]


def test_bands_keep_digits_that_python_would_round_away() -> None:
    report = rich(("sub-account",), cells=CELLS[:1])
    large, small = Decimal("123456789012.123456789012345678"), Decimal("1E-18")
    lines = tuple(
        replace(
            report.groups[0],
            sums=replace(report.groups[0].sums, cost=cost),
            days=(cost,) * len(OCTOBER),
        )
        for cost in (large, small)
    )
    (band,) = bands(replace(report, groups=lines), 7)
    assert str(band.cost) == str(band.days[0]) == "123456789012.123456789012345679"


def test_equal_costs_stay_in_order_of_names() -> None:
    report = rich()
    lines = tuple(replace(report.groups[0], values=(value,)) for value in ("b", None, "a"))
    shown = bands(replace(report, groups=lines), 7)
    assert [band.name.text for band in shown] == ["a", "b", "no sub-account"]
    assert all(len(band.days) == len(OCTOBER) for band in shown)
    assert shown[0].cost > Decimal(0)
