"""The generated parts of docs/reliability.md: the fault matrix, and the figures of the long tests.

Faults are those that tests/faults declare, each once; figures are what `make test-long` has
measured. `make docs` re-makes the page with all others; alone:
`.venv/bin/python -m scripts.make_reliability_page`.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import get_args

from scripts.tables import code, markdown
from tests.faults.fault import Fault, Group
from tests.faults.measured import FILE

GROUPS: tuple[Group, ...] = get_args(Group)
_HEADS = ("fault", "what happens", "message", "exit code", "in the bucket after", "the next run")
_NOT_MEASURED = "Not measured yet: `make test-long` does it."


def main() -> int:
    """Writes the page if it has changed, and names it."""
    from scripts.make_docs import REPOSITORY, remade  # here, since that module imports this one

    page = REPOSITORY / "docs" / "reliability.md"
    text = page.read_text()
    made = remade(text)
    if made != text:
        page.write_text(made)
        print(page.relative_to(REPOSITORY))
    return 0


def faults(group: Group) -> tuple[Fault, ...]:
    """The faults of a group in the order of their declaration; none where none is declared."""
    name = f"tests.faults.{group}_faults"
    if importlib.util.find_spec(name) is None:
        return ()
    found: tuple[Fault, ...] = importlib.import_module(name).FAULTS
    return found


def matrix(group: Group) -> str:
    """The table of a group."""
    return markdown(_HEADS, (_row(fault) for fault in faults(group)))


def _row(fault: Fault) -> tuple[str, ...]:
    told = code(fault.message)
    return fault.name, fault.happens, told, f"{fault.code}", fault.after, fault.next_run


def figures(file: Path = FILE) -> str:
    """How many faults there are by group, and every figure that was measured."""
    declared = [(f"faults, {group}", "tried", len(faults(group))) for group in GROUPS]
    rows = [*declared, *_measured(file)]
    table = markdown(("what", "figure", "count"), ((*row[:2], f"{row[2]:,}") for row in rows))
    return table if file.exists() else f"{table}\n\n{_NOT_MEASURED}"


def _measured(file: Path) -> Iterator[tuple[str, str, int]]:
    known: Mapping[str, Mapping[str, int]] = json.loads(file.read_text()) if file.exists() else {}
    for name, counts in sorted(known.items()):
        for figure, count in counts.items():
            yield name.replace("_", " "), figure.replace("_", " "), count


#: What `make docs` puts where; see scripts/make_docs.py.
PARTS: Mapping[str, Callable[[], str]] = {
    **{f"faults of the {group}": partial(matrix, group) for group in GROUPS},
    "measured figures": figures,
}


if __name__ == "__main__":
    sys.exit(main())
