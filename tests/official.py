"""The official FOCUS validator (PyPI focus-validator 2.2.1) as a process, and what it says.

It ends with 0 even when rules fail: what counts are its lines, `<sign> <rule>: PASS  (<details>)`.
It reads the list of currencies relative to the current folder, and logs into that folder unless
LOGGING_CONFIG says otherwise.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.get_focus_validator import READY
from tests.servers import REPOSITORY, clean_environment

ENVIRONMENT = REPOSITORY / ".tools" / "focus-validator"
#: The model of 1.2 comes with the validator; that of 1.3 is looked for beside the repository. The
#: variable is read at once: for a test it is gone, like all that could be settings.
MODEL_VARIABLE = "FOCUS_MODEL_1_3"
MODEL_1_3 = Path(
    os.environ.get(MODEL_VARIABLE) or REPOSITORY.parent / "shared" / "focus" / "model-1.3.json"
)

#: The criteria that fit what we write. With ALL, rules of the other criteria run too.
FITTING = ",".join(
    f"{criterion}_SUPPORTED"
    for criterion in (
        *("ACCOUNT_NAMING", "USAGE_MEASUREMENT", "UNIT_PRICING", "SUB_ACCOUNT"),
        *("BILLING_BASED_ON_PROVISIONED_RESOURCES", "RESOURCE_TYPE_ASSIGNMENT", "REGION"),
        "TAGGING",
    )
)
ALL = "ALL"

#: Why the validator skips a rule, by what it says.
SKIPS: Mapping[str, str] = {
    "Rule skipped - validation is dynamic and cannot be pre-generated": "dynamic",
    "Rule skipped - CheckDecimalValue validation is not yet implemented": "dynamic",
    "Rule skipped - marked as MAY/OPTIONAL and not enforced": "optional",
    "rule not applicable": "inapplicable",
    "Rule skipped - all child rules were skipped": "composite",
    "upstream dependency was skipped": "composite",
}
SKIP_REASONS = tuple(dict.fromkeys(SKIPS.values()))

_LINE = re.compile(r"^\S+ (\S+): (PASS|FAIL|SKIPPED)(?:  \((.*)\))?$", re.MULTILINE)
_TOTAL = re.compile(r"^Total: (\d+) \| Pass: (\d+) \| Fail: (\d+) \| Skipped: (\d+)$", re.MULTILINE)
_REASON = re.compile(r"reason=(.*?), msg=")
#: What the validator said of the same rows before: ten seconds a file, and always the same.
_SAID = REPOSITORY / ".pytest_cache" / "official-validator"
_PINNED = REPOSITORY / "requirements-focus-validator.txt"
_QUIET = "version: 1\nroot: {level: ERROR}\n"
_SECONDS = 120


class ValidatorFailed(Exception):
    """The validator broke off, or its output is not what we know; the text ends with it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The rules by what became of them; skipped ones count by a value of SKIPS."""

    passed: frozenset[str]
    failed: frozenset[str]
    skipped: Mapping[str, int]

    @property
    def rules(self) -> int:
        return len(self.passed) + len(self.failed) + sum(self.skipped.values())


def missing(version: str) -> str | None:
    """Why a file of this version cannot be validated here; None where it can."""
    if not (ENVIRONMENT / READY).exists():
        return "the official FOCUS validator is missing; `make test` installs it for Python 3.12"
    if version == "1.3" and not MODEL_1_3.exists():
        return f"the official model of FOCUS 1.3 is missing; {MODEL_VARIABLE} names its file"
    return None


def require(version: str) -> None:
    """Skips the test, loudly, where the validator is missing; in CI that is a failure.

    The model of 1.3 is in no package: without it the test is skipped everywhere.
    """
    reason = missing(version)
    if reason is None:
        return
    if os.environ.get("CI") and not (ENVIRONMENT / READY).exists():
        pytest.fail(f"NOT TESTED: {reason}", pytrace=False)
    pytest.skip(f"NOT TESTED: {reason}")


def validate(file: Path, version: str, criteria: str, folder: Path) -> Verdict:
    """What the validator says of a .csv or .parquet file; `folder` takes what it needs for that.

    Raises ValidatorFailed when it does not get to the end, or says something new.
    """
    (folder / "logging.yaml").write_text(_QUIET)
    known = _SAID / f"{_question(file, version, criteria)}.txt"
    if known.exists():
        return verdict_of(known.read_text("utf-8"))
    options = ["--data-file", str(file.resolve()), "--applicability-criteria", criteria]
    done = subprocess.run(
        [ENVIRONMENT / "bin" / "focus-validator", *_model(version, folder), *options],
        cwd=_packages(),
        env=clean_environment()
        | {"LOGGING_CONFIG": str(folder / "logging.yaml"), "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode or done.stderr:
        raise ValidatorFailed(f"exit status {done.returncode}: {done.stderr or done.stdout}")
    verdict = verdict_of(done.stdout)
    _keep(done.stdout, known)
    return verdict


def _question(file: Path, version: str, criteria: str) -> str:
    """All that the answer depends on, as a hash: the rows, the model, the validator."""
    asked = hashlib.sha256(f"{version} {criteria} {file.suffix} ".encode())
    for part in (file, _PINNED, *([MODEL_1_3] if version == "1.3" else [])):
        asked.update(hashlib.sha256(part.read_bytes()).digest())
    return asked.hexdigest()


def _keep(said: str, known: Path) -> None:
    """For the next time; another worker may be keeping the same."""
    known.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=known.parent, delete=False) as new:
        new.write(said)
    Path(new.name).replace(known)


def verdict_of(output: str) -> Verdict:
    """The lines of the output, which must be as many as its own summary says."""
    found: dict[str, set[str]] = {"PASS": set(), "FAIL": set(), "SKIPPED": set()}
    skips: Counter[str] = Counter()
    for rule, status, details in _LINE.findall(output):
        found[status].add(rule)
        if status == "SKIPPED":
            skips[_skip(rule, details)] += 1
    counts = tuple(str(len(found[status])) for status in ("PASS", "FAIL", "SKIPPED"))
    total = _TOTAL.search(output)
    if total is None or total.groups() != (str(sum(map(int, counts))), *counts):
        raise ValidatorFailed(f"its summary is not that of its lines {counts}: {output}")
    return Verdict(frozenset(found["PASS"]), frozenset(found["FAIL"]), skips)


def _skip(rule: str, details: str) -> str:
    reason = _REASON.search(details)
    if reason is None or reason[1] not in SKIPS:
        raise ValidatorFailed(f"{rule} is skipped for an unknown reason: {details}")
    return SKIPS[reason[1]]


def _packages() -> Path:
    return next(ENVIRONMENT.glob("lib/python3*/site-packages"))


def _model(version: str, folder: Path) -> list[str]:
    """The options for the model of a version, which the validator wants under its own name."""
    options = ["--block-download", "--validate-version", f"{version}.0.1"]
    if version != "1.3":
        return options
    models = folder / "models"
    models.mkdir()
    (models / "model-1.3.0.1.json").symlink_to(MODEL_1_3.resolve())
    return [*options, "--rule-set-path", str(models)]
