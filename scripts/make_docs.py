"""Re-makes the generated parts of README.md and docs/: `.venv/bin/python -m scripts.make_docs`.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`; PARTS says how each
is made. What the demo prints is taken from real runs: the documents show what the program does.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from exporter.focus.column import Column
from exporter.focus.column_table import type_text
from exporter.focus.columns import columns_for
from exporter.focus.infercost_layout import INFERCOST_LAYOUT, INFERCOST_PREFIX
from exporter.monitoring.run_samples import FAMILIES
from exporter.settings import settings_table
from scripts.conformance import conformance_tables, conformances, official_table
from scripts.make_reliability_page import PARTS as RELIABILITY
from scripts.performance import day_tables, machine_line, month_table
from scripts.tables import code, markdown

REPOSITORY = Path(__file__).resolve().parent.parent
PAGES = (REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md")))

_PART = re.compile(r"(?<=<!-- generated: )([a-z ]+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)
_DATA = REPOSITORY / "exporter" / "data"
#: The demo's source and configuration, as a person in a clone names them.
DEMO_ENVIRONMENT = {
    "SOURCE_FILE": "exporter/data/demo.om.zst",
    "CONFIG_PATH": "exporter/data/demo-config.yaml",
}
#: The recipe of the README, with `infer-focus` as the command's name.
AWK_RECIPE = """\
infer-focus export focus --period 2026-10-01 |
    awk -F, 'NR>1 {by_ns[$29]+=$1} END {for (n in by_ns) print n, by_ns[n]}' | sort"""
#: The report of the documentation, on what the demo has written.
REPORT = (
    "infer-focus report --location infer-focus-demo/focus --period 2026-10-02"
    " --by sub-account,model --compare"
)
REPORT_JSON = f"{REPORT} --format json"
REPORT_CSV = f"{REPORT.removesuffix(' --compare')} --format csv | cut -d, -f1,6,8-11,18,30"
_LEFT_OUT, _MANY, _FIRST_LINES = '"{…}"', 8, 14
#: The demo's hour and the columns that the README shows of it.
SAMPLE_START = "2026-10-01T00:00:00Z"
SAMPLE_COLUMNS = (
    *("ChargePeriodStart", "ChargePeriodEnd", "SubAccountName", "ResourceId", "ResourceName"),
    *("ResourceType", "EffectiveCost", "BillingCurrency", "ConsumedQuantity", "ConsumedUnit"),
    *("PricingQuantity", "PricingUnit", "ListUnitPrice", "SkuId", "RegionId", "x-InferGpuHours"),
    *("x-InferEnergyKWh", "x-InferAmortizationCost", "x-InferMaintenanceCost"),
    *("x-InferElectricityCost", "x-InferTokensInput", "x-InferTokensOutput", "x-InferTokensCached"),
    *("x-InferRequests", "x-InferUtilizationPercent", "x-InferCostPerMillionTokens"),
    *("x-InferCloudEquivalentModel", "x-InferSavingsUSD", "x-InferAllocationMethod"),
    *("x-InferPowerSource", "x-InferCompleteness"),
)


def main() -> int:
    """Writes the pages whose generated parts have changed, and names them."""
    for page in PAGES:
        text = page.read_text()
        made = remade(text)
        if made != text:
            page.write_text(made)
            print(page.relative_to(REPOSITORY))
    return 0


def remade(text: str) -> str:
    """A page with its generated parts as they should be. KeyError for an unknown name."""
    return _PART.sub(lambda found: f"{found[1]}{found[2]}{PARTS[found[1]]()}\n", text)


def _settings() -> str:
    rows = ((code(name), code(default), text) for name, default, text in settings_table())
    return markdown(("variable", "default", "meaning"), rows)


def _pushed_metrics() -> str:
    rows = ((code(one.name), ", ".join(map(code, one.labels)), one.meaning) for one in FAMILIES)
    return markdown(("metric", "labels besides `job` and `cluster`", "meaning"), rows)


def _columns(columns: Iterable[Column]) -> list[tuple[str, str, str, str]]:
    return [(code(c.name), type_text(c), "yes" if c.nullable else "no", c.meaning) for c in columns]


def _focus_columns(*, extensions: bool) -> str:
    of_kind = (
        column
        for column in columns_for("1.3", INFERCOST_PREFIX)
        if column.name.startswith(INFERCOST_PREFIX) is extensions
    )
    return markdown(("column", "type", "null", "meaning"), _columns(of_kind))


def _infercost_columns() -> str:
    columns = _columns(columns_for(INFERCOST_LAYOUT, INFERCOST_PREFIX))
    rows = ((str(number), *column) for number, column in enumerate(columns, start=1))
    return markdown(("no.", "column", "type", "null", "meaning"), rows)


def run(command: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None) -> str:
    """What a command prints in a folder, without the settings of this machine."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {**kept, "PYTHONPATH": str(REPOSITORY), "LOG_LEVEL": "error", **(environ or {})}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


@cache
def _demo_and_reports() -> dict[str, str]:
    """What the demo prints, and by their commands the reports on what it has written."""
    with tempfile.TemporaryDirectory() as folder:
        printed = {"demo": run([sys.executable, "-m", "exporter", "demo"], Path(folder))}
        for command in (REPORT, REPORT_JSON, REPORT_CSV):
            line = command.replace("infer-focus", f"{sys.executable} -m exporter", 1)
            printed[command] = run(["sh", "-c", line], Path(folder))
    return printed


def _demo() -> str:
    """The output of `make demo`; paths of this machine are cut to those inside the repository."""
    printed = _demo_and_reports()["demo"]
    shown = printed.replace(f"{REPOSITORY}/", "…/").replace(
        "python -m exporter", ".venv/bin/infer-focus"
    )
    lines = [line.rstrip() for line in shown.strip().splitlines()]
    first = ["$ make demo", "Installing infer-focus into .venv ...", ""]
    return "\n".join(["```console", *first, *lines, "```"])


def _report(lines: int | None = None) -> str:
    """The report of the demo's second day beside the first, or its first lines."""
    printed = _demo_and_reports()[REPORT].splitlines()
    command = REPORT if lines is None else f"{REPORT} | head -n {lines}"
    return "\n".join(["```console", f"$ {command}", *printed[:lines], "```"])


def _report_csv() -> str:
    return f"```console\n$ {REPORT_CSV}\n{_demo_and_reports()[REPORT_CSV]}```"


def _report_json() -> str:
    """The first of every list; what holds the same figures as something above it is left out."""
    shown: set[tuple[str, ...]] = set()
    text = json.dumps(_abridged(report_of_demo(), shown), indent=2, ensure_ascii=False)
    return f"```text\n$ {REPORT_JSON}\n{text.replace(_LEFT_OUT, '{…}')}\n```"


def report_of_demo() -> dict[str, Any]:
    """The JSON of the same report."""
    told: dict[str, Any] = json.loads(_demo_and_reports()[REPORT_JSON])
    return told


def _abridged(value: object, shown: set[tuple[str, ...]]) -> object:
    match value:
        case list():
            return [_abridged(each, shown) for each in value[:1]]
        case dict() if len(value) > _MANY and tuple(value) in shown:
            return _LEFT_OUT.strip('"')
        case dict():
            shown.add(tuple(value))
            return {name: _abridged(each, shown) for name, each in value.items()}
        case _:
            return value


@cache
def demo_rows() -> list[dict[str, str]]:
    """The rows of the demo's first day, as CSV texts by column."""
    arguments = ("export", "focus", "--period", SAMPLE_START[:10], "--layout", "1.3")
    command = [sys.executable, "-m", "exporter", *arguments]
    text = run(command, REPOSITORY, DEMO_ENVIRONMENT)
    return list(csv.DictReader(io.StringIO(text)))


def _sample_rows() -> str:
    rows = [row for row in demo_rows() if _is_sample(row)]
    rows.sort(key=lambda row: (row["x-InferCostProfile"], row["ResourceType"]))
    heads = ("column", *(_kind(row) for row in rows))
    return markdown(
        heads, ([code(name), *(code(row[name]) for row in rows)] for name in SAMPLE_COLUMNS)
    )


def _is_sample(row: Mapping[str, str]) -> bool:
    return row["ChargePeriodStart"] == SAMPLE_START and row["x-InferCostProfile"] == "h100-pool"


def _kind(row: Mapping[str, str]) -> str:
    length = "an hour" if row["ChargePeriodEnd"][11:13] == "01" else "a day"
    return f"{length} of {code(row['SubAccountName'])}"


def _awk() -> str:
    """The recipe and what it prints."""
    run_here = AWK_RECIPE.replace("infer-focus", f"{sys.executable} -m exporter", 1)
    printed = run(["sh", "-c", run_here], REPOSITORY, DEMO_ENVIRONMENT)
    settings = " ".join(f"{name}={value}" for name, value in DEMO_ENVIRONMENT.items())
    # Both at once are refused, and the reader's shell has a server's address from further above.
    first = f"$ unset PROMETHEUS_URL; export {settings}"
    return f"```console\n{first}\n$ {AWK_RECIPE}\n{printed}```"


@cache
def _conformance() -> str:
    """How the demo's rows fare in every version."""
    return conformance_tables(list(conformances(run, DEMO_ENVIRONMENT)))


PARTS: Mapping[str, Callable[[], str]] = {
    "settings": _settings,
    "focus columns": lambda: _focus_columns(extensions=False),
    "extension columns": lambda: _focus_columns(extensions=True),
    "infercost columns": _infercost_columns,
    "demo": _demo,
    "report": _report,
    "first lines of a report": lambda: _report(_FIRST_LINES),
    "report csv": _report_csv,
    "report json": _report_json,
    "sample rows": _sample_rows,
    "awk": _awk,
    "conformance": _conformance,
    "official validator": official_table,
    "pushed metrics": _pushed_metrics,
    "performance of a day": day_tables,
    "machine": machine_line,
    "performance of a month": month_table,
    **RELIABILITY,
}


if __name__ == "__main__":
    sys.exit(main())
