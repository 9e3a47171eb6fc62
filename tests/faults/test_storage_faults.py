"""A destination that fails: nothing is lost or halved, each period is named, a next run mends it.

The real command writes through a bad road to a real S3 server, or into a real folder. Its clock is
short of patience (see hurried/), so that all retries are made and nobody waits for them.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from exporter.commands.backfill import BackfillArguments, backfill
from exporter.commands.running import WriteFlags
from exporter.commands.start import start
from exporter.periods import rfc3339, unix_seconds
from exporter.storage.local import UNFINISHED, LocalStore
from exporter.storage.s3 import connect
from exporter.storage.store import Store
from tests.e2e.job import Ended
from tests.e2e.prices import write_config
from tests.e2e.scene import Scene, make_scene
from tests.e2e.small_fleets import team_fleet
from tests.faults.fault import Fault
from tests.faults.proxy import Exchange, Rule, Spoil, Wanted, answered, dropped, proxy_before
from tests.faults.storage_faults import FAULTS
from tests.fleets.fleet import HOUR
from tests.fleets.token_scenarios import at
from tests.servers import REPOSITORY, S3Server, clean_environment

#: Three hours on either side of a midnight.
FIRST, HOURS = at(21), 6
LAST = FIRST + HOURS * HOUR
#: Those of which an older object is there, by their number.
OLDER = (0, 2, 4)
NOW = LAST + 24 * HOUR
DAYS = "focus/version=focus-1.3/year=2026/month=10/day="
KEYS = tuple(
    f"{DAYS}{'01' if hour > 9 else '02'}/infer-focus-prod-eu-2026-10-{day}-{hour:02}.parquet"
    for day, hour in (("01", 21), ("01", 22), ("01", 23), ("02", 0), ("02", 1), ("02", 2))
)
#: Content and metadata by key.
Dataset = dict[str, tuple[bytes, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Place:
    """A destination, and the settings that lead there."""

    store: Store
    settings: Mapping[str, str]
    server: str = ""

    def fill(self, dataset: Dataset) -> None:
        for key, (body, metadata) in dataset.items():
            self.store.put(key, body, metadata, "application/vnd.apache.parquet")

    def dataset(self) -> Dataset:
        found: Dataset = {}
        for key in self.store.list_keys("focus/version="):
            stored = self.store.head(key)
            assert stored is not None
            found[key] = self.store.get(key), stored.metadata
        return found

    def manifests(self) -> list[str]:
        return [key for key in self.store.list_keys("focus/metadata/") if "/runs/" in key]


@dataclass(frozen=True, slots=True)
class Stage:
    """A fleet, the objects of half of its hours at older prices, and all at those of today."""

    scene: Scene
    older: Dataset
    expected: Dataset


@contextmanager
def folder_place(folder: Path) -> Iterator[Place]:
    yield Place(LocalStore(folder), {"OUTPUT_DIR": str(folder)})


@contextmanager
def bucket_place(server: S3Server) -> Iterator[Place]:
    bucket = server.new_bucket()
    store = connect(
        bucket,
        region="us-east-1",
        endpoint_url=server.endpoint,
        access_key_id=server.access_key,
        secret_access_key=server.secret_key,
        addressing_style="path",
    )
    with closing(store):
        yield Place(store, server.settings(bucket), server.endpoint)


def undisturbed(scene: Scene, settings: Mapping[str, str]) -> int:
    """A backfill in this process, which is faster; the exit code."""
    environment = scene.settings(**settings, LOG_LEVEL="error")
    arguments = BackfillArguments(FIRST, LAST, None, WriteFlags(restate=True))
    return backfill(start(environment, needs_destination=True), arguments, NOW)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("storage-faults")
    fleet = team_fleet(FIRST, HOURS)
    scene = make_scene(fleet, folder, fleet.configuration)
    documents = yaml.safe_load(yaml.safe_dump(list(scene.documents)))
    documents[0]["spec"]["electricity"]["ratePerKWh"] = 0.2
    dearer = str(write_config(documents, folder / "dearer.yaml"))
    with folder_place(folder / "older") as older, folder_place(folder / "expected") as expected:
        assert undisturbed(scene, {**older.settings, "CONFIG_PATH": dearer}) == 0
        assert undisturbed(scene, expected.settings) == 0
        half = {KEYS[hour]: older.dataset()[KEYS[hour]] for hour in OLDER}
        made = Stage(scene, half, expected.dataset())
    assert tuple(made.expected) == KEYS
    assert all(made.expected[key][0] != body for key, (body, _) in half.items())
    return made


def run_hurried(settings: Mapping[str, str], shell: str = "") -> Ended:
    """The command as a process; `shell` comes before it in the same shell."""
    path = f"{REPOSITORY / 'tests' / 'faults' / 'hurried'}:{REPOSITORY}"
    span = ("--start", rfc3339(FIRST), "--end", rfc3339(LAST))
    command = [sys.executable, "-m", "exporter", "backfill", *span, "--restate"]
    done = subprocess.run(
        ["bash", "-c", f"{shell} exec {shlex.join(command)}"],
        cwd=REPOSITORY,
        env=clean_environment() | {"PYTHONPATH": path} | dict(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


# What happens on the road to the server


def refused_by(status: int, code: str) -> Spoil:
    return answered(
        status,
        f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>",
        Content_Type="application/xml",
    )


def silence(exchange: Exchange) -> None:
    """No answer for longer than a hurried client waits, and then none."""
    exchange.wait(3)
    exchange.reset()


def answer_lost(exchange: Exchange) -> None:
    exchange.ask()
    exchange.reset()


def is_put(exchange: Exchange, name: str = "/version=") -> bool:
    return exchange.method == "PUT" and name in unquote(exchange.path)


def is_list(exchange: Exchange) -> bool:
    return "list-type=2" in exchange.path


def is_head(exchange: Exchange) -> bool:
    return exchange.method == "HEAD"


def is_data(exchange: Exchange) -> bool:
    return "/version=" in unquote(exchange.path)


def put_of(hour: int) -> Wanted:
    return lambda exchange: is_put(exchange, KEYS[hour].rpartition("/")[2])


def from_third_put_on(also: Wanted) -> Wanted:
    """The third write of an object, and whatever is wanted from then on."""
    puts = 0

    def wanted(exchange: Exchange) -> bool:
        nonlocal puts
        puts += is_put(exchange)
        return puts > 2 and also(exchange)

    return wanted


@dataclass(frozen=True, slots=True)
class Case:
    """How a fault is made, and which hours it leaves written.

    `rules` are those of the road to the server, `settings` what leads elsewhere, `prepare` changes
    the folder before, `shell` stands before the command.
    """

    written: Sequence[int]
    rules: Callable[[], list[Rule]] | None = None
    settings: Mapping[str, str] | None = None
    prepare: Callable[[Path], object] | None = None
    shell: str = ""
    manifest: bool = True


NONE, TWO, ALL = (), (0, 1), tuple(range(HOURS))
NOT_THIRD = (0, 1, 3, 4, 5)


def on_road(
    spoil: Spoil,
    wanted: Wanted,
    written: Sequence[int],
    *,
    times: int | None = None,
    manifest: bool,
) -> Case:
    return Case(written, lambda: [Rule(spoil, wanted, times)], manifest=manifest)


def midway(spoil: Spoil, also: Wanted, *, manifest: bool) -> Case:
    return Case(TWO, lambda: [Rule(spoil, from_third_put_on(also))], manifest=manifest)


def in_folder(written: Sequence[int], prepare: Callable[[Path], object], *, manifest: bool) -> Case:
    return Case(written, prepare=prepare, manifest=manifest)


def full_from_second_day_on(folder: Path) -> None:
    """What becomes the objects of that day lies on a device that has no room."""
    day = folder / f"{DAYS}02"
    day.mkdir(parents=True, exist_ok=True)
    (day / UNFINISHED).symlink_to("/dev/full")


def block_first_day(folder: Path) -> None:
    for file in sorted((folder / DAYS).parent.glob("day=01/*")):
        file.unlink()
    (folder / f"{DAYS}01").rmdir()
    (folder / f"{DAYS}01").write_text("in the way")


def nothing(_folder: Path) -> None:
    """As it is."""


#: The limit is between a manifest and a data object, in KiB.
FILE_LIMIT = "ulimit -f 16;"

CASES: Mapping[str, Case] = {
    "s3-refused": Case(NONE, settings={"S3_ENDPOINT_URL": "http://127.0.0.1:1"}, manifest=False),
    "s3-no-bucket": Case(NONE, settings={"S3_BUCKET": "no-such-bucket"}, manifest=False),
    "s3-list-403": on_road(refused_by(403, "AccessDenied"), is_list, NONE, manifest=False),
    "s3-head-403": on_road(answered(403), is_head, NONE, manifest=False),
    "s3-put-403": on_road(refused_by(403, "AccessDenied"), is_put, NONE, manifest=False),
    "s3-list-500-for-good": on_road(
        refused_by(500, "InternalError"), is_list, NONE, manifest=False
    ),
    "s3-put-500-for-good": on_road(refused_by(500, "InternalError"), is_put, NONE, manifest=False),
    "s3-put-silent-for-good": on_road(silence, is_put, NONE, manifest=False),
    "s3-credentials-end": midway(refused_by(400, "ExpiredToken"), is_put, manifest=True),
    "s3-bucket-deleted": midway(refused_by(404, "NoSuchBucket"), lambda _: True, manifest=False),
    "s3-gone": midway(dropped(), lambda _: True, manifest=False),
    "s3-one-500": on_road(refused_by(500, "InternalError"), put_of(2), NOT_THIRD, manifest=True),
    "s3-one-slow-down": on_road(refused_by(503, "SlowDown"), put_of(2), NOT_THIRD, manifest=True),
    "s3-one-silent": on_road(silence, put_of(2), NOT_THIRD, manifest=True),
    "s3-one-reset": on_road(dropped(1000), put_of(2), NOT_THIRD, manifest=True),
    "s3-answer-lost": on_road(answer_lost, put_of(2), NOT_THIRD, manifest=True),
    "s3-500-for-a-while": on_road(
        refused_by(500, "InternalError"), is_put, ALL, times=3, manifest=True
    ),
    "s3-slow-down-for-a-while": on_road(
        refused_by(503, "SlowDown"), lambda e: e.method == "GET", ALL, times=3, manifest=True
    ),
    "s3-silent-once": on_road(silence, is_put, ALL, times=1, manifest=True),
    "s3-reset-once": on_road(dropped(1000), is_put, ALL, times=1, manifest=True),
    "s3-metadata-500": on_road(
        refused_by(500, "InternalError"), lambda e: is_put(e, "/metadata/"), ALL, manifest=False
    ),
    "folder-full": in_folder((0, 1, 2), full_from_second_day_on, manifest=True),
    "folder-file-limit": Case(NONE, prepare=nothing, shell=FILE_LIMIT),
    "folder-blocked": in_folder((3, 4, 5), block_first_day, manifest=True),
    "folder-read-only": Case(NONE, settings={"OUTPUT_DIR": "/sys/infer-focus"}, manifest=False),
    "folder-is-a-file": Case(NONE, settings={"OUTPUT_DIR": "/dev/null"}, manifest=False),
    "temporary-folder-full": Case(ALL, settings={"TMPDIR": "/dev/full"}, prepare=nothing),
}


#: Like another one but for the request or the status; each costs a process.
LONG = frozenset(
    {
        *("s3-refused", "s3-head-403", "s3-list-500-for-good", "s3-put-silent-for-good"),
        *("s3-one-slow-down", "s3-silent-once", "s3-500-for-a-while", "folder-is-a-file"),
    }
)


def test_every_fault_of_the_destination_is_made_to_happen() -> None:
    assert [*CASES] == [fault.name for fault in FAULTS]


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A bucket of moto's, or a folder."""
    if request.param.startswith("s3-"):
        with bucket_place(request.getfixturevalue("moto")) as made:
            yield made
    else:
        with folder_place(tmp_path / "out") as made:
            yield made


@pytest.mark.parametrize(
    ("fault", "place"),
    [
        pytest.param(
            *(one, one.name),
            id=one.name,
            marks=[pytest.mark.long] if one.name in LONG else [],
        )
        for one in FAULTS
    ],
    indirect=["place"],
)
def test_a_fault_of_the_destination(fault: Fault, place: Place, stage: Stage) -> None:
    """What is said, what is there afterwards, and what the next run makes of it."""
    case = CASES[fault.name]
    place.fill(stage.older)
    blocked = place.dataset()
    if case.prepare is not None and "OUTPUT_DIR" in place.settings:
        case.prepare(Path(place.settings["OUTPUT_DIR"]))
        blocked = place.dataset()
    settings = stage.scene.settings(**{**place.settings, **(case.settings or {})})
    with proxy_before(place.server, *(case.rules() if case.rules else [])) as proxy:
        if case.rules is not None:
            settings["S3_ENDPOINT_URL"] = proxy.url
        run = run_hurried(settings, case.shell)
        assert bool(proxy.spoiled) is (case.rules is not None)
    assert_said(run, fault, case)
    left = place.dataset()
    if fault.name == "s3-answer-lost":
        assert left == stage.expected
    else:
        assert left == blocked | {KEYS[n]: stage.expected[KEYS[n]] for n in case.written}
    assert bool(place.manifests()) is case.manifest
    assert_nothing_half(place)
    mend(place)
    assert undisturbed(stage.scene, place.settings) == 0
    assert place.dataset() == stage.expected


def assert_said(run: Ended, fault: Fault, case: Case) -> None:
    """The exit code, the message, and in the last event each period once."""
    assert run.code == fault.code, run.stderr
    assert "Traceback" not in run.stderr
    (finished,) = run.named("backfill finished")
    if fault.code == 4:
        last = run.stderr.splitlines()[-1]
        assert last.startswith("infer-focus: ")
        assert fault.message in last
        assert finished["stopped"] in last
    elif fault.message:
        assert any(fault.message in line for line in run.stderr.splitlines())
    if fault.code:
        named = hours_of(finished["failed_periods"]), hours_of(finished["good_periods"])
        assert named == (sorted({*ALL} - {*case.written}), [*case.written])
        assert all(entry["reason"] for entry in finished["failed_periods"])
    assert finished["failed"] == HOURS - len(case.written)


def hours_of(entries: Sequence[Mapping[str, str]]) -> list[int]:
    """The numbers of the hours in entries such as those of the last event."""
    return sorted(
        (start - FIRST) // HOUR
        for entry in entries
        for start in range(moment(entry["start"]), moment(entry["end"]), HOUR)
    )


def moment(text: str) -> int:
    return unix_seconds(datetime.fromisoformat(text))


def assert_nothing_half(place: Place) -> None:
    """No upload is under way, no temporary file is left."""
    if "OUTPUT_DIR" in place.settings:
        assert not list(Path(place.settings["OUTPUT_DIR"]).rglob("*.tmp"))


def mend(place: Place) -> None:
    """What only a person can do: remove what lies in the way."""
    if "OUTPUT_DIR" in place.settings:
        blocking = Path(place.settings["OUTPUT_DIR"]) / f"{DAYS}01"
        if blocking.is_file():
            blocking.unlink()
