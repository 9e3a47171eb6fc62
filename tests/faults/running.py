"""What the tests of faults do with the command besides, and what all of its output must be like."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from exporter.cli import main
from exporter.periods import rfc3339
from tests.e2e.job import Ended
from tests.faults.fault import Fault

#: A credential that nobody may see.
TOKEN = "not-a-real-token"

Environment = Mapping[str, str]


def by_name(fault: Fault) -> str:
    return fault.name


def each(faults: Sequence[Fault]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fault", faults, ids=by_name)


def span(start: int, end: int) -> tuple[str, ...]:
    return "--start", rfc3339(start), "--end", rfc3339(end)


def here(settings: Environment, start: int, end: int, *flags: str) -> None:
    """`infer-focus backfill` of [start, end) in this process; it must end well."""
    handlers = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        assert main(["backfill", *span(start, end), *flags]) == 0
    for each, handler in handlers.items():
        signal.signal(each, handler)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def assert_told_well(ended: Ended, folder: Path) -> None:
    """One event or sentence a line, without a traceback, and the token nowhere."""
    assert ended.stdout == ""
    for line in ended.stderr.splitlines():
        assert line.startswith("infer-focus: ") or json.loads(line)["event"]
    assert TOKEN not in ended.stderr
    assert not [path for path in files_in(folder) if TOKEN.encode() in path.read_bytes()]
