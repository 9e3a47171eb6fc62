"""docs/reliability.md: its tables are what the faults declare and what was measured."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from scripts.make_docs import REPOSITORY, remade
from scripts.make_reliability_page import GROUPS, faults, figures, matrix
from tests.faults import measured
from tests.faults.fault import Fault, Group

PAGE = (REPOSITORY / "docs" / "reliability.md").read_text()
DECLARED = [fault for group in GROUPS for fault in faults(group)]
#: Exit codes of the README's table, and of a process that was killed.
CODES = {0, 2, 3, 4, 130, 137, 143}


def test_the_page_shows_every_declared_fault_once() -> None:
    """If not: `make docs`."""
    shown = re.findall(r"^\| ([a-z0-9][a-z0-9-]*) \| .* \| \d+ \| ", PAGE, re.MULTILINE)
    assert shown == [fault.name for fault in DECLARED]
    assert [name for name, count in Counter(shown).items() if count > 1] == []


def test_the_page_is_as_it_would_be_made_now() -> None:
    """If not: `make docs`."""
    assert remade(PAGE) == PAGE


@pytest.mark.parametrize("fault", DECLARED, ids=lambda fault: fault.name)
def test_a_fault_says_everything_in_one_line(fault: Fault) -> None:
    texts = (fault.name, fault.happens, fault.message, fault.after, fault.next_run)
    assert "\n" not in "".join(texts)
    assert all((fault.happens, fault.after, fault.next_run))
    assert fault.code in CODES
    assert not re.search(r"127\.0\.0\.1|localhost", fault.message)


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_declares_its_own_faults(group: Group) -> None:
    assert {fault.group for fault in faults(group)} <= {group}
    assert len(matrix(group).splitlines()) == 2 + len(faults(group))


def test_figures_that_were_measured_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "measured.json"
    assert figures(file).endswith("Not measured yet: `make test-long` does it.")
    monkeypatch.setattr(measured, "FILE", file)
    monkeypatch.setenv("INFER_FOCUS_MEASURE", "1")
    measured.note("fuzz_inputs", tried=120_000, leaked=0)
    measured.note("kills", survived=240, lost=0)
    rows = [row for row in figures(file).splitlines() if not row.startswith("| faults, ")]
    assert rows[2:] == [
        "| fuzz inputs | leaked | 0 |",
        "| fuzz inputs | tried | 120,000 |",
        "| kills | lost | 0 |",
        "| kills | survived | 240 |",
    ]
    assert list(json.loads(file.read_text())) == ["fuzz_inputs", "kills"]
