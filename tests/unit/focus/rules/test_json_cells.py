from __future__ import annotations

import json
from decimal import Decimal

import pytest

from exporter.focus.rules.json_cells import json_object, key_value_fault, levels, object_fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"a":1,"b":"c","d":null,"e":true,"f":1.5E3}', ""),
        ("{}", ""),
        (' { "a" : 1 } ', ""),
        ('{"Zürich":"ü"}', ""),
        ('{"a":1,"a":1}', "has a key twice in one object"),
        ('{"a":1,"\\u0061":1}', "has a key twice in one object"),
        ('{"a":NaN}', "holds NaN, which is no number in JSON"),
        ('{"a":-Infinity}', "holds -Infinity, which is no number in JSON"),
        ('{"a":{}}', "holds an object or array inside the JSON object"),
        ('{"a":[]}', "holds an object or array inside the JSON object"),
        ("[]", "is no JSON object"),
        ("null", "is no JSON object"),
        ("1", "is no JSON object"),
        ("", "is no JSON"),
        ("costProfile=a", "is no JSON"),
        ("{'a':1}", "is no JSON"),
        ('{"a":1}{}', "is no JSON"),
        ('{"a":"b"c"}', "is no JSON"),
        ('{"a":"line\nbreak"}', "is no JSON"),
        ('{"a":' + "[" * 100_000, "is no JSON"),
    ],
)
def test_faults_of_flat_objects(text: str, fault: str) -> None:
    assert key_value_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"a":[1,2.5],"b":[{"c":1},{"c":2}]}', ""),
        ('{"a":[]}', ""),
        ('{"a":[1,null]}', "has an array with null"),
        ('{"a":[1,"1"]}', "has an array of values of different types"),
        ('{"a":[1,true]}', "has an array of values of different types"),
        ('{"a":[1,1]}', "has an array that repeats a value"),
        ('{"a":[{"b":1,"c":2},{"c":2,"b":1}]}', "has an array that repeats a value"),
        ('{"a":{"b":[null]}}', "has an array with null"),
        ('{"a":[[null]]}', "has an array with null"),
        ('{"a":{"b":1,"b":2}}', "has a key twice in one object"),
        ('["a"]', "is no JSON object"),
    ],
)
def test_faults_of_other_objects(text: str, fault: str) -> None:
    assert object_fault(text) == fault


def test_numbers_keep_their_digits() -> None:
    assert json_object('{"a":0.1234567890123456789}') == {"a": Decimal("0.1234567890123456789")}


@pytest.mark.parametrize(
    ("text", "depth"), [("1", 0), ("{}", 1), ('{"a":[]}', 2), ('{"a":[{"b":1}],"c":1}', 3)]
)
def test_levels_of_nesting_are_counted(text: str, depth: int) -> None:
    assert levels(json.loads(text)) == depth
