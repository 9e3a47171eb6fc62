from __future__ import annotations

from pathlib import Path

import pytest

from bench import rounds
from bench.fleets.cache import MadeFleet, fleet_of
from bench.fleets.sizes import TINY
from bench.recorder import Asked
from bench.replay import ReplayFailed, replay
from bench.results import Measured
from bench.table import show
from tests.bench.conftest import Smoke


def test_a_fleet_is_measured_and_shown_as_one_table(
    tiny: MadeFleet, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    result = rounds.measure_fleet(tiny, 1, told.append, pod_rows=100)
    show(Measured([result], None))
    shown = capsys.readouterr().out
    assert told == [
        "tiny: recording what the exporter asks",
        "tiny: round 1 of 1",
        "tiny: rows at pod grain",
    ]
    assert "24 GPUs, 12 pods, 60 s" in shown
    assert f"{result.ratio:.2f}" in shown
    assert result.exports.peak_bytes[0] > 50 << 20
    assert result.seconds > result.exports.cpu_seconds[0] / 4
    assert result.objects > result.rows / 12 > 0


def test_a_fleet_is_made_once_and_then_taken_from_the_cache(tiny: MadeFleet) -> None:
    def tell(text: str) -> None:
        raise AssertionError(f"made again: {text}")

    again = fleet_of(TINY, tiny.folder.parent, Path("no-promtool"), tell)
    assert again == tiny


def test_the_exporter_asks_the_same_number_of_questions_of_any_fleet(smoke: Smoke) -> None:
    hourly = [one for one in smoke.recorded.requests if not one.is_raw]
    assert 20 < len(hourly) < 60
    assert all("query" in one.path for one in hourly)
    assert sum(one.is_raw for one in smoke.recorded.requests) >= 1


def test_modules_of_third_parties_are_told_from_own_ones(smoke: Smoke) -> None:
    packages = {name.partition(".")[0] for name in smoke.recorded.modules}
    assert {"pyarrow", "httpx", "boto3", "numpy"} <= packages
    assert packages.isdisjoint({"exporter", "json", "os"})


def test_a_replay_whose_answers_differ_is_refused(smoke: Smoke, tmp_path: Path) -> None:
    asked = smoke.recorded.requests[0]
    wrong = Asked(asked.method, asked.path, asked.body, asked.answer_bytes + 1)
    with pytest.raises(ReplayFailed, match="bytes now"):
        replay(smoke.site.prometheus, [wrong], 2, tmp_path)


def test_a_replay_that_is_not_answered_is_refused(smoke: Smoke, tmp_path: Path) -> None:
    unknown = Asked("POST", "/api/v1/nothing", b"query=1", 0)
    with pytest.raises(ReplayFailed, match="0 of 1 requests were answered"):
        replay(smoke.site.prometheus, [unknown], 2, tmp_path)
