"""docs/budgets.md: its examples are those of the tests, its log line is what a run prints."""

from __future__ import annotations

import json
import re
import subprocess
from decimal import Decimal
from pathlib import Path

import yaml
from structlog.testing import capture_logs

from exporter.chargeback.figures import BudgetLine
from exporter.commands.budgeting import tell_budget
from tests.servers import REPOSITORY, require_tool

PAGE = (REPOSITORY / "docs" / "budgets.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_log_line_is_what_a_run_prints() -> None:
    """Of the first example, which test_budgets.py computes from its hours."""
    amounts = (Decimal(408), Decimal(1200), Decimal(1416))
    line = BudgetLine("assistants", "assistants", "2026-10", *amounts, 30, "warning")
    with capture_logs() as log:
        tell_budget(line, "USD")
    (told,), (shown,) = log, map(json.loads, blocks("json"))
    level = told.pop("log_level")
    assert {**told, "level": level, "timestamp": shown["timestamp"]} == shown


def test_every_sum_of_the_examples_is_right() -> None:
    """`a + b × c = d` and `a / b = c` in the tables."""
    found = re.findall(r"(?<=\| )([0-9][0-9./+× ]*) = ([0-9.]+) (?=\|)", PAGE)
    assert len(found) == 5
    for left, right in found:
        assert Decimal(f"{eval(left.replace('×', '*'))}") == Decimal(right)


def test_a_prometheus_can_scrape_so(tmp_path: Path) -> None:
    (scrape,) = blocks("yaml")
    assert yaml.safe_load(scrape)["scrape_configs"][0]["honor_labels"] is True
    file = tmp_path / "prometheus.yml"
    file.write_text(scrape)
    command = [str(require_tool("promtool")), "check", "config", str(file)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
