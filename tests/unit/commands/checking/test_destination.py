from __future__ import annotations

from pathlib import Path

import pytest

from exporter.commands.checking.destination import destination_findings
from exporter.commands.checking.findings import Finding, Result
from exporter.errors import StoreFailed, UnusableError
from exporter.settings import Settings, load_settings
from exporter.storage.local import LocalStore
from exporter.storage.store import StoredObject


def settings(**given: str) -> Settings:
    return load_settings(given, needs_destination=False, needs_source=False)


class Refusing(LocalStore):
    """Lets one method fail."""

    def __init__(self, root: Path, error: Exception, method: str) -> None:
        super().__init__(root)
        self._error, self._method = error, method

    def check_access(self, prefix: str) -> None:
        self._refuse("check_access")

    def head(self, key: str) -> StoredObject | None:
        self._refuse("head")
        return super().head(key)

    def check_writing(self, prefix: str) -> None:
        self._refuse("check_writing")

    def _refuse(self, method: str) -> None:
        if method == self._method:
            raise self._error


def test_both_prefixes_are_looked_at_and_nothing_stays(tmp_path: Path) -> None:
    enabled = settings(TERNARY_ENABLED="true")
    found = list(destination_findings(LocalStore(tmp_path), enabled))
    assert [(str(f.result), f.what, f.detail) for f in found] == [
        ("ok", "destination", f"{tmp_path}/focus/ can be read and written"),
        ("ok", "Ternary's copies", f"{tmp_path}/ternary/focus/ can be read and written"),
    ]
    assert list(tmp_path.iterdir()) == []


def refusal(folder: Path, error: Exception, method: str = "check_access") -> Finding:
    enabled = settings(TERNARY_ENABLED="true")
    (finding,) = destination_findings(Refusing(folder, error, method), enabled)
    return finding


@pytest.mark.parametrize("method", ["check_access", "head", "check_writing"])
@pytest.mark.parametrize("error", [UnusableError, StoreFailed])
def test_what_is_refused_is_said_once(error: type[Exception], method: str, tmp_path: Path) -> None:
    said = "s3://b/focus/: cannot list: AccessDenied (no); the credentials need s3:ListBucket"
    assert refusal(tmp_path, error(said), method) == Finding(
        Result.FAIL,
        "destination",
        "s3://b/focus/: cannot list: AccessDenied (no)",
        "the credentials need s3:ListBucket",
        4,
    )


def test_the_right_region_is_named_if_the_answer_names_it(tmp_path: Path) -> None:
    said = (
        "s3://b/focus/: cannot list: AuthorizationHeaderMalformed (the region 'us-east-1' is wrong;"
        " expecting 'eu-west-1'); check S3_REGION"
    )
    assert refusal(tmp_path, UnusableError(said)).fix == "S3_REGION=eu-west-1"


def test_an_error_without_advice_is_told_whole(tmp_path: Path) -> None:
    finding = refusal(tmp_path, StoreFailed("the folder is odd"))
    assert (finding.detail, finding.fix) == ("the folder is odd", "look at the message")
