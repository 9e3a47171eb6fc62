"""docs/check.md shows what `infer-focus check` prints, of a real Prometheus and a real bucket.

If not: `.venv/bin/python -m scripts.make_check_page`. What changes with the time is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack

import pytest

from scripts.make_check_page import CASES, PAGE, outputs
from tests.servers import S3Server

#: Times; the hour and the release of the server decide how much a short retention still holds.
_CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"\d+ of the \d+ periods"), "SOME of the periods"),
    (re.compile(r"COLLECTION_LOOKBACK_HOURS=\d+$", re.MULTILINE), "COLLECTION_LOOKBACK_HOURS=N"),
    (re.compile(r", version \S+"), ", version X"),
)


@pytest.fixture(scope="module")
def printed(s3: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    with ExitStack() as stack:
        yield outputs(tmp_path_factory.mktemp("check"), s3, s3.new_bucket(), stack)


def lasting(text: str) -> str:
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return text


@pytest.mark.parametrize("case", CASES)
def test_the_page_shows_what_the_command_prints(case: str, printed: Mapping[str, str]) -> None:
    start = PAGE.read_text().partition(f"<!-- check: {case} -->\n")[2]
    assert lasting(printed[case]) == lasting(start.partition("\n<!-- end -->")[0])


def test_every_output_is_made() -> None:
    assert set(re.findall(r"<!-- check: ([a-z0-9 ]+) -->", PAGE.read_text())) == set(CASES)
