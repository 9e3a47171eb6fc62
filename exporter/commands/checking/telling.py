"""The findings as lines for people, and as JSON for programs."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence

from exporter.commands.checking.findings import Finding, Result, counted, exit_code

_WIDTH = max(len(result) for result in Result)


def tell_as_text(findings: Iterable[Finding]) -> list[Finding]:
    """Print each finding as it comes, at last the sums; returns them all."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    told = []
    for finding in findings:
        print("\n".join(_lines(finding)), flush=True)
        told.append(finding)
    print(f"\n{_summary(told)}")
    return told


def tell_as_json(findings: Iterable[Finding]) -> list[Finding]:
    """Print one JSON object; returns the findings."""
    told = list(findings)
    print(json.dumps({"exitCode": exit_code(told), "checks": [*map(_object, told)]}, indent=2))
    return told


def _lines(finding: Finding) -> list[str]:
    place = f"[{finding.cluster}] " if finding.cluster else ""
    lines = [f"{finding.result:<{_WIDTH}}  {place}{finding.what}: {finding.detail}"]
    if finding.fix:
        lines.append(f"{'':<{_WIDTH}}  fix: {finding.fix}")
    return [_printable(line) for line in lines]


def _printable(line: str) -> str:
    """Names and values are those of strangers: nothing in them moves a terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)


def _summary(told: Sequence[Finding]) -> str:
    count = Counter(finding.result for finding in told)
    skipped = f", {count[Result.SKIP]} not looked at" if count[Result.SKIP] else ""
    return (
        f"{counted(len(told), 'check')}: {count[Result.OK]} ok,"
        f" {counted(count[Result.WARN], 'warning')},"
        f" {counted(count[Result.FAIL], 'failure')}{skipped}; exit code {exit_code(told)}"
    )


def _object(finding: Finding) -> dict[str, object]:
    return {
        "result": finding.result.lower(),
        "check": finding.what,
        "cluster": finding.cluster or None,
        "detail": finding.detail,
        "fix": finding.fix or None,
        "exitCode": finding.code,
    }
