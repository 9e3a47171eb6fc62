"""The official FOCUS validator on our files: what fails are the known defects of its models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests import official
from tests.builders import table_of
from tests.official import ALL, FITTING, Verdict
from tests.official_cases import CASES, Case, Figures, every_kind, read_figures, write_table

#: Both statuses must not be null where their Id is not null. The condition is written wrongly in
#: the model, or not understood: the rules ask for a status in every row.
RESERVATION = {f"CapacityReservationStatus-C-{rule}-C" for rule in ("002", "004")}
DISCOUNT = {f"CommitmentDiscountStatus-C-{rule}-C" for rule in ("002", "004")}
#: Rules that only say that another one fails.
ABOVE = {
    "CapacityReservationStatus-C-000-C",
    "CommitmentDiscountStatus-C-000-C",
    "CostAndUsage-D-000-M",
    "CostAndUsage-D-002-M",
}


def of_1_3(*rules: str) -> set[str]:
    return {f"CAU-{rule}" for rule in rules}


#: By version and criteria.
DEFECTS: Mapping[tuple[str, str], set[str]] = {
    # -C-004-C asks for null in every row, -C-005-C for the opposite.
    ("1.2", FITTING): {"InvoiceId-C-005-C"},
    ("1.2", ALL): {"InvoiceId-C-005-C", *RESERVATION, *DISCOUNT, *ABOVE},
    ("1.3", FITTING): of_1_3(*RESERVATION),
    # -C-003-C says "MUST be null" and tests for the opposite.
    ("1.3", ALL): of_1_3(*RESERVATION, *DISCOUNT, *ABOVE, "CommitmentDiscountStatus-C-003-C"),
}

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="session")
def verdicts() -> dict[str, Verdict]:
    """What the validator has said in this run: it takes seconds a file."""
    return {}


@pytest.fixture
def verdict(case: Case, verdicts: dict[str, Verdict], tmp_path: Path) -> Verdict:
    official.require(case.version)
    if case.name not in verdicts:
        verdicts[case.name] = case.verdict(tmp_path)
    return verdicts[case.name]


@each_case
def test_nothing_fails_but_the_defects_of_the_models(case: Case, verdict: Verdict) -> None:
    assert verdict.failed == DEFECTS[case.version, case.criteria]


@each_case
def test_as_many_rules_run_as_the_figures_say(case: Case, verdict: Verdict) -> None:
    """If not, look at the difference that `make golden` makes."""
    assert Figures.of(case, verdict) == read_figures()[case.figures_key]


def test_there_are_figures_of_every_case_and_of_nothing_else() -> None:
    assert set(read_figures()) == {case.figures_key for case in CASES}


def with_cell(table: pa.Table, column: str, row: int, value: object) -> pa.Table:
    """The same rows, one cell changed."""
    values = table[column].to_pylist()
    values[row] = value
    field = pa.field(column, table.schema.field(column).type)
    place = table.schema.get_field_index(column)
    return table.set_column(place, field, pa.array(values, field.type))


def small_letters(table: pa.Table) -> pa.Table:
    return with_cell(table, "BillingCurrency", 2, "usd")


def without_cost(table: pa.Table) -> pa.Table:
    return with_cell(table, "BilledCost", 1, None)


def without_column(table: pa.Table) -> pa.Table:
    return table.drop_columns(["ServiceName"])


@pytest.mark.parametrize(
    ("version", "form", "damage", "rules"),
    [
        ("1.2", "csv", without_cost, {"BilledCost-C-000-M", "BilledCost-C-003-M"}),
        ("1.2", "parquet", without_column, {"CostAndUsage-D-041-M", "ServiceName-C-001-M"}),
        ("1.3", "parquet", small_letters, of_1_3("BillingCurrency-C-003-M")),
    ],
)
def test_damage_is_seen(
    version: str,
    form: str,
    damage: Callable[[pa.Table], pa.Table],
    rules: set[str],
    tmp_path: Path,
) -> None:
    official.require(version)
    table = damage(table_of(every_kind(), version=version))
    file = write_table(table, tmp_path / f"damaged.{form}")

    verdict = official.validate(file, version, FITTING, tmp_path)

    assert rules <= verdict.failed - DEFECTS[version, FITTING]


def test_a_file_that_cannot_be_read_is_no_verdict(tmp_path: Path) -> None:
    official.require("1.2")
    file = tmp_path / "rows.parquet"
    file.write_bytes(b"no Parquet")

    with pytest.raises(official.ValidatorFailed, match="exit status 1"):
        official.validate(file, "1.2", FITTING, tmp_path)


PRINTED = """
=== Validation Results ===
Total: 3 | Pass: 1 | Fail: 1 | Skipped: 1
⏭️ A-C-001-O: SKIPPED  (violations=0, reason=rule not applicable, msg=Rule skipped, 1.0ms)
✅ A-C-002-M: PASS  (violations=0, 1.6ms)
❌ A-C-003-M: FAIL  (violations=5, msg=A MUST NOT be NULL. (Not even once), 2.6ms)

--- Failures ---
- A-C-003-M: violations=5; A MUST NOT be NULL.
"""


def test_every_rule_is_read() -> None:
    verdict = official.verdict_of(PRINTED)

    assert verdict == Verdict(
        frozenset({"A-C-002-M"}), frozenset({"A-C-003-M"}), {"inapplicable": 1}
    )
    assert verdict.rules == 3


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("Pass: 1", "Pass: 2", "its summary is not that of its lines"),
        ("❌ A-C-003-M: FAIL", "A-C-003-M FAILED", "its summary is not that of its lines"),
        ("=== Validation Results ===\nTotal: 3", "Sum: 3", "its summary is not that of its lines"),
        ("rule not applicable", "bad weather", "A-C-001-O is skipped for an unknown reason"),
    ],
)
def test_an_output_of_another_form_is_no_verdict(old: str, new: str, why: str) -> None:
    assert old in PRINTED

    with pytest.raises(official.ValidatorFailed, match=f"^{why}"):
        official.verdict_of(PRINTED.replace(old, new))


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(official, "MODEL_1_3", tmp_path / "model.json")
    monkeypatch.setattr(official, "ENVIRONMENT", tmp_path)
    assert "the official FOCUS validator is missing" in str(official.missing("1.3"))

    (tmp_path / ".ready").touch()

    assert "the official model of FOCUS 1.3 is missing" in str(official.missing("1.3"))
    assert official.missing("1.2") is None
    (tmp_path / "model.json").touch()
    assert official.missing("1.3") is None


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip), ("true", pytest.fail)])
def test_only_ci_demands_the_validator(
    ci: str, outcome: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(official, "ENVIRONMENT", tmp_path)
    monkeypatch.setenv("CI", ci)

    with pytest.raises(outcome.Exception, match=r"^NOT TESTED: the official FOCUS validator"):
        official.require("1.2")


def test_nobody_demands_the_model_of_1_3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(official, "MODEL_1_3", tmp_path / "model.json")
    monkeypatch.setattr(official, "ENVIRONMENT", tmp_path)
    (tmp_path / ".ready").touch()

    with pytest.raises(pytest.skip.Exception, match=r"^NOT TESTED: the official model"):
        official.require("1.3")
