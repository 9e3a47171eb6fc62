from __future__ import annotations

import csv
import io
from dataclasses import fields, replace
from decimal import Decimal

from exporter.chargeback.completeness_figures import Awaited, Gap
from exporter.chargeback.figures import Chargeback, Sums
from exporter.commands.reporting.lines import group_lines
from tests.unit.pages.chargebacks import empty, rich


def read(report: Chargeback) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(group_lines(report).decode())))


def test_there_is_a_line_for_each_group_with_its_sums() -> None:
    report = rich(("sub-account", "model"))
    lines = read(report)
    assert len(lines) == len(report.groups)
    for line, group in zip(lines, report.groups, strict=True):
        assert (line["sub-account"], line["model"]) == tuple(v or "" for v in group.values)
        for field in fields(Sums):
            value = getattr(group.sums, field.name)
            assert line[field.name] == "" if value is None else Decimal(line[field.name]) == value


def test_the_lines_add_up_to_the_total() -> None:
    report = rich()
    assert sum(Decimal(line["cost"]) for line in read(report)) == report.total.cost


def test_what_follows_from_the_sums_stands_beside_them() -> None:
    report = rich()
    line, sums = read(report)[0], report.groups[0].sums
    assert Decimal(line["cost_per_million_tokens"]) == sums.cost_per_million_tokens
    assert int(line["tokens"]) == sums.tokens


def test_lines_of_several_reports_can_be_put_together() -> None:
    (first, *_) = read(rich())
    assert [first[name] for name in ("period", "start", "end", "currency")] == [
        "2026-10",
        "2026-10-01T00:00:00Z",
        "2026-11-01T00:00:00Z",
        "EUR",
    ]


def test_the_period_before_stands_beside_where_there_is_one() -> None:
    report = rich()
    before = report.groups[0].before
    assert before is not None
    assert Decimal(read(report)[0]["before_cost"]) == before.cost
    assert "before_cost" not in read(replace(report, total_before=None))[0]
    gone = replace(report.groups[0], before=None)
    assert read(replace(report, groups=(gone,)))[0]["before_cost"] == ""


def test_a_name_that_a_spreadsheet_would_run_is_guarded() -> None:
    report = rich()
    evil = replace(report.groups[0], values=('=cmd|"/c calc"!A1',))
    assert read(replace(report, groups=(evil,)))[0]["sub-account"] == '\'=cmd|"/c calc"!A1'


def test_idle_time_is_told_apart_from_a_tag_of_its_name() -> None:
    report = rich(("tag:team",))
    idle = next(group for group in report.groups if group.values == ("__idle__",))
    spelled = tuple(
        replace(report.groups[0], values=(value,)) for value in ("__idle__", "(none)", None)
    )
    text = group_lines(replace(report, groups=(idle, *spelled))).decode()
    found = [line.split(",")[7:9] for line in text.splitlines()[1:]]
    assert found == [["__idle__", "idle"], ["__idle__", ""], ["(none)", ""], ["", ""]]


def test_a_sum_larger_than_any_amount_of_a_row_is_plain() -> None:
    # 1e20 and more: 38 digits, 18 of them after the point, are not enough.
    report = rich()
    cost = Decimal("-199999999999999999998.000000000000000001")
    sums = replace(report.groups[0].sums, cost=cost, served_cost=Decimal(10**15), tokens_input=1)
    sums = replace(sums, tokens_output=0, unpriced_tokens=0)
    (line,) = read(replace(report, groups=(replace(report.groups[0], sums=sums),)))
    assert line["cost"] == "-199999999999999999998.000000000000000001"
    assert line["cost_per_million_tokens"] == "1000000000000000000000.0"


def test_small_numbers_have_no_exponent() -> None:
    report = rich()
    tiny = replace(report.groups[0], sums=replace(report.groups[0].sums, cost=Decimal("1E-18")))
    assert read(replace(report, groups=(tiny,)))[0]["cost"] == "0.000000000000000001"


def test_without_a_group_there_is_the_header() -> None:
    text = group_lines(empty()).decode()
    assert text.startswith(
        "period,start,end,until,currency,missing_hours,awaited_hours,tag:team,nobodys,cost,"
    )
    assert text.count("\n") == 1


def test_what_is_compared_stands_beside_what_was_before() -> None:
    """Where a report is left out that is less than the cost."""
    report = rich()
    first = replace(report.groups[0], compared=replace(report.groups[0].sums, cost=Decimal("0.5")))
    text = group_lines(replace(report, groups=(first, *report.groups[1:]))).decode()
    told = [Decimal(line["compared_cost"]) for line in csv.DictReader(io.StringIO(text))]
    assert told == [Decimal("0.5"), *(line.sums.cost for line in report.groups[1:])]


def test_a_line_alone_shows_that_its_period_is_not_whole() -> None:
    """A day of two clusters at the same time, and eight hours of one."""
    assert {line["missing_hours"] for line in read(rich())} == {"32.0"}
    assert {line["until"] for line in read(rich())} == {"2026-11-01T00:00:00Z"}
    by_cluster = rich(("cluster", "sub-account"))
    found = {(line["cluster"], line["missing_hours"]) for line in read(by_cluster)}
    assert found == {("prod-eu", "24.0"), ("prod-us", "32.0")}


def test_what_is_not_due_yet_is_not_missing_and_shown_apart() -> None:
    report = rich()
    start = report.scope.start
    awaited = Awaited("prod-eu", "team", "weekly", start, start + 7200)
    waiting = replace(report.completeness, gaps=(), awaited=(awaited,))
    line = read(replace(report, completeness=waiting))[0]
    assert (line["missing_hours"], line["awaited_hours"]) == ("0.0", "2.0")


def test_what_the_period_before_lacks_stands_apart() -> None:
    report = rich()
    start = report.scope.start
    gap = Gap("prod-eu", "default", start - 3600, start)
    line = read(replace(report, completeness=replace(report.completeness, gaps=(gap,))))[0]
    assert (line["missing_hours"], line["before_missing_hours"]) == ("0.0", "1.0")


def test_a_line_of_some_namespaces_says_which() -> None:
    report = rich()
    some = replace(report, scope=replace(report.scope, namespaces=("a*", "b")))
    assert read(some)[0]["namespaces"] == "a*,b"
    assert "namespaces" not in read(report)[0]


def test_every_figure_has_a_name_of_its_own() -> None:
    assert int(read(rich())[0]["priced_tokens"]) == rich().groups[0].sums.priced_tokens
