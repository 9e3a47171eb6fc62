from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal

import pytest

from exporter.commands.reporting.document import plain, report_document
from tests.unit.pages.chargebacks import empty, rich


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1.340000000000000000", "1.34"),
        ("1E-9", "0.000000001"),
        ("1E+3", "1000"),
        ("120", "120"),
        ("0.000", "0"),
        ("-0.0", "0"),
        ("-2.50", "-2.5"),
    ],
)
def test_a_number_has_one_text(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


def figures(value: object) -> int:
    """How many values a figure has in all, its properties too."""
    if isinstance(value, tuple):
        return sum(map(figures, value))
    if not is_dataclass(value):
        return 1
    names = [field.name for field in fields(value)]
    names += [name for name, one in vars(type(value)).items() if isinstance(one, property)]
    return sum(figures(getattr(value, name)) for name in names)


def leaves(value: object) -> int:
    match value:
        case dict():
            return sum(map(leaves, value.values()))
        case list():
            return sum(map(leaves, value))
        case _:
            return 1


@pytest.mark.parametrize("report", [rich(("sub-account", "model")), empty()], ids=["rich", "empty"])
def test_the_document_holds_every_figure(report: object) -> None:
    assert leaves(json.loads(report_document(report))) == figures(report)  # type: ignore[arg-type]


def test_figures_are_texts_with_all_their_digits() -> None:
    report = rich()
    told = json.loads(report_document(report))
    assert Decimal(told["total"]["cost"]) == report.total.cost
    assert told["total"]["tokensInput"] == report.total.tokens_input
    assert told["groups"][0]["sums"]["cost"] == plain(report.groups[0].sums.cost)
    assert told["pools"][0]["utilization"] == plain(report.pools[0].utilization or Decimal())
    assert told["scope"]["contracted"] is False


def test_times_are_rfc_3339() -> None:
    told = json.loads(report_document(rich()))
    scope = [told["scope"][name] for name in ("start", "end", "until")]
    assert scope == ["2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"]
    assert told["completeness"]["gaps"][0] == {
        "cluster": "prod-eu",
        "report": "default",
        "start": "2026-10-13T00:00:00Z",
        "end": "2026-10-14T00:00:00Z",
    }
    assert told["days"][0] == "2026-10-01"
    assert json.loads(report_document(empty()))["scope"]["until"] is None


def test_names_are_written_as_they_are() -> None:
    report = rich()
    named = replace(report, scope=replace(report.scope, clusters=('ü "x"',)))
    text = report_document(named)
    assert "ü" in text
    assert json.loads(text)["scope"]["clusters"] == ['ü "x"']
    assert text.endswith("}\n")
