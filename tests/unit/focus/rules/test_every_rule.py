from __future__ import annotations

import pytest

from exporter.focus.columns import columns_for
from exporter.focus.rules.conformance import Conformance
from exporter.focus.rules.rule import Status
from tests.unit.focus.rules.case import GONE, Case, cell
from tests.unit.focus.rules.cases_of_cells import cases_of
from tests.unit.focus.rules.cases_of_files import DATASET_CASES, FILE_CASES, OWN_CASES
from tests.unit.focus.rules.cases_of_rows import ROW_CASES
from tests.unit.focus.rules.given import VERSIONS

#: A column of another version, for each that can have one.
_OF_ANOTHER = {
    "1.0": "SkuMeter",
    "1.1": "InvoiceId",
    "1.2": "ServiceProviderName",
    "1.3": "InvoiceDetailId",
    "1.4": "ProviderName",
}
#: These need two columns of a name or in another place, and have tests of their own.
_OF_ORDER = ("columns/once", "columns/order")


def _rules_of(version: str) -> list[str]:
    return [result.rule.id for result in Conformance(version).results()]


def _cases_of(version: str) -> dict[str, Case]:
    generated = {
        rule: case for column in columns_for(version, "x-Infer") for rule, case in cases_of(column)
    }
    cases = {**generated, **ROW_CASES, **FILE_CASES, **DATASET_CASES, **OWN_CASES}
    if version in _OF_ANOTHER:
        cases["columns/version"] = cell(_OF_ANOTHER[version], "a", GONE, row=None)
    return cases


#: The first and the last version that has a rule; those between have it in the same form.
_EVERY_RULE = sorted(
    {
        (version, rule)
        for versions in (VERSIONS, VERSIONS[::-1])
        for version, rule in {
            rule: (version, rule) for version in versions for rule in _rules_of(version)
        }.values()
        if rule not in _OF_ORDER
    }
)


@pytest.mark.parametrize(("version", "rule"), _EVERY_RULE)
def test_a_broken_row_is_named_and_a_good_one_is_not(version: str, rule: str) -> None:
    case = _cases_of(version)[rule]

    broken, good = case.of_broken(version)[rule], case.of_good(version)[rule]

    assert broken.status is Status.FAILED
    example = broken.examples[0]
    assert (example.file, example.row, example.column) == (case.file, case.row, case.column)
    assert (good.status, good.examples) == (Status.PASSED, [])
