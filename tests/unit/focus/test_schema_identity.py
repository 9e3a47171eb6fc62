from __future__ import annotations

import json
from uuid import UUID

import pytest

from exporter.focus.columns import columns_for
from exporter.focus.schema_identity import column_definitions, footer, schema_id


def test_a_schema_id_stays_for_ever() -> None:
    assert schema_id("1.3", "x-Infer", "0.1.0") == schema_id("1.3", "x-Infer", "0.1.0")
    assert UUID(schema_id("1.3", "x-Infer", "0.1.0")).version == 5


@pytest.mark.parametrize(
    "other",
    [("1.2", "x-Infer", "0.1.0"), ("1.3", "x_Infer", "0.1.0"), ("1.3", "x-Infer", "0.2.0")],
    ids=["version", "columns", "generator"],
)
def test_a_schema_id_changes_with_what_it_stands_for(other: tuple[str, str, str]) -> None:
    assert schema_id(*other) != schema_id("1.3", "x-Infer", "0.1.0")


@pytest.mark.parametrize(("version", "depends"), [("1.2", False), ("1.3", True), ("1.4", True)])
def test_a_schema_belongs_to_an_instance_from_1_3_on(version: str, depends: bool) -> None:
    plain = schema_id(version, "x-Infer", "0.1.0")
    one, other = (schema_id(version, "x-Infer", "0.1.0", name) for name in ("one", "other"))

    assert len({plain, one, other}) == (3 if depends else 1)


def test_every_column_has_a_definition() -> None:
    definitions = {each["ColumnName"]: each for each in column_definitions("1.3", "x-Infer")}

    assert list(definitions) == [column.name for column in columns_for("1.3", "x-Infer")]
    assert definitions["EffectiveCost"] == {
        "ColumnName": "EffectiveCost",
        "DataType": "DECIMAL",
        "NumericPrecision": 38,
        "NumberScale": 18,
    }
    assert definitions["ProviderName"] == {
        "ColumnName": "ProviderName",
        "DataType": "STRING",
        "StringEncoding": "UTF-8",
        "Deprecated": True,
    }
    assert definitions["ChargePeriodStart"] == {
        "ColumnName": "ChargePeriodStart",
        "DataType": "DATETIME",
    }


@pytest.mark.parametrize(
    ("version", "prefixes"), [("1.3", ["infer-focus/"]), ("infercost-1.0", [])]
)
def test_tags_name_the_reserved_prefix(version: str, prefixes: list[str]) -> None:
    (tags,) = (
        each for each in column_definitions(version, "x-Infer") if each["ColumnName"] == "Tags"
    )

    assert tags["ProviderTagPrefixes"] == prefixes


def test_the_footer_names_generator_version_and_schema() -> None:
    found = footer("1.3", "x-Infer", "GPU Platform", "0.1.0")

    assert list(found) == ["focus"]
    assert json.loads(found["focus"]) == {
        "DataGenerator": "GPU Platform",
        "DataGeneratorVersion": "0.1.0",
        "FocusDatasetId": "CostAndUsage",
        "FocusVersion": "1.3",
        "SchemaId": schema_id("1.3", "x-Infer", "0.1.0"),
    }


def test_the_footer_names_the_dataset_instance_from_1_3_on() -> None:
    found = json.loads(footer("1.3", "x-Infer", "GPU Platform", "0.1.0", "one")["focus"])
    before = json.loads(footer("1.2", "x-Infer", "GPU Platform", "0.1.0", "one")["focus"])

    assert found["DatasetInstanceId"] == "one"
    assert found["SchemaId"] == schema_id("1.3", "x-Infer", "0.1.0", "one")
    assert "DatasetInstanceId" not in before
    assert before["SchemaId"] == schema_id("1.2", "x-Infer", "0.1.0")


def test_the_infercost_layout_follows_focus_1_0() -> None:
    found = json.loads(footer("infercost-1.0", "x-Infer", "GPU Platform", "0.1.0")["focus"])

    assert found["FocusVersion"] == "1.0"
