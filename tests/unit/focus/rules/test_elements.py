from __future__ import annotations

from decimal import Decimal

import pytest

from exporter.focus.rules.elements import allocation_fault, contract_fault, ratio_of
from exporter.focus.rules.json_cells import json_object

_GOOD = '{"AllocatedRatio":0.5,"UsageUnit":"GPU-Hours","UsageQuantity":4,"x_Component":"hardware"}'

_NO_RATIO = "has an element without an AllocatedRatio of 0 to 1"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f'{{"Elements":[{_GOOD}],"x_Note":{{"a":[1]}}}}', ""),
        ('{"Elements":[{"AllocatedRatio":1},{"AllocatedRatio":0}]}', ""),
        ('{"Elements":[{"AllocatedRatio":1,"UsageUnit":"Hours"}]}', ""),
        ("{}", "has no Elements"),
        ('{"Elements":[]}', "has no Elements"),
        ('{"Elements":{}}', "has no Elements"),
        ('{"elements":[]}', "has a key besides Elements that does not start with x_"),
        ('{"Elements":[1]}', "has an element that is no object"),
        ('{"Elements":[{"AllocatedRatio":1,"x_A":[]}]}', "has an element that is not flat"),
        (
            '{"Elements":[{"AllocatedRatio":1,"component":"a"}]}',
            "has a key in an element that does not start with x_",
        ),
        ('{"Elements":[{}]}', _NO_RATIO),
        ('{"Elements":[{"AllocatedRatio":"1"}]}', _NO_RATIO),
        ('{"Elements":[{"AllocatedRatio":true}]}', _NO_RATIO),
        ('{"Elements":[{"AllocatedRatio":-0.1}]}', _NO_RATIO),
        ('{"Elements":[{"AllocatedRatio":1.1}]}', _NO_RATIO),
        ('{"Elements":[{"AllocatedRatio":1,"UsageUnit":1}]}', "has a UsageUnit that is no text"),
        (
            '{"Elements":[{"AllocatedRatio":1,"UsageUnit":"Hours","UsageQuantity":"4"}]}',
            "has a UsageQuantity that is no number",
        ),
        (
            '{"Elements":[{"AllocatedRatio":1,"UsageQuantity":4}]}',
            "has a UsageQuantity without a UsageUnit",
        ),
    ],
)
def test_faults_of_the_elements_of_a_split(text: str, fault: str) -> None:
    assert allocation_fault(json_object(text)) == fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"Elements":[{"ContractId":"a"}]}', ""),
        ("{}", "has no Elements"),
        ('{"Elements":[1]}', "has an element that is no flat object"),
    ],
)
def test_faults_of_the_elements_of_a_contract(text: str, fault: str) -> None:
    assert contract_fault(json_object(text)) == fault


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        (f'{{"Elements":[{_GOOD},{{"AllocatedRatio":0.25}}]}}', Decimal("0.75")),
        (
            '{"Elements":[{"AllocatedRatio":0.123456789012345678901234567890}]}',
            Decimal("0.123456789012345678901234567890"),
        ),
        ("{}", None),
        ("no json", None),
        ("", None),
    ],
)
def test_the_ratio_of_a_part_is_the_sum_of_its_elements(text: str, ratio: Decimal | None) -> None:
    assert ratio_of(text) == ratio
