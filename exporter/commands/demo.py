"""`infer-focus demo`: the whole job on sample data that comes with the package."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from importlib import resources
from pathlib import Path

from exporter.commands.backfill import BackfillArguments, backfill
from exporter.commands.report import ReportArguments, report
from exporter.commands.running import WriteFlags
from exporter.commands.start import start
from exporter.periods import DAY_SECONDS

FOLDER = Path("infer-focus-demo")
PAGE = FOLDER / "report.html"
_START = 1_790_812_800  # 2026-10-01T00:00:00Z, where the sample data begins
_DAYS = 2
_NOW = _START + 3 * DAY_SECONDS
_MONTH, _KEYS = "2026-10", "namespace,model"
#: What the demo takes from the environment: nothing that decides where or what it exports.
_KEPT = ("LOG_LEVEL", "LOG_FORMAT")


def demo(environ: Mapping[str, str]) -> int:
    """Export two days of a small fleet into ./infer-focus-demo/ and show what it cost."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    with ExitStack() as stack:
        data = resources.files("exporter") / "data"
        dump = stack.enter_context(resources.as_file(data / "demo.om.zst"))
        config = stack.enter_context(resources.as_file(data / "demo-config.yaml"))
        environment = _demo_environment(environ, dump, config)
        arguments = BackfillArguments(_START, _START + _DAYS * DAY_SECONDS, None, WriteFlags())
        code = backfill(start(environment, needs_destination=True), arguments, _NOW)
        print(_written())
        code = _report(environment) or code
    print(_next(dump, config))
    return code


def _report(environment: Mapping[str, str]) -> int:
    """The page, then the table."""
    page = ReportArguments(_MONTH, _KEYS, form="html", out=PAGE)
    return report(environment, page, _NOW) or report(
        environment, ReportArguments(_MONTH, _KEYS), _NOW
    )


def _written() -> str:
    return f"""
Wrote {_count_files()} Parquet files below {FOLDER}/focus/, as they would lie on S3.
Wrote {PAGE}, a page for a browser. On a terminal:
"""


def _next(dump: Path, config: Path) -> str:
    """A command that reads the same data, for the person who wants to see rows."""
    return f"""
Next, the rows themselves, in the layout that InferCost writes:

  SOURCE_FILE={dump} \\
  CONFIG_PATH={config} \\
  {_command()} export focus --period 2026-10-01 | head -5
"""


def _command() -> str:
    """This program as the person started it."""
    return sys.argv[0] if sys.argv[0].endswith("infer-focus") else "python -m exporter"


def _demo_environment(environ: Mapping[str, str], dump: Path, config: Path) -> dict[str, str]:
    return {
        **{name: environ[name] for name in _KEPT if name in environ},
        "LOG_LEVEL": environ.get("LOG_LEVEL", "warning"),
        "SOURCE_FILE": str(dump),
        "CONFIG_PATH": str(config),
        "CLUSTER_NAME": "demo",
        "OUTPUT_DIR": str(FOLDER),
    }


def _count_files() -> int:
    return sum(1 for _ in (FOLDER / "focus").rglob("*.parquet"))
