"""The FOCUS metadata objects that describe the data, as plain JSON values.

Fields, their names and the versions that have them are those of the FOCUS specification's
metadata chapters, tags v1.0 to v1.2 and the text of 1.3, which 1.4 follows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid5

from exporter.focus.extensions import PREFIXES
from exporter.focus.focus_columns import FOCUS_VERSIONS
from exporter.focus.metadata_values import Fields, objects_of, text_of
from exporter.focus.schema_identity import column_definitions, has_instances, schema_id
from exporter.periods import Schedule, rfc3339

_NAMESPACE = UUID("9b10084b-e73d-4eeb-a33a-e5641c09daf4")  # arbitrary, and never to change
_GENERATOR_VERSION = {"1.0": None, "1.1": "ProviderVersion"}
_LATER_GENERATOR_VERSION = "DataGeneratorVersion"


@dataclass(frozen=True, slots=True)
class Instance:
    """A dataset instance: what one report of a cluster is written as.

    `report` is the report as object names have it, so that the instance of an object can be told
    from its name.
    """

    cluster: str
    version: str
    prefix: str
    report: str
    schedule: Schedule

    @property
    def id(self) -> str:
        """The same UUID for ever."""
        named = [self.cluster, self.version, self.prefix, self.report, self.schedule.value]
        return str(uuid5(_NAMESPACE, json.dumps(named)))


def is_described(version: str) -> bool:
    """Whether files of a version have FOCUS metadata; InferCost's layout is no FOCUS file."""
    return version in FOCUS_VERSIONS


def data_generator_object(name: str) -> dict[str, object]:
    """The Data Generator: who makes the data, not the tool it is made with."""
    return {"DataGenerator": name}


def schema_object(
    version: str, prefix: str, generator_version: str, created: int, instance_id: str | None
) -> dict[str, object]:
    """The Schema of the files with this SchemaId; `created` is in unix seconds.

    `instance_id` is left out before FOCUS 1.3, and where None says that there is no instance.
    """
    schema: dict[str, object] = {
        "SchemaId": schema_id(version, prefix, generator_version, instance_id),
        "CreationDate": rfc3339(created),
        "FocusVersion": version,
        "ColumnDefinition": column_definitions(version, prefix),
    }
    generator_field = _GENERATOR_VERSION.get(version, _LATER_GENERATOR_VERSION)
    if generator_field is not None:
        schema[generator_field] = generator_version
    if instance_id is not None and has_instances(version):
        schema["DatasetInstanceId"] = instance_id
    return schema


def dataset_instance_object(instance: Instance, report_name: str) -> dict[str, object]:
    """The Dataset Instance, with a name for people."""
    name = (
        f"Inference cost of cluster {instance.cluster}, report {report_name},"
        f" {instance.schedule}, FOCUS {instance.version}"
    )
    if instance.prefix != PREFIXES[0]:
        name += f" with {instance.prefix} columns"
    return {
        "DatasetInstanceId": instance.id,
        "DatasetInstanceName": name,
        "FocusDatasetId": "CostAndUsage",
    }


def instances_document(
    known: Mapping[str, Fields], written: Iterable[dict[str, object]]
) -> list[object]:
    """All of the list: what an earlier one held stays, for its data may still be there."""
    by_id = {**known, **{text_of(each, "DatasetInstanceId"): each for each in written}}
    return [*sorted(by_id.values(), key=_name_and_id)]


def parse_instances(document: object) -> dict[str, Fields]:
    """The objects of an earlier list by id. Raises ValueError if it is no such list."""
    found = objects_of(document)
    for each in found:
        _name_and_id(each)
    return {text_of(each, "DatasetInstanceId"): each for each in found}


def _name_and_id(instance: Fields) -> tuple[str, str]:
    return text_of(instance, "DatasetInstanceName"), text_of(instance, "DatasetInstanceId")
