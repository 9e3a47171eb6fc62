"""The objects to check, on rclone's S3 server and moto's."""

from __future__ import annotations

import pytest

from exporter.commands.validating.bucket import bucket_files
from exporter.errors import ConfigurationError, StoreFailed, UnusableError
from exporter.storage.s3 import connect
from tests.servers import S3Server


@pytest.fixture(params=["s3", "moto"])
def server(request: pytest.FixtureRequest) -> S3Server:
    found: S3Server = request.getfixturevalue(request.param)
    return found


def environ(server: S3Server) -> dict[str, str]:
    """Other settings, even wrong ones, do not matter for reading."""
    return server.settings("another-bucket") | {"PROMETHEUS_URL": "nonsense", "S3_FORMAT": "xml"}


def bucket_with(server: S3Server, *keys: str) -> str:
    bucket = server.new_bucket()
    for key in keys:
        server.client.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def names(server: S3Server, url: str) -> list[str]:
    with bucket_files(url, environ(server)) as files:
        return [file.name for file in files]


def test_a_prefix_is_a_folder(server: S3Server) -> None:
    bucket = bucket_with(
        server, "focus/b.csv", "focus/a/b.parquet", "focus-2/c.csv", "focus/metadata/m.json"
    )
    assert names(server, f"s3://{bucket}/focus") == ["a/b.parquet", "b.csv"]
    assert names(server, f"s3://{bucket}/focus/") == ["a/b.parquet", "b.csv"]
    every = ["focus-2/c.csv", "focus/a/b.parquet", "focus/b.csv"]
    assert names(server, f"s3://{bucket}") == names(server, f"s3://{bucket}/") == every


def test_one_object_is_taken_whatever_its_name_and_read_whole(server: S3Server) -> None:
    bucket = server.new_bucket()
    body = bytes(range(256)) * (5 << 12)
    server.client.put_object(Bucket=bucket, Key="a/version=focus-1.3/rows", Body=body)
    url = f"s3://{bucket}/a/version=focus-1.3/rows"
    with bucket_files(url, environ(server)) as (found,):
        assert (found.name, found.place) == (url, "/a/version=focus-1.3/rows")
        with found.open() as file:
            assert file.read() == body


def test_nothing_to_check_is_refused(server: S3Server) -> None:
    bucket = bucket_with(server, "a.json")
    with (
        pytest.raises(ConfigurationError) as caught,
        bucket_files(f"s3://{bucket}/x", environ(server)),
    ):
        pass
    assert str(caught.value) == (
        f"s3://{bucket}/x: holds no object that ends with .parquet, .csv or .csv.gz"
    )


def test_a_bucket_that_does_not_exist_cannot_be_used(server: S3Server) -> None:
    with (
        pytest.raises(UnusableError, match=r"^s3://no-such-bucket/focus: cannot list: NoSuchB"),
        bucket_files("s3://no-such-bucket/focus", environ(server)),
    ):
        pass


def test_an_object_that_went_away_is_one_failure(server: S3Server) -> None:
    bucket = bucket_with(server, "a.csv")
    with bucket_files(f"s3://{bucket}", environ(server)) as (found,):
        store = connect(
            bucket,
            endpoint_url=server.endpoint,
            access_key_id=server.access_key,
            secret_access_key=server.secret_key,
        )
        store.delete("a.csv")
        store.close()
        with pytest.raises(StoreFailed, match="cannot read: NoSuchKey"), found.open():
            pass


def test_settings_for_the_bucket_that_are_wrong_are_named() -> None:
    with (
        pytest.raises(ConfigurationError, match="S3_SECRET_ACCESS_KEY: is required"),
        bucket_files("s3://bucket/", {"S3_ACCESS_KEY_ID": "me"}),
    ):
        pass
