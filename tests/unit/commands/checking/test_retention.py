from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from exporter.commands.building import reading_rules
from exporter.commands.checking.asking import Asker
from exporter.commands.checking.findings import Finding
from exporter.commands.checking.presence import look_at_presence, look_at_serving
from exporter.commands.checking.retention import need_of, retention_findings, seconds_of
from exporter.periods import rfc3339
from exporter.sources.dump_census import DumpCensus
from tests.fleets import openmetrics
from tests.fleets.fleet import HOUR
from tests.fleets.openmetrics import Series
from tests.fleets.setups import H100, L40S, Document, usage_report
from tests.unit.commands.checking.looks import NOW, configured

HOURLY = (H100, L40S)
DAY = 24 * HOUR


def held(since: int, *gaps: tuple[int, int]) -> list[Series]:
    """Power of one GPU, every five minutes until now."""
    times = [s for s in range(since, NOW + 1, 300) if not any(a <= s < b for a, b in gaps)]
    labels = {"UUID": "GPU-1", "Hostname": "gpu-h100-01", "modelName": "NVIDIA H100"}
    return [
        Series("DCGM_FI_DEV_POWER_USAGE", labels, [1000 * s for s in times], [400] * len(times))
    ]


def looked(
    series: Sequence[Series],
    folder: Path,
    documents: Sequence[Document] = HOURLY,
    declared: str | None = None,
    lookback: int = 6,
) -> Finding:
    dump = openmetrics.write_text(series, folder / "dump.om")
    hours = {"COLLECTION_LOOKBACK_HOURS": f"{lookback}"}
    configuration = configured(folder, documents, **hours)
    engines = reading_rules(configuration).engines
    with closing(DumpCensus(dump)) as census:
        asker = Asker(census, reading_rules(configuration).clusters, NOW)
        presence = look_at_presence(asker, engines, look_at_serving(asker, engines), owners=False)
        need = need_of(configuration.settings, configuration.plans, NOW)
        (finding,) = retention_findings(asker, presence, engines, need, declared)
        return finding


def test_the_source_goes_back_far_enough(tmp_path: Path) -> None:
    """Six hours, and 25 hours before them."""
    finding = looked(held(NOW - 32 * HOUR), tmp_path, declared="15d")
    assert (str(finding.result), finding.detail) == (
        "ok",
        f"the source goes back to {rfc3339(NOW - 31 * HOUR)}, where the next run begins to read,"
        " and keeps 15d",
    )


def test_periods_that_would_fail_are_counted(tmp_path: Path) -> None:
    """Of the last six hours one has not settled yet, and three are not held any more."""
    finding = looked(held(NOW - 3 * HOUR + 60), tmp_path, declared="3h")
    assert (str(finding.result), finding.code) == ("FAIL", 3)
    assert finding.detail == (
        f"the oldest samples are of about {rfc3339(NOW - 3 * HOUR)}, the source keeps 3h:"
        " 3 of the 5 periods of the next run would fail"
    )
    assert finding.fix == (
        "start Prometheus with --storage.tsdb.retention.time=2d (its operator: spec.retention: 2d);"
        " or set COLLECTION_LOOKBACK_HOURS=2"
    )


def test_a_young_source_is_only_waited_for(tmp_path: Path) -> None:
    finding = looked(held(NOW - 3 * HOUR + 60), tmp_path, declared="15d")
    assert finding.fix == "wait until it holds more; or set COLLECTION_LOOKBACK_HOURS=2"


def test_only_the_day_before_is_missing(tmp_path: Path) -> None:
    """Every period can be written, and the first step of some counters is not known."""
    finding = looked(held(NOW - 10 * HOUR), tmp_path)
    assert (str(finding.result), finding.code) == ("warn", 0)
    assert finding.detail.endswith("tokens of the first hours may be left out")


@pytest.mark.parametrize(("declared", "result"), [("20d", "FAIL"), ("40d", "warn"), (None, "FAIL")])
def test_a_report_that_is_longer_than_the_retention(
    declared: str | None, result: str, tmp_path: Path
) -> None:
    """It would never be written, unless the source is only young."""
    documents = [*HOURLY, usage_report("chat-monthly", "monthly", "h100-pool", "chat")]
    finding = looked(held(NOW - 20 * DAY), tmp_path, documents, declared)
    assert str(finding.result) == result
    assert "less than a period of the monthly report chat-monthly" in finding.detail
    other = "set spec.schedule: daily in UsageReport chat-monthly"
    assert finding.fix.endswith(other)
    assert ("--storage.tsdb.retention.time=33d" in finding.fix) is (result == "FAIL")


def test_a_gap_at_the_first_moment_is_not_the_beginning(tmp_path: Path) -> None:
    first = NOW - 31 * HOUR
    series = held(NOW - 5 * DAY, (first - 2 * HOUR, first + 2 * HOUR))
    assert str(looked(series, tmp_path).result) == "ok"


def test_nothing_is_there_whose_age_could_be_looked_at(tmp_path: Path) -> None:
    other = [Series("up", {"job": "x"}, [NOW * 1000], [1])]
    assert str(looked(other, tmp_path).result) == "skip"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15d", 15 * DAY),
        ("1d12h", 1.5 * DAY),
        ("2w or 50GiB", 14 * DAY),
        ("1y", 365 * DAY),
        ("90m", 5400),
        ("50GiB", float("inf")),
        ("0s", 0),
    ],
)
def test_a_declared_retention_is_read(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds
