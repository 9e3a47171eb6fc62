"""What is lost in the destination comes back by the next run, however it got lost.

`run` looks at its lookback, `backfill --missing-only` at what is not there, a backfill at all of
its range. Nothing below metadata/ is ever needed: without it, or with garbage in its place, the
data and the reports are the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from exporter.commands.backfill import BackfillArguments, backfill
from exporter.commands.run import run
from exporter.commands.running import WriteFlags
from exporter.commands.start import start
from exporter.storage.local import LocalStore
from exporter.storage.s3 import connect
from exporter.storage.store import Store
from tests.e2e.job import infer_focus, succeeded
from tests.e2e.scene import Scene, make_scene
from tests.e2e.small_fleets import team_fleet
from tests.fleets.fleet import HOUR
from tests.servers import S3Server

HOURS, SETTLED = 8, 6
PARQUET = "application/vnd.apache.parquet"
DATA, METADATA = "focus/version=", "focus/metadata/"
GARBAGE = (b"", b"\x00\xff\xfe", b"null", b"[[1]]", b'{"a": ' * 100_000)
#: Content and metadata by key.
Dataset = dict[str, tuple[bytes, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Stage:
    """A fleet, and every object that an undisturbed run leaves, data and documents."""

    scene: Scene
    objects: Dataset


@dataclass(slots=True)
class Place:
    """A bucket or a folder with six hours in it, as an undisturbed run left them."""

    scene: Scene
    store: Store
    settings: Mapping[str, str]
    expected: Dataset = field(default_factory=dict)

    def dataset(self, prefix: str = DATA) -> Dataset:
        found: Dataset = {}
        for key in self.store.list_keys(prefix):
            stored = self.store.head(key)
            assert stored is not None
            found[key] = self.store.get(key), stored.metadata
        return found

    def export(self, **flags: bool) -> int:
        """A backfill of the six hours in this process; the exit code."""
        environment = self.scene.settings(**self.settings, LOG_LEVEL="error")
        first = self.scene.fleet.start
        end = first + SETTLED * HOUR
        arguments = BackfillArguments(first, end, None, WriteFlags(**flags))
        return backfill(start(environment, needs_destination=True), arguments, end + HOUR)

    def overwrite(self, key: str, body: bytes, *, metadata: bool = False) -> None:
        """As another program would: its metadata is lost, or stays and is wrong then."""
        stored = self.store.head(key)
        assert stored is not None
        self.store.put(key, body, stored.metadata if metadata else {}, PARQUET)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Around the real clock, since `run` looks at it: six hours have settled."""
    began = int(time.time()) // HOUR * HOUR - (SETTLED + 1) * HOUR
    fleet, folder = team_fleet(began, HOURS), tmp_path_factory.mktemp("healing")
    scene = make_scene(fleet, folder, fleet.configuration)
    place = in_folder(scene, folder / "out")
    assert place.export() == 0
    assert len(place.dataset()) == SETTLED
    return Stage(scene, place.dataset("focus/"))


@pytest.fixture(params=["folder", "bucket"])
def place(
    request: pytest.FixtureRequest, stage: Stage, tmp_path: Path, moto: S3Server
) -> Iterator[Place]:
    if request.param == "folder":
        yield filled(in_folder(stage.scene, tmp_path), stage)
        return
    bucket = moto.new_bucket()
    store = connect(
        bucket,
        region="us-east-1",
        endpoint_url=moto.endpoint,
        access_key_id=moto.access_key,
        secret_access_key=moto.secret_key,
        addressing_style="path",
    )
    with closing(store):
        yield filled(Place(stage.scene, store, moto.settings(bucket)), stage)


def in_folder(scene: Scene, folder: Path) -> Place:
    return Place(scene, LocalStore(folder), {"OUTPUT_DIR": str(folder)})


def filled(place: Place, stage: Stage) -> Place:
    for key, (body, metadata) in stage.objects.items():
        place.store.put(key, body, metadata, PARQUET)
    place.expected = place.dataset()
    return place


def lose_an_object(place: Place) -> None:
    place.store.delete(sorted(place.expected)[2])


def lose_everything(place: Place) -> None:
    for key in list(place.store.list_keys("focus/")):
        place.store.delete(key)


def lose_metadata(place: Place) -> None:
    for key in list(place.store.list_keys(METADATA)):
        place.store.delete(key)


def garble_metadata(place: Place) -> None:
    for number, key in enumerate(sorted(place.store.list_keys(METADATA))):
        place.overwrite(key, GARBAGE[number % len(GARBAGE)])


def empty_an_object(place: Place) -> None:
    place.overwrite(sorted(place.expected)[2], b"")


def truncate_an_object(place: Place) -> None:
    key = sorted(place.expected)[2]
    place.overwrite(key, place.expected[key][0][:-100])


def truncate_an_object_and_keep_its_metadata(place: Place) -> None:
    key = sorted(place.expected)[2]
    place.overwrite(key, place.expected[key][0][:-100], metadata=True)


def garble_an_object(place: Place) -> None:
    place.overwrite(sorted(place.expected)[2], b"<html>not found</html>")


def forget_what_objects_are(place: Place) -> None:
    for key, (body, _) in place.expected.items():
        place.overwrite(key, body)


#: What `run` mends by itself, each within its lookback.
LOSSES: Mapping[str, Callable[[Place], None]] = {
    loss.__name__.replace("_", "-"): loss
    for loss in (
        *(lose_an_object, lose_everything, lose_metadata, garble_metadata, empty_an_object),
        *(truncate_an_object, garble_an_object, truncate_an_object_and_keep_its_metadata),
        forget_what_objects_are,
    )
}
AS_A_PROCESS = (lose_everything, truncate_an_object_and_keep_its_metadata)
#: What is to be seen in a listing, so that nothing needs to be read.
SEEN_IN_A_LISTING = (lose_an_object, lose_everything, empty_an_object)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_a_run_brings_back_what_is_lost(loss: Callable[[Place], None], place: Place) -> None:
    loss(place)
    settings = place.scene.settings(**place.settings, COLLECTION_LOOKBACK_HOURS=f"{HOURS}")
    if loss in AS_A_PROCESS:
        succeeded(infer_focus("run", env=settings))
    else:  # in this one, to save time
        assert run(start(settings, needs_destination=True), int(time.time())) == 0
    found = place.dataset()
    assert {key: found[key] for key in place.expected} == place.expected


@pytest.mark.parametrize("loss", SEEN_IN_A_LISTING, ids=lambda loss: loss.__name__)
def test_missing_only_brings_back_what_a_listing_lacks(
    loss: Callable[[Place], None], place: Place
) -> None:
    loss(place)
    assert place.export(missing_only=True) == 0
    assert place.dataset() == place.expected


def test_missing_only_reads_nothing_and_so_takes_a_damaged_object_for_one(place: Place) -> None:
    """Without the flag it is mended."""
    truncate_an_object(place)
    assert place.export(missing_only=True) == 0
    assert place.dataset() != place.expected
    assert place.export() == 0
    assert place.dataset() == place.expected


def test_a_whole_file_of_somebody_else_stays_until_forced(place: Place) -> None:
    """Nobody knows whether it holds more: the period fails, and names --force."""
    first, second = sorted(place.expected)[:2]
    theirs = place.expected[second][0]
    place.overwrite(first, theirs)
    assert place.export() == 3
    assert place.store.get(first) == theirs
    assert place.export(force=True) == 0
    assert place.dataset() == place.expected


@pytest.mark.parametrize("place", ["bucket"], indirect=True)
def test_force_reads_what_metadata_hide(place: Place) -> None:
    """Other bytes of the same length under the same metadata: only reading shows them.

    A folder finds the metadata by the hash of the content, so that they cannot hide it there.
    """
    key = sorted(place.expected)[0]
    body = place.expected[key][0]
    place.overwrite(key, body[:-200] + bytes(196) + body[-4:], metadata=True)
    assert place.export() == 0
    assert place.dataset() != place.expected
    assert place.export(force=True) == 0
    assert place.dataset() == place.expected


@pytest.mark.parametrize(
    ("loss", "place"),
    [(lose_metadata, "bucket"), (garble_metadata, "folder")],
    indirect=["place"],
)
def test_a_report_is_the_same_without_metadata(loss: Callable[[Place], None], place: Place) -> None:
    day = time.strftime("%Y-%m-%d", time.gmtime(place.scene.fleet.start))
    ask = ("report", "--period", day, "--format", "json")
    settings = place.scene.settings(**place.settings)
    before = infer_focus(*ask, env=settings)
    loss(place)
    after = infer_focus(*ask, env=settings)
    assert before.stdout.startswith("{")
    assert (after.code, after.stdout) == (before.code, before.stdout)
