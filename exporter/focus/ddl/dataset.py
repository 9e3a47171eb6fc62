"""What a database has to know of written files before it can read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from exporter.focus.column import Column

FileFormat = Literal["parquet", "csv"]

#: The folders between the root and the files, `year=2026/month=03/day=10/`, as columns.
PARTITIONS = ("year", "month", "day")


@dataclass(frozen=True, slots=True)
class Dataset:
    """The files of one layout.

    `root` is their folder, a path or `s3://…`, with a slash at the end; directly in it are the
    folders of PARTITIONS. `layout` is its name in the path, such as `focus-1.3`.
    """

    layout: str
    root: str
    columns: tuple[Column, ...]
    file_format: FileFormat

    @property
    def table(self) -> str:
        """A name that needs no quotes and differs between layouts: `infer_focus_1_3`."""
        name = self.layout.replace("-", "_").replace(".", "_")
        return name if name.startswith("infer") else f"infer_{name}"

    def partition_path(self, values: dict[str, str]) -> str:
        """The folder of one partition below the root, from a value or placeholder for each."""
        return "".join(f"{name}={values[name]}/" for name in PARTITIONS)
