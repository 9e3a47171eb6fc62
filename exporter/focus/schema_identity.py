"""What the files say about themselves: column definitions, SchemaId, Parquet footer.

Names and rules are those of the FOCUS metadata specification: a SchemaId changes exactly when
the FOCUS version, the generator's version or a column definition does, so it is made from them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from uuid import UUID, uuid5

from exporter.focus.column import Column, ColumnType
from exporter.focus.columns import columns_for
from exporter.focus.focus_columns import FOCUS_VERSIONS
from exporter.focus.infercost_layout import INFERCOST_LAYOUT
from exporter.focus.tags import TAG_PREFIX

FOOTER_KEY = "focus"

_NAMESPACE = UUID("da16b24d-cb92-41e8-a1bf-5b5fdcd30e7b")  # arbitrary, and never to change
_BASE_OF_INFERCOST = "1.0"  # the FOCUS version that InferCost's file follows
_WITH_INSTANCES = FOCUS_VERSIONS[FOCUS_VERSIONS.index("1.3") :]

Definition = dict[str, str | int | bool | list[str]]


def column_definitions(version: str, prefix: str) -> list[Definition]:
    """One FOCUS ColumnDefinition object per column written."""
    return [_definition(column, version) for column in columns_for(version, prefix)]


def _definition(column: Column, version: str) -> Definition:
    definition: Definition = {"ColumnName": column.name, "DataType": column.type.name}
    if column.type is ColumnType.DECIMAL:
        definition |= {"NumericPrecision": column.precision, "NumberScale": column.scale}
    if column.is_text:
        definition["StringEncoding"] = "UTF-8"
    if column.name == "Tags":
        definition["ProviderTagPrefixes"] = [] if version == INFERCOST_LAYOUT else [TAG_PREFIX]
    if version in column.deprecated:
        definition["Deprecated"] = True
    return definition


def has_instances(version: str) -> bool:
    """Whether a version knows dataset instances and their recency: FOCUS 1.3 and later."""
    return version in _WITH_INSTANCES


@cache
def schema_id(
    version: str, prefix: str, generator_version: str, instance_id: str | None = None
) -> str:
    """The same UUID for the same columns, version and generator, everywhere and always.

    From FOCUS 1.3 on a schema belongs to a dataset instance; None for data without one.
    """
    described = [version, generator_version, column_definitions(version, prefix)]
    if instance_id is not None and has_instances(version):
        described.append(instance_id)
    return str(uuid5(_NAMESPACE, json.dumps(described, sort_keys=True)))


def footer(
    version: str,
    prefix: str,
    data_generator: str,
    generator_version: str,
    instance_id: str | None = None,
) -> Mapping[str, str]:
    """FOCUS metadata for the footer of a Parquet file; without a time, so that bytes are stable."""
    metadata = {
        "DataGenerator": data_generator,
        "DataGeneratorVersion": generator_version,
        "FocusDatasetId": "CostAndUsage",
        "FocusVersion": _BASE_OF_INFERCOST if version == INFERCOST_LAYOUT else version,
        "SchemaId": schema_id(version, prefix, generator_version, instance_id),
    }
    if instance_id is not None and has_instances(version):
        metadata["DatasetInstanceId"] = instance_id
    return {FOOTER_KEY: json.dumps(metadata, ensure_ascii=False, sort_keys=True)}
