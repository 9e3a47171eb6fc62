"""Budgets and pushed metrics of `infer-focus run`, against the rows it wrote.

The clock is real, so the fleet is made around it; which month it is says the log, and what is
expected of it is added up from the files.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.periods import HOUR_SECONDS, month_of, rfc3339
from tests.e2e.job import Ended, backfill, infer_focus, succeeded
from tests.e2e.prices import Document, report, write_config
from tests.e2e.scene import Scene, make_scene, write_dump
from tests.e2e.small_fleets import labelled, team_fleet
from tests.e2e.written import Objects, X, data, in_bucket, in_folder, manifests, moment, rows
from tests.fleets.fleet import HOUR
from tests.fleets.pools import document
from tests.servers import S3Server, pushgateway_server

LOOKBACK_HOURS = 5
SECRET = "hunter2-hunter2"
#: `hunter2-hunter2` as bcrypt has it, with the least work there is.
HASHED = "$2b$04$abcdefghijklmnopqrstuuho/ppTcmsBIj2TNMdOGwEUcNR/Zfi5u"
GROUP = {"job": "infer-focus", "cluster": "prod-eu"}


def budget(name: str, namespace: str, limit: float, **thresholds: int) -> Document:
    """A TokenBudget; thresholds are severity = percent."""
    alerts = [{"percent": percent, "severity": name} for name, percent in thresholds.items()]
    spec = {"scope": {"namespace": namespace}, "monthlyLimitUSD": limit, "alertThresholds": alerts}
    return document("TokenBudget", name, spec)


BUDGETS = (
    budget("code", "code", 1_000_000, warning=80),
    budget("chat", "chat", 0.01, warning=50, critical=100),
    budget("nobody", "nobody", 10, critical=1),
)


@pytest.fixture(scope="module")
def current(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """The small fleet from eight hours ago on, with budgets."""
    start = int(time.time()) // HOUR * HOUR - 8 * HOUR
    fleet = team_fleet(start, 11)
    folder = tmp_path_factory.mktemp("current")
    return make_scene(fleet, folder, [*fleet.configuration, *BUDGETS])


@pytest.fixture(scope="module")
def pushgateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pushgateway_server(tmp_path_factory.mktemp("pushgateway")) as url:
        yield url


def run(scene: Scene, **settings: str) -> Ended:
    """One `infer-focus run`, whatever comes of it."""
    lookback = {"COLLECTION_LOOKBACK_HOURS": f"{LOOKBACK_HOURS}"}
    ended = infer_focus("run", env=scene.settings(**lookback, **settings))
    assert "Traceback" not in ended.stderr
    return ended


def lines(ended: Ended) -> list[dict[str, Any]]:
    return ended.named("budget")


def month_hours(month: str) -> tuple[int, int]:
    """Start and end of a month such as 2026-10."""
    year, number = map(int, month.split("-"))
    first = next(
        start
        for start, _ in (month_of(int(time.time()) - back * 86_400) for back in (0, 31))
        if rfc3339(start).startswith(f"{year:04}-{number:02}")
    )
    return month_of(first)


def cells(objects: Objects) -> Iterator[tuple[int, str, Decimal]]:
    """Start, namespace and cost of each row of the parquet files of FOCUS 1.3."""
    for row in rows(objects):
        yield moment(row["ChargePeriodStart"]), row[f"{X}Namespace"], row["EffectiveCost"]


def spent(objects: Objects, month: str) -> Mapping[str, Decimal]:
    """What each namespace's rows of the month add up to."""
    start, end = month_hours(month)
    found: dict[str, Decimal] = {}
    for at, namespace, cost in cells(objects):
        if start <= at < end:
            found[namespace] = found.get(namespace, Decimal(0)) + cost
    return found


def metrics(url: str, **group: str) -> dict[tuple[str, ...], float]:
    """Values by name and further labels in their order by name, of one group."""
    found = {}
    for family in text_string_to_metric_families(httpx.get(f"{url}/metrics").text):
        for one in family.samples:
            labels = {name: text for name, text in one.labels.items() if text}
            key = {name: labels.pop(name, None) for name in ("job", "cluster")}
            if family.name.startswith("infer_focus") and key == {"cluster": None, **group}:
                found[one.name, *(labels[name] for name in sorted(labels))] = one.value
    return found


def test_what_is_exported_is_held_against_the_budgets(
    current: Scene, tmp_path: Path, pushgateway: str
) -> None:
    """The log, the rows and the Pushgateway say the same, also after a second run."""
    for _ in range(2):
        began = int(time.time())
        ended = succeeded(run(current, OUTPUT_DIR=str(tmp_path), PUSHGATEWAY_URL=pushgateway))
        found = lines(ended)
        assert [line["budget"] for line in found] == ["chat", "code", "nobody"]
        chat, code, nobody = found
        month = chat["month"]
        start, end = month_hours(month)
        sums = spent(data(in_folder(tmp_path)), month)
        hours = sorted({at for at, *_ in cells(data(in_folder(tmp_path))) if start <= at < end})
        left = (end - hours[-1]) // HOUR_SECONDS - 1
        for line in (chat, code):
            spend = sums[line["namespace"]]
            assert Decimal(line["spend"]) == spend > 0
            forecast = spend + spend / len(hours) * left
            assert abs(Decimal(line["forecast"]) - forecast) < Decimal("1e-6")
        assert (chat["reached_percent"], chat["severity"]) == (100, "critical")
        assert (nobody["spend"], nobody["forecast"], nobody["utilization_percent"]) == ("0", "0", 0)
        levels = {one["budget"]: one["level"] for one in ended.events if one["event"] == "budget"}
        assert levels == {"chat": "warning", "code": "info", "nobody": "info"}
        assert ended.events[-1]["event"] == "run finished"
        told = metrics(pushgateway, **GROUP)
        for line in found:
            names = line["budget"], line["namespace"]
            assert told["infer_focus_budget_spend", names[0], "USD", names[1]] == pytest.approx(
                float(line["spend"])
            )
            assert told["infer_focus_budget_utilization_ratio", *names] == pytest.approx(
                float(line["spend"]) / float(line["limit"])
            )
        assert told["infer_focus_last_success_timestamp_seconds",] >= began
        finished = ended.named("run finished")[0]
        assert told["infer_focus_rows",] == finished["rows"]
        endings = {key[1]: value for key, value in told.items() if key[0] == "infer_focus_periods"}
        assert endings == {
            name: finished[name] for name in ("written", "unchanged", "skipped", "failed")
        }
        assert told["infer_focus_tokens_without_gpu",] == finished["tokens_unpriced"]


LAYOUTS = (
    {"S3_FORMAT": "csv"},
    {"FOCUS_VERSION": "1.0", "FOCUS_EXTENSION_PREFIX": "x_Infer"},
    {"FOCUS_SPLIT_ALLOCATION": "true"},
    {"FOCUS_VERSION": "infercost-1.0", "S3_FORMAT": "csv", "COST_IDLE": "share"},
)


def spends(ended: Ended) -> dict[str, tuple[str, str]]:
    """What each budget has spent, and its forecast."""
    return {line["budget"]: (line["spend"], line["forecast"]) for line in lines(ended)}


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: "-".join(layout.values()))
def test_budgets_do_not_depend_on_layout_format_and_store(
    current: Scene, tmp_path: Path, s3: S3Server, layout: dict[str, str]
) -> None:
    """What rows say in another form, read back from S3; the range is fixed, unlike the clock."""
    bucket = s3.new_bucket()
    idle = {name: layout[name] for name in ("COST_IDLE",) if name in layout}
    plain = succeeded(run(current, OUTPUT_DIR=str(tmp_path), **idle))
    other = succeeded(run(current, **s3.settings(bucket), **layout))
    hours = [len(data(each)) for each in (in_folder(tmp_path), in_bucket(s3, bucket))]
    if hours[0] == hours[1]:  # no hour has settled in between
        assert spends(other) == spends(plain)
    assert Decimal(spends(other)["chat"][0]) > 0


def test_a_failed_run_does_not_move_the_last_success(
    current: Scene, tmp_path: Path, pushgateway: str
) -> None:
    """Its own numbers are pushed, and what it could still read of the month."""
    settings = {"OUTPUT_DIR": str(tmp_path / "out"), "PUSHGATEWAY_URL": pushgateway}
    settings["CLUSTER_NAME"] = "sometimes/down"
    group = {"job": "infer-focus", "cluster": "sometimes/down"}
    succeeded(run(current, **settings))
    before = metrics(pushgateway, **group)
    long_ago = team_fleet(current.fleet.start - 40 * 24 * HOUR, 2)
    lost = write_dump(long_ago.series, tmp_path / "lost.om")
    failed = run(current, **settings, SOURCE_FILE=str(lost))
    assert failed.code == 3
    after = metrics(pushgateway, **group)
    success, last = (f"infer_focus_last_{what}_timestamp_seconds" for what in ("success", "run"))
    assert after[success,] == before[success,]
    assert after[last,] > before[last,]
    assert after["infer_focus_periods", "failed"] > 0
    assert after["infer_focus_budget_spend", "chat", "USD", "chat"] > 0


def test_a_source_that_cannot_be_used_is_told_as_a_run_without_success(
    current: Scene, tmp_path: Path, pushgateway: str
) -> None:
    settings = {"OUTPUT_DIR": str(tmp_path), "PUSHGATEWAY_URL": pushgateway, "CLUSTER_NAME": "off"}
    refused = current.asking("http://127.0.0.1:9", **settings, PROMETHEUS_MAX_RETRIES="0")
    assert infer_focus("run", env=refused).code == 4
    told = metrics(pushgateway, job="infer-focus", cluster="off")
    assert "infer_focus_last_success_timestamp_seconds" not in {name for name, *_ in told}
    assert "infer_focus_last_run_timestamp_seconds" in {name for name, *_ in told}


def test_a_budget_that_is_removed_disappears(
    current: Scene, tmp_path: Path, pushgateway: str
) -> None:
    settings = {"OUTPUT_DIR": str(tmp_path / "out"), "PUSHGATEWAY_URL": pushgateway}
    settings["CLUSTER_NAME"] = "changing"
    succeeded(run(current, **settings))
    without = [one for one in current.documents if one["kind"] != "TokenBudget"]
    config = write_config(without, tmp_path / "config.yaml")
    ended = succeeded(run(current, **settings, CONFIG_PATH=str(config)))
    assert lines(ended) == []
    names = {name for name, *_ in metrics(pushgateway, job="infer-focus", cluster="changing")}
    assert "infer_focus_last_success_timestamp_seconds" in names
    assert not [name for name in names if "budget" in name]


def test_rows_that_cannot_be_read_are_a_warning_and_older_metrics_stay(
    current: Scene, tmp_path: Path, pushgateway: str
) -> None:
    """The second run settles late, so that it writes nothing and finds the damaged object."""
    settings = {"OUTPUT_DIR": str(tmp_path), "PUSHGATEWAY_URL": pushgateway}
    settings |= {"CLUSTER_NAME": "damaged"}
    group = {"job": "infer-focus", "cluster": "damaged"}
    succeeded(run(current, **settings))
    before = metrics(pushgateway, **group)
    minutes = 200
    hour = rfc3339((int(time.time()) - minutes * 60) // HOUR * HOUR - HOUR)
    (broken,) = (key for key in data(in_folder(tmp_path)) if f"{hour[:10]}-{hour[11:13]}" in key)
    (tmp_path / broken).write_bytes(b"PAR1 and nothing else")
    late = {"COLLECTION_SETTLE_MINUTES": f"{minutes}", "COLLECTION_LOOKBACK_HOURS": "1"}
    ended = succeeded(infer_focus("run", env=current.settings(**settings, **late)))
    (warning,) = ended.named("budgets could not be evaluated")
    assert broken in warning["reason"]
    assert lines(ended) == []
    after = metrics(pushgateway, **group)
    kept = [{k: v for k, v in one.items() if "budget" in k[0]} for one in (before, after)]
    assert kept[0] == kept[1] != {}
    success = ("infer_focus_last_success_timestamp_seconds",)
    assert after[success] > before[success]


def test_only_the_clusters_and_the_layout_of_the_run_are_read(
    current: Scene, tmp_path: Path
) -> None:
    """Another cluster, another layout, side reports and foreign files are nobody's business."""
    settings = {"OUTPUT_DIR": str(tmp_path)}
    alone = succeeded(run(current, **settings))
    (one, *_) = data(in_folder(tmp_path))
    for other in (
        one.replace("prod-eu", "prod-us"),
        one.replace("focus-1.3", "focus-1.2"),
        one.replace("focus/version", "focus/reports/chat/version"),
        one.replace("infer-focus-prod-eu", "notes"),
        one.replace("year=20", "year=19"),
    ):
        place = tmp_path / other
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"not a file with rows")
    again = succeeded(run(current, **settings))
    assert again.named("budgets could not be evaluated") == []
    assert [line["budget"] for line in lines(again)] == [line["budget"] for line in lines(alone)]


def test_a_side_report_is_not_counted_a_second_time(current: Scene, tmp_path: Path) -> None:
    side = [
        report("chat-hourly", "hourly", "team", "chat"),
        report("all-daily", "daily", "team"),
    ]
    config = write_config([*current.documents, *side], tmp_path / "config.yaml")
    ended = run(current, OUTPUT_DIR=str(tmp_path / "out"), CONFIG_PATH=str(config))
    assert ended.code in (0, 3)  # in the hours after midnight the side report's day is not whole
    objects = data(in_folder(tmp_path / "out"))
    own = {key: body for key, body in objects.items() if key.startswith("focus/version=")}
    month = lines(ended)[0]["month"]
    chat = spends(ended)["chat"][0]
    assert Decimal(chat) == spent(own, month)["chat"]


def test_what_filters_leave_out_is_not_counted(current: Scene, tmp_path: Path) -> None:
    settings = {"OUTPUT_DIR": str(tmp_path), "COLLECTION_EXCLUDE_NAMESPACES": "chat"}
    found = spends(succeeded(run(current, **settings)))
    assert found["chat"] == ("0", "0")
    assert Decimal(found["code"][0]) > 0


def for_clusters(scene: Scene, *clusters: str) -> list[Document]:
    """The documents of a scene with a cost profile for each of the clusters."""
    profiles = [one for one in scene.documents if one["kind"] == "CostProfile"]
    return [
        *(one for one in scene.documents if one["kind"] != "CostProfile"),
        *(
            {**one, "metadata": {"name": f"{one['metadata']['name']}-{cluster}"}}
            | {"spec": {**one["spec"], "clusters": [cluster]}}
            for one in profiles
            for cluster in clusters
        ),
    ]


def test_a_run_over_several_clusters_counts_all_of_them(
    current: Scene, tmp_path: Path, pushgateway: str
) -> None:
    """Its metrics have no cluster."""
    fleets = {name: team_fleet(current.fleet.start, 11, seed=n) for n, name in enumerate("ab")}
    series = [one for name, fleet in fleets.items() for one in labelled(fleet, cluster=name)]
    config = write_config(for_clusters(current, "a", "b"), tmp_path / "config.yaml")
    settings = current.settings(
        CONFIG_PATH=str(config),
        SOURCE_FILE=str(write_dump(series, tmp_path / "global.om")),
        COLLECTION_CLUSTER_LABEL="cluster",
        COLLECTION_LOOKBACK_HOURS="2",
        OUTPUT_DIR=str(tmp_path / "out"),
        PUSHGATEWAY_URL=pushgateway,
    )
    del settings["CLUSTER_NAME"]
    ended = succeeded(infer_focus("run", env=settings))
    (chat,) = (line for line in lines(ended) if line["budget"] == "chat")
    objects = data(in_folder(tmp_path / "out"))
    assert {row[f"{X}Cluster"] for row in rows(objects)} == {"a", "b"}
    assert Decimal(chat["spend"]) == spent(objects, chat["month"])["chat"]
    told = metrics(pushgateway, job="infer-focus")
    assert told["infer_focus_budget_spend", "chat", "USD", "chat"] == pytest.approx(
        float(chat["spend"])
    )


def test_a_backfill_evaluates_and_pushes_nothing(
    current: Scene, tmp_path: Path, pushgateway: str
) -> None:
    settings = {"OUTPUT_DIR": str(tmp_path), "PUSHGATEWAY_URL": pushgateway}
    settings["CLUSTER_NAME"] = "backfilled"
    first = current.fleet.start
    ended = succeeded(backfill(first, first + 2 * HOUR, env=current.settings(**settings)))
    assert lines(ended) == []
    assert metrics(pushgateway, job="infer-focus", cluster="backfilled") == {}


def everything(folder: Path, ended: Ended) -> str:
    """Whatever a run left for somebody to read."""
    written = b"".join(manifests(in_folder(folder)).values())
    return f"{ended.stdout}{ended.stderr}{written.decode()}"


@pytest.mark.parametrize("where", ["here", "nowhere", "wrong password"])
def test_the_password_of_a_pushgateway_is_sent_and_never_shown(
    current: Scene, tmp_path: Path, where: str
) -> None:
    """A refused push is one warning, and the run a success."""
    config = tmp_path / "web.yaml"
    config.write_text(f"basic_auth_users: {{reader: {HASHED}}}\n")
    password = SECRET if where == "here" else f"{SECRET}-other"
    flags = [f"--web.config.file={config}"]
    with pushgateway_server(tmp_path / "pushgateway", flags) as url:
        host = url.removeprefix("http://") if where != "nowhere" else "127.0.0.1:9"
        settings = {"PUSHGATEWAY_URL": f"http://reader:{password}@{host}"}
        ended = succeeded(run(current, OUTPUT_DIR=str(tmp_path / "out"), **settings))
        held = httpx.get(f"{url}/metrics", auth=("reader", SECRET)).text
    assert SECRET not in everything(tmp_path / "out", ended)
    assert ("infer_focus_last_success_timestamp_seconds" in held) is (where == "here")
    warnings = ended.named("metrics were not pushed, which does not change what was exported")
    assert [one["pushgateway"] for one in warnings] == (
        [] if where == "here" else [f"http://{host}"]
    )
    assert len(lines(ended)) == 3


def test_a_limit_of_zero_is_infinitely_full(
    current: Scene, tmp_path: Path, pushgateway: str
) -> None:
    """In Prometheus' text as `+Inf`; the smallest limit that YAML can say is no trouble either."""
    budgets = [budget("free", "chat", 0, critical=1), budget("tiny", "chat", 5e-324)]
    without = [one for one in current.documents if one["kind"] != "TokenBudget"]
    config = write_config([*without, *budgets], tmp_path / "config.yaml")
    settings = {"CONFIG_PATH": str(config), "PUSHGATEWAY_URL": pushgateway, "CLUSTER_NAME": "zero"}
    ended = succeeded(run(current, OUTPUT_DIR=str(tmp_path / "out"), **settings))
    free = next(line for line in lines(ended) if line["budget"] == "free")
    assert (free["utilization_percent"], free["reached_percent"]) == (None, 1)
    told = metrics(pushgateway, job="infer-focus", cluster="zero")
    assert math.isinf(told["infer_focus_budget_utilization_ratio", "free", "chat"])
