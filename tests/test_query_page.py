"""docs/query.md shows what the program prints, and what DuckDB answers."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from exporter.focus.columns import columns_for
from tests.servers import REPOSITORY, run_command

PAGE = (REPOSITORY / "docs" / "query.md").read_text()
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: What https://docs.ternary.app/docs/focus lists as required.
TERNARY = [
    *("BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency"),
    *("BillingPeriodStart", "BillingPeriodEnd", "ChargeCategory", "ChargeClass"),
    *("ChargeDescription", "ChargePeriodStart", "ChargePeriodEnd", "ContractedCost"),
    *("EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingQuantity", "PricingUnit"),
    *("ProviderName", "PublisherName", "ServiceCategory", "ServiceName"),
]


def block(language: str, beginning: str) -> str:
    """The only block of the page that begins so."""
    (found,) = (
        text
        for kind, text in _BLOCK.findall(PAGE)
        if (kind, text.startswith(beginning)) == (language, True)
    )
    return str(found)


def printed(command: str, folder: Path = REPOSITORY) -> str:
    """What a command of the page prints, without what it is piped to."""
    words = shlex.split(command.removeprefix("$ ").partition(" | ")[0])
    done = run_command(words[1:], cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def parts(shown: str) -> Iterator[str]:
    """What stands between the lines that say that lines are left out."""
    yield from (part.strip("\n") for part in re.split(r"^ *…$", shown, flags=re.MULTILINE))


def check_shortened(shown: str, whole: str) -> None:
    """Every part is in the whole, in this order, at its beginning and its end."""
    place = 0
    for part in parts(shown):
        found = f"\n{whole}".find(f"\n{part}", place)
        assert found >= 0, part
        place = found + len(part)


def test_the_table_is_what_is_printed() -> None:
    command, _, shown = block("console", "$ infer-focus schema --layout").partition("\n")
    whole = printed(command)

    assert whole.startswith(next(parts(shown)))
    check_shortened(shown, whole)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo was run."""
    folder = tmp_path_factory.mktemp("demo")
    assert run_command(["demo"], cwd=folder).returncode == 0
    return folder


def test_the_view_is_what_is_printed_and_answers_as_shown(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every cell of the answer."""
    command = block("console", "$ infer-focus schema --format duckdb").strip()
    view = printed(command, demo)
    monkeypatch.chdir(demo)

    check_shortened(block("sql", "CREATE OR REPLACE VIEW"), view)
    assert view.endswith(list(parts(block("sql", "CREATE OR REPLACE VIEW")))[-1] + "\n")
    with duckdb.connect() as database:
        database.execute(view)
        answer = str(database.sql(block("sql", "SELECT SubAccountName").strip().rstrip(";")))
    assert answer.strip() == block("text", "┌").strip()


def test_what_ternary_requires_is_in_the_versions_that_are_named() -> None:
    assert len(TERNARY) == 21
    lacking = {
        version: set(TERNARY) - {column.name for column in columns_for(version, "x-Infer")}
        for version in ("1.0", "1.1", "1.2", "1.3", "1.4", "infercost-1.0")
    }
    assert [version for version in lacking if not lacking[version]] == ["1.0", "1.1", "1.2", "1.3"]
    assert lacking["1.4"] == {"ProviderName", "PublisherName"}
    assert "BillingAccountId" in lacking["infercost-1.0"]
