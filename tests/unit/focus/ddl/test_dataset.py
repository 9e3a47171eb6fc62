from __future__ import annotations

import pytest

from exporter.focus.columns import SELECTABLE_VERSIONS
from exporter.focus.ddl.dataset import PARTITIONS
from exporter.periods import day_of
from exporter.storage.keys import day_prefix
from tests.builders import NOON
from tests.unit.focus.ddl.datasets import PLACE, make_dataset


def test_the_table_is_named_after_the_layout() -> None:
    assert make_dataset("1.3").table == "infer_focus_1_3"
    assert make_dataset("infercost-1.0").table == "infercost_1_0"


@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_partitions_are_the_folders_of_the_keys(version: str) -> None:
    """The SQL would find nothing if the keys were laid out in another way."""
    dataset = make_dataset(version)
    values = dict(zip(PARTITIONS, ("2026", "03", "10"), strict=True))

    folder = dataset.root + dataset.partition_path(values)

    assert folder == day_prefix(PLACE, dataset.layout, day_of(NOON))
