"""The files that the official validator is given, and what it said of them when last looked at."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from exporter.cost.charges import Charges
from exporter.cost.sale import AT_COST, SalesTerms
from exporter.files.csv import encode_csv
from exporter.files.parquet import encode_parquet
from tests.builders import KINDS, make_charges, make_charges_of, make_profile, table_of
from tests.official import ALL, FITTING, SKIP_REASONS, Verdict, validate
from tests.selling import CARD
from tests.servers import REPOSITORY, run_command

FIGURES = REPOSITORY / "tests" / "golden" / "official-validator" / "figures.csv"

#: Of Figures, as in their file.
COUNTS = ("rules", "passed", "failed", *SKIP_REASONS)
_CRITERIA = {FITTING: "fitting", ALL: "all"}
_DEMO = {
    "SOURCE_FILE": "exporter/data/demo.om.zst",
    "CONFIG_PATH": "exporter/data/demo-config.yaml",
    "FOCUS_EXTENSION_PREFIX": "x_Infer",
    "LOG_LEVEL": "error",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One file: `write` makes it in a folder, by version and format."""

    version: str
    rows: str
    form: str
    criteria: str
    write: Callable[[Path, str, str], Path]

    @property
    def name(self) -> str:
        return f"{self.version} {self.rows} {self.form} {_CRITERIA[self.criteria]}"

    @property
    def figures_key(self) -> tuple[str, str]:
        return self.version, _CRITERIA[self.criteria]

    def verdict(self, folder: Path) -> Verdict:
        """What the validator says, run in an empty folder."""
        file = self.write(folder, self.version, self.form)
        return validate(file, self.version, self.criteria, folder)


@dataclass(frozen=True, slots=True)
class Figures:
    """How many rules of a version's model ran with some criteria, and how many not, and why.

    Counted by COUNTS: `dynamic` rules need more than data, says the model; `optional` ones say MAY;
    `inapplicable` ones are of other criteria; `composite` ones consist of rules that were skipped.
    `failing` names the rules that fail in every file, which are defects of the model.
    """

    version: str
    criteria: str
    counts: Mapping[str, int]
    failing: Sequence[str]

    @classmethod
    def of(cls, case: Case, verdict: Verdict) -> Figures:
        counts = {
            "rules": verdict.rules,
            "passed": len(verdict.passed),
            "failed": len(verdict.failed),
            **{reason: verdict.skipped[reason] for reason in SKIP_REASONS},
        }
        return cls(*case.figures_key, counts, sorted(verdict.failed))


def read_figures() -> dict[tuple[str, str], Figures]:
    """What is recorded, by version and criteria."""
    with FIGURES.open(newline="") as file:
        return {(row["version"], row["criteria"]): _figures(row) for row in csv.DictReader(file)}


def _figures(row: Mapping[str, str]) -> Figures:
    counts = {name: int(row[name]) for name in COUNTS}
    return Figures(row["version"], row["criteria"], counts, row["failing"].split())


def write_figures(figures: Iterable[Figures]) -> None:
    with FIGURES.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["version", "criteria", *COUNTS, "failing"])
        for one in figures:
            counts = [one.counts[name] for name in COUNTS]
            writer.writerow([one.version, one.criteria, *counts, " ".join(one.failing)])


def joined(*charges: Charges) -> Charges:
    """The charges of several as those of one period."""

    def join(name: str) -> Any:
        columns = [getattr(each, name) for each in charges]
        if isinstance(columns[0], np.ndarray):
            return np.concatenate(columns)
        return [value for column in columns for value in column]

    return Charges(**{field.name: join(field.name) for field in fields(Charges)})


def every_kind() -> Charges:
    """Every kind of charge with labels, region and zone; others without; and what is rare.

    Rare are a model that served nothing, a cost without any quantity, and tokens without a cost.
    """
    labels = {"team": "search", "cost_center": "4711"}
    unserved = {"tokens_input": 0, "tokens_output": 0}
    free = {"amortization_nano": 0, "maintenance_nano": 0, "electricity_nano": 0}
    return joined(
        make_charges_of(*KINDS, namespace_labels=labels, region="eu-1", zone="eu-1a"),
        make_charges_of("model", "rollup", "idle", namespace="ads", profile=make_profile("l40s")),
        make_charges(namespace="lab", model="unserved", **unserved),
        make_charges(namespace="lab", model="free", gpu_nano_hours=0, **free),
    )


def write_table(table: pa.Table, path: Path) -> Path:
    """A Parquet or a CSV file, as the ending says."""
    parquet = path.suffix == ".parquet"
    path.write_bytes(encode_parquet(table, "snappy", {}) if parquet else encode_csv(table))
    return path


def _sold(terms: SalesTerms) -> Callable[[Path, str, str], Path]:
    def write(folder: Path, version: str, form: str) -> Path:
        return write_table(table_of(every_kind(), terms, version=version), folder / f"rows.{form}")

    return write


def _demo(folder: Path, version: str, form: str) -> Path:
    """A day of the demo, as a person would export it."""
    path = folder / f"demo.{form}"
    form_of_output = ("--layout", version, "--format", form, "--out", str(path))
    done = run_command(["export", "focus", "--period", "2026-10-01", *form_of_output], _DEMO)
    assert done.returncode == 0, done.stderr
    return path


_AT_COST = _sold(AT_COST)
_OF_BOTH_VERSIONS = (
    ("every-kind", "csv", FITTING, _AT_COST),
    ("every-kind", "parquet", ALL, _AT_COST),
    ("demo", "csv", ALL, _demo),
    ("demo", "parquet", FITTING, _demo),
    ("rate-card", "parquet", ALL, _sold(SalesTerms(CARD, contracted=True))),
)
CASES = (
    *(Case("1.2", *case) for case in _OF_BOTH_VERSIONS),
    *(Case("1.3", *case) for case in _OF_BOTH_VERSIONS),
    Case("1.3", "split", "parquet", ALL, _sold(SalesTerms(by_pool=True))),
    Case("1.3", "split-with-rate-card", "csv", ALL, _sold(SalesTerms(CARD, by_pool=True))),
)
