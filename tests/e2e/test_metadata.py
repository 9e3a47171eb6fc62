"""The FOCUS metadata beside the data: true after every run, and touched only where that is new."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.job import Ended, backfill, succeeded
from tests.e2e.scene import Scene, write_dump
from tests.e2e.small_fleets import cut
from tests.e2e.written import data, in_bucket, in_folder, manifests, metadata, parquet_file
from tests.fleets.token_scenarios import at
from tests.servers import S3Server

FOLDER = "focus/metadata/prod-eu/"
RECENCY = f"{FOLDER}recency/2026-10-01.json"
SCHEMA_KEY = re.compile(rf"{FOLDER}schemas/([0-9a-f-]{{36}})\.json")
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
#: Sector starts of a day with one instance, and whether each is complete.
Hours = dict[int, bool]


def export(scene: Scene, first: int, last: int, *flags: str, **settings: str) -> Ended:
    """A backfill of the hours [first, last) of the fleet."""
    return backfill(at(first), at(last), *flags, env=scene.settings(**settings))


def documents(objects: Mapping[str, bytes]) -> dict[str, Any]:
    return {key: json.loads(body) for key, body in metadata(dict(objects)).items()}


def hours(recency: list[dict[str, Any]]) -> Hours:
    (instance,) = recency
    return {
        int(sector["TimeSectorStart"][11:13]): sector["TimeSectorComplete"]
        for sector in instance["TimeSectors"]
    }


def recency_in(folder: Path) -> Hours:
    return hours(json.loads((folder / RECENCY).read_bytes()))


def schema_ids(objects: Mapping[str, bytes]) -> set[str]:
    """The schema objects that are there."""
    found = (SCHEMA_KEY.fullmatch(key) for key in objects)
    return {match[1] for match in found if match}


@pytest.fixture
def forgetful(team: Scene, tmp_path: Path) -> str:
    """A dump of the small fleet that begins in the middle of hour 1: hour 0 fails."""
    return str(write_dump(cut(team.fleet, at(1, 30)), tmp_path / "forgetful.om"))


def test_a_run_leaves_the_metadata_of_what_it_wrote(team: Scene, s3: S3Server) -> None:
    """Every object on S3 names a schema that is there, is its instance's, and has its columns."""
    bucket = s3.new_bucket()
    succeeded(export(team, 0, 3, **s3.settings(bucket)))
    found = in_bucket(s3, bucket)
    documented = documents(found)
    assert list(documented)[:3] == [
        f"{FOLDER}data_generator.json",
        f"{FOLDER}dataset_instances.json",
        RECENCY,
    ]
    ((instance,), (schema_id,)) = documented[f"{FOLDER}dataset_instances.json"], schema_ids(found)
    schema = documented[f"{FOLDER}schemas/{schema_id}.json"]
    assert schema["DatasetInstanceId"] == instance["DatasetInstanceId"]
    assert documented[RECENCY][0]["DatasetInstanceId"] == instance["DatasetInstanceId"]
    assert hours(documented[RECENCY]) == {0: True, 1: True, 2: True}
    for key, body in data(found).items():
        head = s3.client.head_object(Bucket=bucket, Key=key)["Metadata"]
        assert {name.lower(): value for name, value in head.items()}["schema-id"] == schema_id
        file = parquet_file(body)
        assert file.schema_arrow.names == [one["ColumnName"] for one in schema["ColumnDefinition"]]
        assert json.loads(file.metadata.metadata[b"focus"])["SchemaId"] == schema_id
    (manifest,) = (json.loads(body) for body in manifests(found).values())
    periods = manifest["Periods"]
    assert {one["Key"]: one["SchemaId"] for one in periods} == dict.fromkeys(data(found), schema_id)


def test_times_have_the_form_of_focus(team: Scene, tmp_path: Path) -> None:
    succeeded(export(team, 0, 2, OUTPUT_DIR=str(tmp_path)))
    named = r'"(CreationDate|\w+LastUpdated|TimeSectorStart|TimeSectorEnd)": "([^"]*)"'
    found = [
        pair
        for body in metadata(in_folder(tmp_path)).values()
        for pair in re.findall(named, body.decode())
    ]
    assert Counter(name for name, _ in found) == {
        "CreationDate": 1,
        "RecencyLastUpdated": 1,
        "DatasetInstanceLastUpdated": 1,
        "TimeSectorStart": 2,
        "TimeSectorEnd": 2,
        "TimeSectorLastUpdated": 2,
    }
    assert all(TIME.fullmatch(time) for _, time in found)


def test_a_second_run_writes_no_metadata(team: Scene, moto: S3Server) -> None:
    """The store keeps every version, so that nothing can be written unseen."""
    bucket = moto.new_bucket()
    moto.client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        succeeded(export(team, 0, 3, **moto.settings(bucket)))
    found = in_bucket(moto, bucket)
    listed = moto.client.list_object_versions(Bucket=bucket, Prefix="focus/metadata/")["Versions"]
    assert Counter(one["Key"] for one in listed) == dict.fromkeys(
        [*metadata(found), *manifests(found)], 1
    )
    assert len(manifests(found)) == 2


def test_a_later_run_adds_its_hours_and_leaves_the_rest(team: Scene, s3: S3Server) -> None:
    """Only the recency of the day is another."""
    bucket = s3.new_bucket()
    succeeded(export(team, 0, 2, **s3.settings(bucket)))
    first = metadata(in_bucket(s3, bucket))
    succeeded(export(team, 1, 4, **s3.settings(bucket)))
    found = metadata(in_bucket(s3, bucket))
    assert [key for key in found if found[key] != first.get(key)] == [RECENCY]
    assert hours(documents(found)[RECENCY]) == dict.fromkeys(range(4), True)
    earlier, now = (documents(each)[RECENCY][0]["TimeSectors"] for each in (first, found))
    assert now[:2] == earlier


def test_a_failed_hour_is_not_complete_until_it_is_written(
    team: Scene, forgetful: str, tmp_path: Path
) -> None:
    folder = str(tmp_path / "out")
    run = export(team, 0, 3, OUTPUT_DIR=folder, SOURCE_FILE=forgetful)
    assert (run.code, run.counts) == (3, (2, 0, 0, 1))
    assert recency_in(Path(folder)) == {0: False, 1: True, 2: True}
    failed = metadata(in_folder(Path(folder)))
    again = export(team, 0, 3, OUTPUT_DIR=folder, SOURCE_FILE=forgetful)
    assert again.code == 3
    assert metadata(in_folder(Path(folder))) == failed
    succeeded(export(team, 0, 3, "--restate", OUTPUT_DIR=folder))
    assert recency_in(Path(folder)) == {0: True, 1: True, 2: True}


def test_an_accepted_gap_is_not_complete(team: Scene, forgetful: str, tmp_path: Path) -> None:
    """There is an object, and it says that nothing was observed."""
    folder = tmp_path / "out"
    settings = {"OUTPUT_DIR": str(folder), "SOURCE_FILE": forgetful}
    succeeded(export(team, 0, 3, "--accept-gaps", **settings))
    assert recency_in(folder) == {0: False, 1: True, 2: True}
    assert len(data(in_folder(folder))) == 3


def test_objects_without_a_sector_get_the_one_they_had(
    team: Scene, forgetful: str, tmp_path: Path
) -> None:
    """As after a run that was killed: --missing-only makes nothing again, and asks the objects."""
    settings = {"OUTPUT_DIR": str(tmp_path), "SOURCE_FILE": forgetful}
    succeeded(export(team, 0, 3, "--accept-gaps", **settings))
    (tmp_path / RECENCY).unlink()
    succeeded(export(team, 0, 3, "--missing-only", OUTPUT_DIR=str(tmp_path)))
    assert recency_in(tmp_path) == {0: False, 1: True, 2: True}


def test_a_new_schema_comes_with_new_columns_only(team: Scene, s3: S3Server) -> None:
    """Hours under another prefix have another schema; that of the others stays as it is."""
    bucket = s3.new_bucket()
    for first in (0, 1):
        succeeded(export(team, first, first + 1, **s3.settings(bucket)))
    before = metadata(in_bucket(s3, bucket))
    assert len(schema_ids(before)) == 1
    strict = {"FOCUS_EXTENSION_PREFIX": "x_Infer", **s3.settings(bucket)}
    succeeded(export(team, 2, 3, **strict))
    found = metadata(in_bucket(s3, bucket))
    (added,) = schema_ids(found) - schema_ids(before)
    columns = documents(found)[f"{FOLDER}schemas/{added}.json"]["ColumnDefinition"]
    assert any(one["ColumnName"].startswith("x_Infer") for one in columns)
    assert {key: found[key] for key in before if "/schemas/" in key} == {
        key: body for key, body in before.items() if "/schemas/" in key
    }
    listed = documents(found)[f"{FOLDER}dataset_instances.json"]
    recency = documents(found)[RECENCY]
    assert {one["DatasetInstanceId"] for one in listed} == {
        one["DatasetInstanceId"] for one in recency
    }
    assert sorted(len(one["TimeSectors"]) for one in recency) == [1, 2]


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("1.0", ["data_generator.json", "schemas"]),
        ("1.2", ["data_generator.json", "schemas"]),
        ("1.4", ["data_generator.json", "dataset_instances.json", "recency", "schemas"]),
        ("infercost-1.0", []),
    ],
)
def test_a_version_has_the_metadata_it_defines(
    team: Scene, tmp_path: Path, version: str, names: list[str]
) -> None:
    succeeded(export(team, 0, 1, OUTPUT_DIR=str(tmp_path), FOCUS_VERSION=version))
    found = metadata(in_folder(tmp_path))
    assert sorted({key.removeprefix(FOLDER).partition("/")[0] for key in found}) == names


def test_replaced_hours_are_gone_from_the_recency(team: Scene, tmp_path: Path) -> None:
    """The instance of the hours stays listed, with nothing on that day."""
    succeeded(export(team, 0, 24, OUTPUT_DIR=str(tmp_path)))
    (hourly,) = json.loads((tmp_path / RECENCY).read_bytes())
    daily = {"OUTPUT_DIR": str(tmp_path), "COLLECTION_GRANULARITY": "daily"}
    succeeded(export(team, 0, 24, "--restate", "--replace-layout", **daily))
    (instance,) = json.loads((tmp_path / RECENCY).read_bytes())
    assert instance["DatasetInstanceId"] != hourly["DatasetInstanceId"]
    (sector,) = instance["TimeSectors"]
    assert (sector["TimeSectorStart"], sector["TimeSectorEnd"]) == (
        "2026-10-01T00:00:00Z",
        "2026-10-02T00:00:00Z",
    )
    listed = json.loads((tmp_path / f"{FOLDER}dataset_instances.json").read_bytes())
    assert len(listed) == 2
