"""The Job of a backfill: what its pods are told, and that an upgrade never has to change one."""

from __future__ import annotations

from typing import Any

import pytest

from exporter.arguments import parser
from tests.helm.rendering import (
    BACKFILL,
    KUBERNETES,
    NEWEST,
    Manifest,
    container_of,
    only,
    render,
    text_of,
)

OCTOBER = {"enabled": True, "start": "2026-10-01", "end": "2026-11-01"}
#: What Kubernetes lets change in a Job that is there.
MUTABLE = {"parallelism", "activeDeadlineSeconds", "ttlSecondsAfterFinished", "backoffLimit"}


def job(kubernetes: str = NEWEST, *, values: Any = None, **backfill: Any) -> Manifest:
    """The Job of October, with further values of the section and of others."""
    given = {**(values or {}), "backfill": {**OCTOBER, **backfill}}
    return only(render(values=given, kubernetes=kubernetes), "Job")


def arguments(**backfill: Any) -> list[str]:
    found: list[str] = container_of(job(**backfill))["args"]
    return found


def test_pods_are_told_the_days_and_to_leave_alone_what_is_there() -> None:
    expected = ["backfill", "--start", "2026-10-01", "--end", "2026-11-01", "--missing-only"]
    assert arguments() == expected


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        ("acceptGaps", "--accept-gaps"),
        ("force", "--force"),
        ("restate", "--restate"),
        ("replaceLayout", "--replace-layout"),
    ],
)
def test_a_flag_is_given_when_its_value_is_true(value: str, flag: str) -> None:
    assert arguments(missingOnly=False, **{value: True})[5:] == [flag]
    assert arguments(missingOnly=False, **{value: False})[5:] == []


def test_the_program_understands_these_arguments() -> None:
    """Every flag at once."""
    given = dict.fromkeys(("acceptGaps", "force", "restate", "replaceLayout"), True)
    parsed = vars(parser().parse_args(arguments(**given)))
    assert (parsed.pop("start"), parsed.pop("end"), parsed.pop("shard")) == (
        *("2026-10-01", "2026-11-01"),
        None,
    )
    assert callable(parsed.pop("handler"))
    assert set(parsed.values()) == {True}


def test_days_without_quotes_stay_days() -> None:
    """YAML takes them for dates, which other tools make times of."""
    assert container_of(only(render(BACKFILL), "Job"))["args"][1:5] == [
        *("--start", "2025-11-01"),
        *("--end", "2026-11-01"),
    ]
    assert '"--start","2025-11-01"' in text_of(BACKFILL)


@pytest.mark.parametrize(
    "changed",
    [
        {"start": "2026-09-01"},
        {"end": "2026-12-01"},
        {"completions": 13},
        {"backoffLimitPerIndex": 4},
        {"acceptGaps": True},
        {"values": {"image": {"tag": "other"}}},
        {"values": {"resources": {"limits": {"memory": "3Gi"}}}},
        {"values": {"cost": {"idle": "share"}}},
        {"values": {"s3": {"auth": {"accessKeyId": "id", "secretAccessKey": "secret"}}}},
    ],
    ids=str,
)
def test_what_cannot_be_changed_in_a_job_makes_a_new_one(changed: Any) -> None:
    """Helm would fail to upgrade: field is immutable."""
    old, new = job(), job(**changed)
    assert old["spec"] != new["spec"]
    assert old["metadata"]["name"] != new["metadata"]["name"]


@pytest.mark.parametrize(
    "changed",
    [
        {"parallelism": 1},
        {"activeDeadlineSeconds": 60},
        {"ttlSecondsAfterFinished": 60},
        {"values": {"schedule": "0 0 * * *"}},
        {"values": {"networkPolicy": {"enabled": True}}},
    ],
    ids=str,
)
def test_what_can_be_changed_keeps_the_job(changed: Any) -> None:
    """A running backfill may be slowed down, and other values have nothing to do with it."""
    old, new = job(), job(**changed)
    assert old["metadata"] == new["metadata"]
    fixed = [{k: v for k, v in one["spec"].items() if k not in MUTABLE} for one in (old, new)]
    assert fixed[0] == fixed[1]


@pytest.mark.parametrize("kubernetes", KUBERNETES)
def test_each_part_has_retries_of_its_own_where_kubernetes_counts_them(kubernetes: str) -> None:
    """From 1.29 on; before, as many as the parts together have."""
    spec = job(kubernetes, completions=24, backoffLimitPerIndex=3)["spec"]
    if int(kubernetes.partition(".")[2]) >= 29:
        assert spec["backoffLimitPerIndex"] == 3
        assert "backoffLimit" not in spec
    else:
        assert spec["backoffLimit"] == 72
        assert "backoffLimitPerIndex" not in spec


def test_a_finished_job_stays() -> None:
    """If it were removed, the next upgrade would start it again."""
    assert "ttlSecondsAfterFinished" not in job()["spec"]
