"""A real Prometheus with odd samples: the rows are those of a source without them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.job import Ended, backfill
from tests.e2e.scene import Scene, make_scene
from tests.e2e.small_fleets import team_fleet
from tests.e2e.written import Objects, X, data, in_folder, rows, total
from tests.faults.fault import Fault
from tests.faults.odd_samples import (
    HOURS,
    LAGGING,
    RENAMED,
    hour_of,
    odd_series,
    shown_until,
)
from tests.faults.running import assert_told_well, each, here
from tests.faults.source_faults import ODD_SAMPLES
from tests.fleets.fleet import HOUR
from tests.fleets.openmetrics import write_blocks
from tests.fleets.token_scenarios import T0
from tests.servers import prometheus_server

START = T0 + 26 * HOUR


@dataclass(frozen=True, slots=True)
class Oddities:
    """A run over a fleet with odd samples, hour by hour, and what it should have written."""

    run: Ended
    folder: Path
    scene: Scene
    expected: Objects


@pytest.fixture(scope="module")
def oddities(tmp_path_factory: pytest.TempPathFactory) -> Oddities:
    """One process for all: each fault has an hour of its own."""
    folder = tmp_path_factory.mktemp("oddities")
    fleet = team_fleet(START, HOURS)
    scene = make_scene(fleet, folder, fleet.configuration)
    files = write_blocks(odd_series(fleet.series, START), folder / "blocks")
    with prometheus_server(files, folder / "server") as url:
        asking = scene.asking(url, OUTPUT_DIR=str(folder / "odd"))
        run = backfill(*scene.span, env=asking)
    here(scene.settings(OUTPUT_DIR=str(folder / "clean")), *scene.span)
    return Oddities(run, folder / "odd", scene, data(in_folder(folder / "clean")))


@each(ODD_SAMPLES)
def test_odd_samples_change_no_row(fault: Fault, oddities: Oddities) -> None:
    """Hour by hour the bytes are those of a source without them, unless less is observed."""
    assert (oddities.run.code, oddities.run.counts) == (fault.code, (HOURS, 0, 0, 0))
    assert oddities.run.named(fault.message)
    assert_told_well(oddities.run, oddities.folder)
    found = data(in_folder(oddities.folder))
    assert found.keys() == oddities.expected.keys()
    hour = sorted(found)[hour_of(fault.name)]
    if fault.name not in (LAGGING, RENAMED):
        assert found[hour] == oddities.expected[hour]
    else:
        assert observed(found[hour]) < observed(oddities.expected[hour])


def observed(body: bytes) -> Decimal:
    """The part of the pool's time that was observed."""
    told = {row[f"{X}Completeness"] for row in rows({"": body})} - {None}
    (completeness,) = told
    assert isinstance(completeness, Decimal)
    return completeness


def test_an_exporter_that_is_renamed_leaves_cost_unobserved(oddities: Oddities) -> None:
    """Half an hour's GPU-time, but no token, no energy and no money is lost."""
    key = sorted(oddities.expected)[hour_of(RENAMED)]
    found = rows({key: data(in_folder(oddities.folder))[key]})
    expected = rows({key: oddities.expected[key]})
    for column in ("EffectiveCost", f"{X}EnergyKWh", f"{X}TokensInput", f"{X}TokensOutput"):
        assert total(found, column) == total(expected, column)


def test_what_the_source_showed_late_is_written_by_the_next_run(
    oddities: Oddities, tmp_path: Path
) -> None:
    """The month is over here, so it has to be told to change; a run of the same month is not."""
    shutil.copytree(oddities.folder, tmp_path / "later")
    settings = oddities.scene.settings(OUTPUT_DIR=f"{tmp_path}/later")
    here(settings, *oddities.scene.span, "--restate")
    assert data(in_folder(tmp_path / "later")) == oddities.expected


def test_samples_of_the_future_are_for_a_later_period(oddities: Oddities, tmp_path: Path) -> None:
    """A source whose clock is ahead shows more than one whose clock is right: of no use here."""
    hour = hour_of("clock-ahead")
    start = oddities.scene.fleet.start + hour * HOUR
    dump = shown_until(oddities.scene.fleet.series, start + HOUR, tmp_path / "right.om")
    settings = oddities.scene.settings(SOURCE_FILE=str(dump), OUTPUT_DIR=str(tmp_path / "out"))
    here(settings, start, start + HOUR)
    key = sorted(oddities.expected)[hour]
    assert data(in_folder(tmp_path / "out")) == {key: oddities.expected[key]}
