"""Re-makes the files that tests compare with: `.venv/bin/python -m scripts.make_golden`.

- tests/golden/focus-rows: the rows of VARIANTS as CSV files; no other file stays there;
- tests/golden/official-validator: what the official validator says, where it is installed;
- tests/golden/helm: manifests of the chart.
Names of changed files are printed: read the difference, it is what readers of our files will see.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exporter.cost.charges import Charges
from exporter.cost.sale import SalesTerms
from exporter.files.csv import encode_csv
from exporter.focus.columns import SELECTABLE_VERSIONS
from tests import official
from tests.builders import KINDS, make_charges_of, table_of
from tests.helm import golden as chart
from tests.official_cases import CASES, Figures, read_figures, write_figures
from tests.selling import CARD

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "golden"
ROWS = GOLDEN / "focus-rows"

#: What `table_of` is given, by the name of the file.
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    **{version: {"version": version} for version in SELECTABLE_VERSIONS},
    "1.3-x_Infer": {"version": "1.3", "prefix": "x_Infer"},
    "1.3-rate-card": {"version": "1.3", "terms": SalesTerms(CARD)},
    "1.3-split-allocation": {"version": "1.3", "terms": SalesTerms(by_pool=True)},
}


def main() -> int:
    """Writes what has changed, and names it."""
    made = {ROWS / f"{name}.csv": golden_rows(name) for name in VARIANTS}
    for stale in set(ROWS.glob("*.csv")).difference(made):
        stale.unlink()
        print(f"{stale.relative_to(GOLDEN)} is gone")
    for path, content in made.items():
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
            print(path.relative_to(GOLDEN))
    for path in chart.remake():
        print(path.relative_to(GOLDEN))
    _remake_figures()
    return 0


def golden_charges() -> Charges:
    """One charge of each kind, with labels and a region."""
    labels = {"team": "search", "cost_center": "4711"}
    return make_charges_of(*KINDS, namespace_labels=labels, region="eu-1")


def golden_rows(variant: str) -> bytes:
    """The CSV file of a variant."""
    return encode_csv(table_of(golden_charges(), **VARIANTS[variant]))


def _remake_figures() -> None:
    """One case stands for all of its version and criteria: the tests compare the others.

    Figures that cannot be found out on this machine stay as they are.
    """
    known = read_figures()
    found = dict(known)
    for key, case in {case.figures_key: case for case in CASES}.items():
        if reason := official.missing(case.version):
            print(f"official-validator/figures.csv stays as it is for {case.version}: {reason}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            found[key] = Figures.of(case, case.verdict(Path(folder)))
    if found != known:
        write_figures(found.values())
        print("official-validator/figures.csv")


if __name__ == "__main__":
    sys.exit(main())
