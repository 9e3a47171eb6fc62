"""The metadata objects beside the data: what is written, when, and what is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from structlog.testing import capture_logs

from exporter import __version__
from exporter.cost.billing import ReportPlan
from exporter.errors import StoreFailed, UnusableError
from exporter.focus.metadata import Instance, dataset_instance_object, schema_object
from exporter.focus.schema_identity import schema_id
from exporter.periods import Period, Schedule, day_of
from exporter.pipeline.metadata import Covered, write_metadata
from exporter.pipeline.outcomes import Ending, Outcome
from exporter.pipeline.publishing import Publisher
from exporter.pipeline.tasks import Task
from exporter.storage.local import LocalStore
from exporter.storage.manifest import JSON_TYPE
from exporter.storage.record import ObjectRecord
from exporter.storage.store import Store
from tests.unit.pipeline.publishers import HOURLY, deliver, finished, publisher
from tests.unit.storage.objects import CountedStore, at, day, hour, hours_of

NINE, TEN = hour("2026-03-10T09"), hour("2026-03-10T10")
DAY = day_of(NINE.start)
NOW, LATER = at("2026-03-10T11"), at("2026-03-10T12")
FOLDER = "focus/metadata/prod/"
RECENCY = f"{FOLDER}recency/2026-03-10.json"
INSTANCE = Instance("prod", "1.3", "x-Infer", "default", Schedule.HOURLY)
SCHEMA = schema_id("1.3", "x-Infer", __version__, INSTANCE.id)
Documents = dict[str, Any]


@pytest.fixture
def store(tmp_path: Path) -> CountedStore:
    return CountedStore(LocalStore(tmp_path))


def write(
    to: Publisher,
    outcomes: Sequence[Outcome],
    now: int = NOW,
    *,
    days: Mapping[ReportPlan, Sequence[date]] | None = None,
    clusters: Sequence[str] = ("prod",),
) -> None:
    """The metadata after these outcomes, of the days of their periods unless others are named."""
    made = {o.task.plan: [day_of(o.task.period.start)] for o in outcomes}
    covered = Covered(clusters, made if days is None else days, outcomes)
    write_metadata(to, covered, "GPU Platform", now)


def run(store: Store, *periods: Period, now: int = NOW, **rules: Any) -> list[Outcome]:
    """One run that makes these hours."""
    to = publisher(store, **rules)
    outcomes = deliver(to, *(finished(period) for period in periods))
    write(to, outcomes, now)
    return outcomes


def failed(period: Period, plan: ReportPlan = HOURLY, cluster: str = "prod") -> Outcome:
    return Outcome(cluster, Task(plan, period), Ending.FAILED, "an outage")


def documents(store: Store, prefix: str = "focus/metadata/") -> Documents:
    keys = sorted(store.list_keys(prefix))
    return {key: json.loads(store.get(key)) for key in keys}


def hours(document: Sequence[Mapping[str, Any]]) -> dict[str, bool]:
    """Whether each sector of a file with one instance is complete, by its start."""
    (recency,) = document
    return {
        one["TimeSectorStart"][11:16]: one["TimeSectorComplete"] for one in recency["TimeSectors"]
    }


def test_metadata_lies_beside_the_data(store: CountedStore) -> None:
    run(store, NINE)
    found = documents(store)
    assert list(found) == [
        f"{FOLDER}data_generator.json",
        f"{FOLDER}dataset_instances.json",
        RECENCY,
        f"{FOLDER}schemas/{SCHEMA}.json",
    ]
    assert found[f"{FOLDER}data_generator.json"] == {"DataGenerator": "GPU Platform"}
    assert found[f"{FOLDER}dataset_instances.json"] == [
        dataset_instance_object(INSTANCE, "default")
    ]
    assert found[f"{FOLDER}schemas/{SCHEMA}.json"] == schema_object(
        "1.3", "x-Infer", __version__, NOW, INSTANCE.id
    )
    assert found[RECENCY] == [
        {
            "DatasetInstanceId": INSTANCE.id,
            "RecencyLastUpdated": "2026-03-10T11:00:00Z",
            "DatasetInstanceLastUpdated": "2026-03-10T11:00:00Z",
            "TimeSectors": [
                {
                    "TimeSectorStart": "2026-03-10T09:00:00Z",
                    "TimeSectorEnd": "2026-03-10T10:00:00Z",
                    "TimeSectorComplete": True,
                    "TimeSectorLastUpdated": "2026-03-10T11:00:00Z",
                }
            ],
        }
    ]


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_before_1_3_there_are_no_instances(store: CountedStore, version: str) -> None:
    """One schema is that of all reports."""
    plans = [HOURLY, ReportPlan("search", Schedule.HOURLY, None, None, False)]
    to = publisher(store, plans, version=version)
    write(to, deliver(to, *(finished(NINE, plan) for plan in plans)))
    name = schema_id(version, "x-Infer", __version__)
    assert list(documents(store)) == [
        f"{FOLDER}data_generator.json",
        f"{FOLDER}schemas/{name}.json",
    ]


def test_what_is_no_focus_file_has_no_metadata(store: CountedStore) -> None:
    """InferCost's layout; its objects name no schema either."""
    (outcome,) = run(store, NINE, version="infercost-1.0")
    assert outcome.schema_id is None
    assert documents(store) == {}


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_an_object_names_its_schema_without_being_opened(
    store: CountedStore, file_format: str
) -> None:
    (outcome,) = run(store, NINE, file_format=file_format)
    assert outcome.key is not None
    stored = store.head(outcome.key)
    assert stored is not None
    record = ObjectRecord.from_metadata(stored.metadata)
    assert record is not None
    assert record.schema_id == outcome.schema_id == SCHEMA


def test_the_footer_names_the_same_schema_and_instance(store: CountedStore, tmp_path: Path) -> None:
    (outcome,) = run(store, NINE)
    assert outcome.key is not None
    footer = json.loads(pq.read_metadata(tmp_path / outcome.key).metadata[b"focus"])
    assert (footer["SchemaId"], footer["DatasetInstanceId"]) == (SCHEMA, INSTANCE.id)


def test_a_rerun_writes_nothing(store: CountedStore) -> None:
    run(store, NINE, TEN)
    store.calls.clear()
    (nine, ten) = run(store, NINE, TEN, now=LATER)
    assert (nine.ending, ten.ending) == (Ending.UNCHANGED, Ending.UNCHANGED)
    assert nine.schema_id == SCHEMA
    assert store.count("put") == 0


def test_a_later_run_adds_its_periods(store: CountedStore) -> None:
    run(store, NINE)
    run(store, TEN, now=LATER)
    (recency,) = documents(store)[RECENCY]
    assert recency["RecencyLastUpdated"] == "2026-03-10T12:00:00Z"
    assert [one["TimeSectorLastUpdated"] for one in recency["TimeSectors"]] == [
        "2026-03-10T11:00:00Z",
        "2026-03-10T12:00:00Z",
    ]


def test_a_schema_is_written_once_and_anew_for_other_columns(store: CountedStore) -> None:
    run(store, NINE)
    run(store, TEN, now=LATER)
    run(store, hour("2026-03-10T11"), now=LATER, prefix="x_Infer")
    schemas = documents(store, f"{FOLDER}schemas/")
    assert {each["SchemaId"]: each["CreationDate"] for each in schemas.values()} == {
        SCHEMA: "2026-03-10T11:00:00Z",
        schema_id(
            "1.3",
            "x_Infer",
            __version__,
            Instance("prod", "1.3", "x_Infer", "default", Schedule.HOURLY).id,
        ): "2026-03-10T12:00:00Z",
    }
    names = [
        each["DatasetInstanceName"] for each in documents(store)[f"{FOLDER}dataset_instances.json"]
    ]
    assert names == [
        "Inference cost of cluster prod, report default, hourly, FOCUS 1.3",
        "Inference cost of cluster prod, report default, hourly, FOCUS 1.3 with x_Infer columns",
    ]


def test_a_failed_period_heals(store: CountedStore) -> None:
    to = publisher(store)
    write(to, [*deliver(to, finished(NINE)), failed(TEN)])
    assert hours(documents(store)[RECENCY]) == {"09:00": True, "10:00": False}
    run(store, NINE, TEN, now=LATER)
    assert hours(documents(store)[RECENCY]) == {"09:00": True, "10:00": True}


def test_a_period_that_could_not_be_read_for_any_cluster_fails_for_each(
    store: CountedStore,
) -> None:
    write(publisher(store), [failed(NINE, cluster="")], clusters=["blue", "green"])
    found = documents(store)
    for cluster in ("blue", "green"):
        recency = found[f"focus/metadata/{cluster}/recency/2026-03-10.json"]
        assert hours(recency) == {"09:00": False}


def test_each_cluster_has_metadata_of_its_own(store: CountedStore) -> None:
    """Also one that the source has shown only in the periods that were read."""
    to = publisher(store)
    outcomes = deliver(to, finished(NINE, cluster="blue"), finished(TEN, cluster="green"))
    write(to, outcomes, clusters=["blue"])
    found = documents(store)
    assert hours(found["focus/metadata/blue/recency/2026-03-10.json"]) == {"09:00": True}
    assert hours(found["focus/metadata/green/recency/2026-03-10.json"]) == {"10:00": True}
    assert len({key for key in found if "/schemas/" in key}) == 2


def test_a_side_report_has_its_metadata_under_its_own_prefix(store: CountedStore) -> None:
    side = ReportPlan("ns/again", Schedule.DAILY, ("pool", None), None, True)
    to = publisher(store, [HOURLY, side])
    write(to, deliver(to, finished(NINE), finished(day(), side)))
    aside = [key for key in store.list_keys("focus/reports/") if "/metadata/" in key]
    (instances,) = (key for key in aside if key.endswith("/dataset_instances.json"))
    assert len(aside) == 4
    assert instances.startswith("focus/reports/ns-again.")
    (instance,) = json.loads(store.get(instances))
    assert instance["DatasetInstanceName"] == (
        "Inference cost of cluster prod, report ns/again, daily, FOCUS 1.3"
    )
    (billing,) = documents(store)[f"{FOLDER}dataset_instances.json"]
    assert billing["DatasetInstanceId"] == INSTANCE.id


def test_a_run_that_looked_at_no_day_writes_nothing(store: CountedStore) -> None:
    write(publisher(store), [], days={})
    assert documents(store) == {}


def test_objects_of_a_killed_run_get_a_sector_when_their_day_is_looked_at(
    store: CountedStore,
) -> None:
    """With --missing-only nothing of that day is made again: the objects say what they are."""
    deliver(publisher(store), finished(NINE), finished(TEN, complete=False))
    write(publisher(store), [], days={HOURLY: [DAY]})
    assert hours(documents(store)[RECENCY]) == {"09:00": True, "10:00": False}
    run(store, NINE, now=LATER)
    assert hours(documents(store)[RECENCY]) == {"09:00": True, "10:00": False}


def test_replaced_hours_are_gone_from_the_recency_of_their_day(store: CountedStore) -> None:
    daily = ReportPlan("default", Schedule.DAILY, None, None, False)
    run(store, *hours_of(day()))
    to = publisher(store, [daily], replacing=[Task(daily, day())])
    outcomes = deliver(to, finished(day(), daily, tokens=24_000))
    assert to.finish() == []
    write(to, outcomes, LATER)
    assert hours(documents(store)[RECENCY]) == {"00:00": True}
    names = [
        each["DatasetInstanceName"] for each in documents(store)[f"{FOLDER}dataset_instances.json"]
    ]
    assert [name.split(", ")[2] for name in names] == ["daily", "hourly"]


def test_a_day_that_cannot_take_the_place_of_its_week_is_not_complete(
    store: CountedStore,
) -> None:
    """The week, under the same key, saw more than the days that were to replace it."""
    weekly, daily = (
        ReportPlan("default", schedule, None, None, False)
        for schedule in (Schedule.WEEKLY, Schedule.DAILY)
    )
    days = [day(f"2026-03-{number:02}") for number in range(2, 9)]
    week = Period(days[0].start, days[-1].end, Schedule.WEEKLY)
    first = publisher(store, [weekly])
    write(first, deliver(first, finished(week, weekly, tokens=1_000_000)))
    to = publisher(store, [daily], replacing=[Task(daily, one) for one in days])
    outcomes = deliver(to, *(finished(one, daily) for one in days))
    (reason,) = to.finish()
    settled = [to.settled(one) for one in outcomes]
    assert [one.ending for one in settled] == [Ending.FAILED] + [Ending.WRITTEN] * 6
    assert settled[0].reason == reason
    covered = {daily: [day_of(one.start) for one in days]}
    write(to, outcomes, LATER, days=covered)
    monday = documents(store)[f"{FOLDER}recency/2026-03-02.json"]
    assert {
        one["TimeSectors"][0]["TimeSectorEnd"]: one["TimeSectors"][0]["TimeSectorComplete"]
        for one in monday
    } == {"2026-03-03T00:00:00Z": False, "2026-03-09T00:00:00Z": True}
    assert hours(documents(store)[f"{FOLDER}recency/2026-03-03.json"]) == {"00:00": True}


@pytest.mark.parametrize("name", ["dataset_instances.json", "recency/2026-03-10.json"])
@pytest.mark.parametrize("damaged", [b"", b"{}", b'[{"DatasetInstanceId": 1}]', b"null"])
def test_a_damaged_document_is_made_anew_with_a_warning(
    store: CountedStore, name: str, damaged: bytes
) -> None:
    run(store, NINE)
    intact = documents(store)
    store.put(f"{FOLDER}{name}", damaged, {}, JSON_TYPE)
    with capture_logs() as logs:
        run(store, NINE)
    (warning,) = logs
    assert warning["event"] == "metadata object is damaged and made anew"
    assert warning["object"] == f"{store.describe()}{FOLDER}{name}"
    assert documents(store) == intact


def test_a_damaged_recency_of_nothing_is_emptied(store: CountedStore) -> None:
    store.put(RECENCY, b"{", {}, JSON_TYPE)
    write(publisher(store), [], days={HOURLY: [DAY]})
    assert documents(store)[RECENCY] == []


def test_a_day_without_anything_has_no_recency(store: CountedStore) -> None:
    write(publisher(store), [], days={HOURLY: [DAY]})
    assert RECENCY not in documents(store)


def test_the_recency_of_a_day_that_was_emptied_is_empty(store: CountedStore) -> None:
    (outcome,) = run(store, NINE)
    store.delete(outcome.key or "")
    write(publisher(store), [], LATER, days={HOURLY: [DAY]})
    assert documents(store)[RECENCY] == []


def test_lists_are_compared_by_what_they_say(store: CountedStore) -> None:
    """Some servers forget object metadata when they start again."""
    run(store, NINE)
    lists = [RECENCY, f"{FOLDER}dataset_instances.json"]
    for key in lists:
        store.put(key, store.get(key), {}, JSON_TYPE)
    store.calls.clear()
    run(store, NINE, now=LATER)
    assert store.count("put") == 0


class FailingStore(CountedStore):
    """Fails for the keys that end in one of some ways, as one object may on a healthy store."""

    def __init__(self, store: Store, error: Exception, *endings: str) -> None:
        super().__init__(store)
        self._error, self._endings = error, endings

    def put(self, key: str, body: bytes, metadata: Mapping[str, str], content_type: str) -> None:
        self._fail(key)
        super().put(key, body, metadata, content_type)

    def get(self, key: str) -> bytes:
        self._fail(key)
        return super().get(key)

    def list_sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        self._fail(prefix)
        return super().list_sizes(prefix)

    def _fail(self, key: str) -> None:
        if key.endswith(self._endings):
            raise self._error


@pytest.mark.parametrize(
    "name",
    [
        "data_generator.json",
        "dataset_instances.json",
        f"schemas/{SCHEMA}.json",
        "recency/2026-03-10.json",
    ],
)
def test_what_the_store_fails_for_is_a_warning_that_names_it(
    store: CountedStore, name: str
) -> None:
    """The others are written."""
    with capture_logs() as logs:
        run(FailingStore(store, StoreFailed("it broke"), name), NINE)
    assert logs == [
        {
            "event": "metadata object is not written",
            "log_level": "warning",
            "object": f"{store.describe()}{FOLDER}{name}",
            "reason": "it broke",
        }
    ]
    assert len(documents(store)) == 3
    run(store, NINE)
    assert len(documents(store)) == 4


def test_an_old_document_that_cannot_be_read_is_left_alone(store: CountedStore) -> None:
    run(store, NINE)
    before = documents(store)
    with capture_logs() as logs:
        run(FailingStore(store, StoreFailed("it broke"), RECENCY), TEN, now=LATER)
    assert [one["event"] for one in logs] == ["metadata object is not written"]
    assert documents(store) == before


def test_a_day_that_cannot_be_listed_is_a_warning(store: CountedStore) -> None:
    run(store, NINE)
    listing = "day=11/infer-focus-prod-"
    to = publisher(FailingStore(store, StoreFailed("it broke"), listing))
    with capture_logs() as logs:
        write(to, [], LATER, days={HOURLY: [DAY, day_of(at("2026-03-11"))]})
    assert [one["object"].rpartition("/")[2] for one in logs] == ["2026-03-11.json"]


def test_a_store_that_cannot_be_used_ends_the_run(store: CountedStore) -> None:
    broken = FailingStore(store, UnusableError("no access"), "data_generator.json")
    with pytest.raises(UnusableError, match="no access"):
        run(broken, NINE)


def test_a_year_is_written_a_day_at_a_time(store: CountedStore) -> None:
    """A listing and three requests for each, whatever its number of periods; then a look again."""
    outcomes = [failed(hour(f"2026-03-{number:02}")) for number in range(1, 31)]
    to = publisher(store)
    days = {HOURLY: [day_of(one.task.period.start) for one in outcomes]}
    write(to, outcomes, days=days)
    of_one_day = [call for call in store.calls if "2026-03-07" in call or "day=07" in call]
    first_look, second_look = ["head", "list", "head", "put"], ["head", "get", "list"]
    assert [call.split()[0] for call in of_one_day] == first_look + second_look
    assert len(documents(store, f"{FOLDER}recency/")) == 30
