"""Datasets as the tests of the SQL take them: every layout, prefix and form."""

from __future__ import annotations

from exporter.focus.columns import SELECTABLE_VERSIONS, columns_for
from exporter.focus.ddl.dataset import Dataset, FileFormat
from exporter.focus.extensions import PREFIXES
from exporter.storage.keys import dataset_prefix, layout_name

#: Version and prefix of everything that can be written; InferCost's layout has one prefix.
LAYOUTS = [
    (version, prefix)
    for version in SELECTABLE_VERSIONS
    for prefix in (PREFIXES if version != "infercost-1.0" else PREFIXES[:1])
]
PLACE = "s3://bucket/focus/"


def make_dataset(
    version: str = "1.3",
    prefix: str = "x-Infer",
    file_format: FileFormat = "parquet",
    place: str = PLACE,
) -> Dataset:
    layout = layout_name(version)
    root = dataset_prefix(place, layout)
    return Dataset(layout, root, columns_for(version, prefix), file_format)
