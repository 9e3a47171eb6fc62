from __future__ import annotations

from dataclasses import dataclass

import pytest

from exporter.commands.checking.source import source_findings
from exporter.sources.dump_census import DumpCensus

NOW = 1_791_439_200


@dataclass
class Server:
    """As much of a census as says what it is."""

    place: str = "http://prometheus:9090"
    has_clock: bool = True
    said: str | None = "2.42.0"

    def version(self) -> str | None:
        return self.said


def lines(server: Server, theirs: int | None) -> list[tuple[str, str, str]]:
    found = source_findings(server, theirs, NOW)  # type: ignore[arg-type]
    return [(str(f.result), f.what, f.detail) for f in found]


def test_a_server_with_its_version_and_a_clock_like_ours() -> None:
    assert lines(Server(), NOW + 60) == [
        ("ok", "source", "http://prometheus:9090 answers, version 2.42.0"),
        ("ok", "clock", "the source's agrees with this machine's"),
    ]
    assert lines(Server(said=None), NOW)[0][2] == "http://prometheus:9090 answers"


@pytest.mark.parametrize(
    ("theirs", "says"),
    [
        (NOW + 61, "the source's is 61 seconds ahead of this machine's: periods settle too late"),
        (
            NOW - 3600,
            "the source's is 3600 seconds behind this machine's: periods settle too early",
        ),
    ],
)
def test_another_clock(theirs: int, says: str) -> None:
    assert lines(Server(), theirs)[1] == ("warn", "clock", says)


def test_a_dump_has_no_clock() -> None:
    dump = Server("dump.om", has_clock=DumpCensus.has_clock)
    assert lines(dump, NOW) == [
        ("ok", "source", "dump.om holds samples until 2026-10-08T06:00:00Z, taken for now")
    ]


def test_a_dump_without_a_sample() -> None:
    assert lines(Server("dump.om"), None) == [("FAIL", "source", "dump.om holds no sample")]
