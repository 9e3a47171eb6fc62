"""How many rules of each FOCUS version the demo's rows keep, as `infer-focus validate` counts."""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from exporter.focus.columns import SELECTABLE_VERSIONS, columns_for
from exporter.focus.infercost_layout import INFERCOST_PREFIX
from scripts.tables import code, markdown

#: The demo's first day, in each version.
_BACKFILL = ("backfill", "--start", "2026-10-01", "--end", "2026-10-02")
#: The validator's figures as the tests of this repository found them.
_OFFICIAL = Path("tests/golden/official-validator/figures.csv")

_HERE = Path(__file__).resolve().parent.parent


class Run(Protocol):
    """Starts a command in a folder with some settings; returns what it prints."""

    def __call__(self, command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> str: ...


@dataclass(frozen=True, slots=True)
class Conformance:
    """What `validate` says of the files of one layout."""

    layout: str
    results: Sequence[Mapping[str, Any]]

    def count(self, status: str, level: str | None = None) -> int:
        return sum(
            each["status"] == status and level in (None, each["level"]) for each in self.results
        )

    @property
    def reasons(self) -> Counter[str]:
        """Why rules do not apply, each with how many there are."""
        return Counter(
            _reason(each["reason"]) for each in self.results if each["status"] == "not applicable"
        )


def _reason(text: str) -> str:
    """Without the name of a column, which the rule has already."""
    return "no row has a value in its column" if text.startswith("no row has ") else text


def conformances(run: Run, environ: Mapping[str, str]) -> Iterator[Conformance]:
    """The demo exported and validated in every layout; `run` starts a command in a folder."""
    for layout in SELECTABLE_VERSIONS:
        with tempfile.TemporaryDirectory() as folder:
            settings = {**environ, "OUTPUT_DIR": folder, "FOCUS_VERSION": layout}
            command = [sys.executable, "-m", "exporter"]
            run([*command, *_BACKFILL], _HERE, settings)
            told = json.loads(run([*command, "validate", "--format", "json", folder], _HERE, {}))
        results = [rule for dataset in told["datasets"] for rule in dataset["rules"]]
        yield Conformance(layout, [*told["rules"], *results])


def conformance_tables(found: Sequence[Conformance]) -> str:
    """Per layout how many rules there are and how they ended; then why some do not apply."""
    return f"{_counts(found)}\n\n{_reasons(found)}"


def _counts(found: Sequence[Conformance]) -> str:
    heads = ("layout", "columns", "rules", "passed", "broken", "warnings", "not applicable")
    return markdown(
        heads,
        (
            (
                code(each.layout),
                str(len(columns_for(each.layout, INFERCOST_PREFIX))),
                str(len(each.results)),
                str(each.count("passed")),
                str(each.count("failed", "error")),
                str(each.count("failed", "warning")),
                str(each.count("not applicable")),
            )
            for each in found
        ),
    )


def _reasons(found: Sequence[Conformance]) -> str:
    every: Counter[str] = Counter()
    for each in found:
        every.update(each.reasons)
    heads = ("rules that do not apply, because", *(code(each.layout) for each in found))
    ordered = sorted(every, key=lambda reason: (-every[reason], reason))
    return markdown(
        heads,
        ([reason, *(str(each.reasons[reason] or "") for each in found)] for reason in ordered),
    )


def official_table() -> str:
    """What the official validator finds in our rows; a test compares its verdicts with these."""
    with (_HERE / _OFFICIAL).open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["criteria"] == "fitting"]
    counts = ("rules", "passed", "failed", "dynamic", "optional", "inapplicable", "composite")
    heads = ("version", *counts, "which fail")
    return markdown(
        heads,
        (
            (code(row["version"]), *(row[name] for name in counts), code(row["failing"]))
            for row in rows
        ),
    )
