from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from exporter.periods import HOUR_SECONDS
from exporter.usage.gpu_time import active_nano_hours
from tests.fleets.openmetrics import Series
from tests.unit.reading.sources import (
    POWER,
    Watched,
    by_holder,
    profile,
    series,
    source_of,
    usage,
)
from tests.unit.usage.readings import T0, Samples, minutes

NANO = 10**9
THRESHOLD = Decimal(140)  # 20 % of 700 W
BUSY, IDLE = minutes(-60, 120, 400), minutes(-60, 120, 70)
MIXED = BUSY | minutes(61, 90, 70)  # half of the second hour idle


def gpu(name: str, samples: Samples, label: str = "UUID", **labels: str) -> Series:
    fixed = {label: name, "Hostname": "node-a", "job": "dcgm", "instance": "node-a:9400"}
    return series(POWER, samples, **{**fixed, "namespace": "chat", "pod": name, **labels})


def asked(source: Watched) -> list[tuple[str, ...]]:
    """The values of the matchers of each question about instants."""
    active = [query for query in source.hourly if query.reduction == "active"]
    return [tuple(matcher.value for matcher in query.matchers) for query in active]


def test_hours_on_one_side_of_the_threshold_need_no_question(tmp_path: Path) -> None:
    source = Watched(source_of(tmp_path, gpu("GPU-0", BUSY), gpu("GPU-1", IDLE)))
    found = usage(source, profile(gpus=2), hours=2)
    active = found.gpus.active_nano_hours[THRESHOLD]
    assert by_holder(found, active, "GPU-0") == {"GPU-0": [NANO, NANO]}
    assert by_holder(found, active, "GPU-1") == {"GPU-1": [0, 0]}
    assert asked(source) == []


def test_only_gpus_with_an_hour_on_both_sides_are_asked_about(tmp_path: Path) -> None:
    held = [gpu(f"GPU-{i}", BUSY) for i in range(3)]
    source = Watched(source_of(tmp_path, *held, gpu("GPU-3", MIXED)))
    found = usage(source, profile(gpus=4), hours=2)
    assert by_holder(found, found.gpus.active_nano_hours[THRESHOLD], "GPU-3") == {
        "GPU-3": [NANO, NANO // 2]
    }
    assert asked(source) == [("GPU-3",)]


def test_most_gpus_are_asked_about_without_their_names(tmp_path: Path) -> None:
    held = [gpu(f"GPU-{i}", MIXED) for i in range(3)]
    source = Watched(source_of(tmp_path, *held, gpu("GPU-3", BUSY)))
    found = usage(source, profile(gpus=4), hours=2)
    active = found.gpus.active_nano_hours[THRESHOLD]
    assert by_holder(found, active, "GPU-0") == {"GPU-0": [NANO, NANO // 2]}
    assert by_holder(found, active, "GPU-3") == {"GPU-3": [NANO, NANO]}
    assert asked(source) == [()]


def test_gpus_of_either_label_are_asked_about(tmp_path: Path) -> None:
    steady = [gpu(f"GPU-{i}", BUSY) for i in range(4)]
    held = [gpu("GPU-old", MIXED, "uuid"), gpu("GPU-new", MIXED), *steady]
    source = Watched(source_of(tmp_path, *held))
    found = usage(source, profile(gpus=6), hours=2)
    active = found.gpus.active_nano_hours[THRESHOLD]
    assert by_holder(found, active, "GPU-old") == {"GPU-old": [NANO, NANO // 2]}
    assert by_holder(found, active, "GPU-new") == {"GPU-new": [NANO, NANO // 2]}
    assert asked(source) == [("GPU-new",), ("GPU-old",)]


def test_many_gpus_are_asked_about_in_parts(tmp_path: Path) -> None:
    short = {minute: value for minute, value in MIXED.items() if 60 < minute <= 120}
    steady = dict.fromkeys(short, 400.0)
    held = [gpu(f"GPU-{i:03}", short) for i in range(201)]
    others = [gpu(f"GPU-{i:03}", steady) for i in range(201, 404)]
    source = Watched(source_of(tmp_path, *held, *others))
    usage(source, profile(gpus=404), first_hour=1)
    assert [names[0].count("|") + 1 for names in asked(source)] == [200, 1]


def test_a_gpu_is_asked_about_above_the_threshold_of_its_own_node(tmp_path: Path) -> None:
    """Both are on both sides of 140 W and of 70 W; each node has a profile of one of them."""
    other = {"Hostname": "node-b", "instance": "node-b:9400"}
    low = BUSY | minutes(61, 90, 60)
    held = [gpu(f"GPU-{i}", BUSY) for i in range(3)]
    source = Watched(source_of(tmp_path, *held, gpu("GPU-a", low), gpu("GPU-b", low, **other)))
    found = usage(source, profile(gpus=4), profile("node-b", tdp=350), hours=2)
    for name, threshold in [("GPU-a", THRESHOLD), ("GPU-b", Decimal(70))]:
        active = found.gpus.active_nano_hours[threshold]
        assert by_holder(found, active, name) == {name: [NANO, NANO // 2]}
    assert sorted(asked(source)) == [("GPU-a",), ("GPU-b",)]


def test_a_gpu_of_no_profile_is_not_asked_about(tmp_path: Path) -> None:
    elsewhere = {"Hostname": "node-b", "instance": "node-b:9400"}
    source = Watched(source_of(tmp_path, gpu("GPU-0", MIXED, **elsewhere)))
    usage(source, profile(), hours=2)
    assert asked(source) == []


def test_hours_are_asked_about_six_at_a_time_and_only_where_they_need_it(tmp_path: Path) -> None:
    steady = minutes(-60, 14 * 60, 400)
    samples = steady | minutes(61, 90, 70) | minutes(13 * 60 + 1, 13 * 60 + 15, 70)
    held = [gpu(f"GPU-{i}", steady) for i in range(2)]
    source = Watched(source_of(tmp_path, *held, gpu("GPU-2", samples)))
    found = usage(source, profile(gpus=3), hours=14)
    wanted = [NANO] * 14
    wanted[1], wanted[13] = NANO // 2, NANO * 3 // 4
    active = found.gpus.active_nano_hours[THRESHOLD]
    assert by_holder(found, active, "GPU-2") == {"GPU-2": wanted}
    spans = [
        ((q.hours.start - T0) // HOUR_SECONDS, q.hours.count)
        for q in source.hourly
        if q.reduction == "active"
    ]
    assert spans == [(0, 6), (12, 2)]


def test_the_answer_is_that_of_all_instants(tmp_path: Path) -> None:
    """What a question about every GPU says, within the one instant that the hour's edge may add."""
    rng = np.random.default_rng(7)
    held = [
        gpu(f"GPU-{i}", {m: float(rng.choice((70, 140, 400), p=p)) for m in np.arange(-9, 241) / 2})
        for i, p in enumerate([(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.3, 0.3, 0.4), (0.01, 0, 0.99)])
    ]
    source = Watched(source_of(tmp_path, *held))
    found = usage(source, profile(gpus=5), hours=2)
    [question] = {q for q in source.hourly if q.reduction == "active"}
    [everything] = source.read_hourly([replace(question, matchers=())])
    rows = {holding: i for i, holding in enumerate(found.gpus.holdings)}
    values = zip(everything.labels, everything.values, strict=True)
    by_uuid = {labels["UUID"]: hourly for labels, hourly in values}
    for holding, row in rows.items():
        whole = np.nan_to_num(by_uuid.get(holding.uuid, np.zeros(2))).astype(np.int64)
        wanted = active_nano_hours(whole, 30, found.gpus.nano_hours[row])
        assert np.abs(wanted - found.gpus.active_nano_hours[THRESHOLD][row]).max() <= NANO // 120
