"""The metadata objects have the fields that their FOCUS version names, and no others."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from exporter.focus.columns import columns_for
from exporter.focus.focus_columns import FOCUS_VERSIONS
from exporter.focus.metadata import (
    Instance,
    data_generator_object,
    dataset_instance_object,
    instances_document,
    is_described,
    parse_instances,
    schema_object,
)
from exporter.focus.schema_identity import column_definitions, has_instances, schema_id
from exporter.periods import Schedule

CREATED = 1_773_144_000  # 2026-03-10T12:00:00Z
INSTANCE = Instance("prod", "1.3", "x-Infer", "default", Schedule.HOURLY)
COMMON = {"SchemaId", "CreationDate", "FocusVersion", "ColumnDefinition"}


@pytest.mark.parametrize(
    ("version", "further"),
    [
        ("1.0", {}),
        ("1.1", {"ProviderVersion": "0.4.0"}),
        ("1.2", {"DataGeneratorVersion": "0.4.0"}),
        ("1.3", {"DataGeneratorVersion": "0.4.0", "DatasetInstanceId": INSTANCE.id}),
        ("1.4", {"DataGeneratorVersion": "0.4.0", "DatasetInstanceId": INSTANCE.id}),
    ],
)
def test_a_schema_has_the_fields_of_its_version(version: str, further: dict[str, str]) -> None:
    schema = schema_object(version, "x-Infer", "0.4.0", CREATED, INSTANCE.id)

    assert schema.keys() == COMMON | further.keys()
    assert {name: schema[name] for name in further} == further
    assert schema["FocusVersion"] == version
    assert schema["CreationDate"] == "2026-03-10T12:00:00Z"
    assert schema["ColumnDefinition"] == column_definitions(version, "x-Infer")
    assert schema["SchemaId"] == schema_id(version, "x-Infer", "0.4.0", INSTANCE.id)


def test_a_schema_without_an_instance_says_nothing_of_one() -> None:
    schema = schema_object("1.3", "x-Infer", "0.4.0", CREATED, None)

    assert schema.keys() == COMMON | {"DataGeneratorVersion"}
    assert schema["SchemaId"] == schema_id("1.3", "x-Infer", "0.4.0")


@pytest.mark.parametrize("version", FOCUS_VERSIONS)
def test_a_schema_defines_every_column_without_nulls(version: str) -> None:
    definitions = column_definitions(version, "x_Infer")

    names = [definition["ColumnName"] for definition in definitions]
    assert names == [column.name for column in columns_for(version, "x_Infer")]
    assert all(value is not None for each in definitions for value in each.values())


@pytest.mark.parametrize(
    ("version", "deprecated"),
    [
        ("1.0", set()),
        ("1.1", set()),
        ("1.2", set()),
        ("1.3", {"ProviderName", "PublisherName"}),
        ("1.4", set()),
    ],
)
def test_deprecated_columns_are_marked_where_the_field_exists(
    version: str, deprecated: set[str]
) -> None:
    """The field came with 1.2; 1.4 has removed the columns."""
    marked = {
        definition["ColumnName"]
        for definition in column_definitions(version, "x-Infer")
        if "Deprecated" in definition
    }
    assert marked == deprecated


@pytest.mark.parametrize("version", FOCUS_VERSIONS)
def test_only_tags_name_reserved_prefixes(version: str) -> None:
    """AllocatedTags are tags of somebody else's making."""
    with_prefixes = [
        definition["ColumnName"]
        for definition in column_definitions(version, "x-Infer")
        if "ProviderTagPrefixes" in definition
    ]
    assert with_prefixes == ["Tags"]


def test_an_instance_stays_for_ever() -> None:
    """A changed id would be another dataset to whoever reads the metadata."""
    assert INSTANCE.id == "6c9e43e2-8f66-5075-96fc-da07588f5964"
    assert UUID(INSTANCE.id).version == 5


@pytest.mark.parametrize(
    "other",
    [
        replace(INSTANCE, cluster="test"),
        replace(INSTANCE, version="1.4"),
        replace(INSTANCE, prefix="x_Infer"),
        replace(INSTANCE, report="search"),
        replace(INSTANCE, schedule=Schedule.DAILY),
    ],
    ids=["cluster", "version", "prefix", "report", "schedule"],
)
def test_other_data_is_another_instance(other: Instance) -> None:
    assert other.id != INSTANCE.id


def test_an_instance_has_a_name_for_people() -> None:
    assert dataset_instance_object(INSTANCE, "default") == {
        "DatasetInstanceId": INSTANCE.id,
        "DatasetInstanceName": (
            "Inference cost of cluster prod, report default, hourly, FOCUS 1.3"
        ),
        "FocusDatasetId": "CostAndUsage",
    }
    strict = dataset_instance_object(replace(INSTANCE, prefix="x_Infer"), "ns/search")
    assert strict["DatasetInstanceName"] == (
        "Inference cost of cluster prod, report ns/search, hourly, FOCUS 1.3 with x_Infer columns"
    )


def test_the_data_generator_is_who_makes_the_data() -> None:
    assert data_generator_object("GPU Platform") == {"DataGenerator": "GPU Platform"}


def test_instances_written_earlier_stay_listed() -> None:
    old = dataset_instance_object(replace(INSTANCE, report="old"), "old")
    ours = dataset_instance_object(INSTANCE, "default")
    outdated = {**ours, "DatasetInstanceName": "a"}

    document = instances_document(parse_instances([old, outdated]), [ours])

    assert document == [ours, old]
    assert instances_document(parse_instances(document), [ours]) == document


@pytest.mark.parametrize(
    "damaged",
    [{}, [1], [{}], [{"DatasetInstanceId": 1}], [{"DatasetInstanceId": "a"}]],
    ids=["no list", "no object", "empty", "no text", "no name"],
)
def test_a_damaged_list_of_instances_is_told(damaged: object) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_instances(damaged)


def test_what_has_metadata_and_instances() -> None:
    versions = (*FOCUS_VERSIONS, "infercost-1.0")
    assert [v for v in versions if is_described(v)] == ["1.0", "1.1", "1.2", "1.3", "1.4"]
    assert [v for v in versions if has_instances(v)] == ["1.3", "1.4"]
