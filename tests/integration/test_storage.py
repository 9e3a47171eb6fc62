"""What every store must do, on a folder, rclone's S3 server and moto's."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from exporter.errors import StoreFailed, UnusableError
from exporter.periods import day_of
from exporter.storage.local import LocalStore
from exporter.storage.publish import Outcome, publish
from exporter.storage.record import sha256_hex
from exporter.storage.replacements import Replacements
from exporter.storage.s3 import S3Store, connect
from exporter.storage.store import Store, StoredObject
from tests.servers import S3Server, moto_server, s3_server
from tests.unit.storage.objects import (
    MARCH,
    PARQUET,
    at,
    candidate,
    data_keys,
    day,
    destination,
    hour,
    hours_of,
    publish_all,
)

KEY = (
    "focus/version=focus-1.3/year=2026/month=03/day=10/infer-focus-a.b_c-1--t.1-2026-03-10.parquet"
)
METADATA = {"sha256": "ab" * 32, "report-set": "ü 100% \u2028", "start": "2026-03-10T00:00:00Z"}


def s3_store(server: S3Server, bucket: str, **options: object) -> S3Store:
    access: dict[str, object] = {
        "endpoint_url": server.endpoint,
        "access_key_id": server.access_key,
        "secret_access_key": server.secret_key,
    }
    return connect(bucket, **(access | options))  # type: ignore[arg-type]


@pytest.fixture(params=["local", "rclone", "moto"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "local":
        yield LocalStore(tmp_path)
        return
    server = request.getfixturevalue({"rclone": "s3", "moto": "moto"}[request.param])
    with closing(s3_store(server, server.new_bucket())) as made:
        yield made


def test_an_object_comes_back_with_its_metadata(store: Store) -> None:
    store.put(KEY, b"\x00body", METADATA, PARQUET)
    assert store.get(KEY) == b"\x00body"
    assert store.head(KEY) == StoredObject(KEY, METADATA)


def test_a_missing_object_is_none_and_cannot_be_read(store: Store) -> None:
    assert store.head(KEY) is None
    with pytest.raises(StoreFailed, match=r"cannot read: NoSuchKey|there is no such object"):
        store.get(KEY)


def test_an_object_is_appended_to_an_open_file(store: Store) -> None:
    store.put(KEY, b"body", METADATA, PARQUET)
    into = io.BytesIO()
    store.download(KEY, into)
    store.download(KEY, into)
    assert into.getvalue() == b"bodybody"
    with pytest.raises(StoreFailed, match=r"cannot read: NoSuchKey|there is no such object"):
        store.download("focus/none", into)


def test_folders_are_listed_without_what_lies_in_them(store: Store) -> None:
    keys = ("version=a/1", "version=a/b/2", "version=b/3", "version=file", "other/4")
    for key in (*(f"focus/{key}" for key in keys), KEY):
        store.put(key, b"x", {}, "text/csv")
    found = ["focus/version=a/", "focus/version=b/", "focus/version=focus-1.3/"]
    assert sorted(store.list_folders("focus/version=")) == found
    assert sorted(store.list_folders("focus/")) == ["focus/other/", *found]
    assert list(store.list_folders("")) == ["focus/"]
    assert list(store.list_folders("focus/version=a/")) == ["focus/version=a/b/"]
    assert list(store.list_folders("none/")) == []


def test_an_object_is_replaced_whole(store: Store) -> None:
    store.put(KEY, b"a longer one", METADATA, PARQUET)
    store.put(KEY, b"short", {"n": "2"}, PARQUET)
    assert store.get(KEY) == b"short"
    assert store.head(KEY) == StoredObject(KEY, {"n": "2"})


def test_an_empty_object_is_an_object(store: Store) -> None:
    store.put(KEY, b"", {}, "text/csv")
    assert store.get(KEY) == b""
    assert store.head(KEY) == StoredObject(KEY, {})


def test_a_removed_object_is_gone(store: Store) -> None:
    store.put(KEY, b"x", METADATA, PARQUET)
    store.delete(KEY)
    store.delete(KEY)
    assert store.head(KEY) is None
    assert list(store.list_keys("focus/")) == []


def test_a_listing_takes_the_prefix_literally(store: Store) -> None:
    keys = ["focus/day=10/infer-focus-prod-1", "focus/day=10/infer-focus-pro-1", "focus/day=1/x"]
    for key in keys:
        store.put(key, b"x", {}, PARQUET)
    assert list(store.list_keys("focus/day=10/infer-focus-prod-")) == keys[:1]
    assert sorted(store.list_keys("focus/day=1")) == sorted(keys)
    assert list(store.list_keys("focus/day=1/")) == keys[2:]
    assert list(store.list_keys("elsewhere/")) == []


def test_checks_pass_and_leave_nothing(store: Store) -> None:
    store.check_access("focus/")
    store.check_writing("focus/")
    store.check_writing("")
    assert list(store.list_keys("")) == []


def test_a_rerun_writes_nothing(store: Store) -> None:
    assert publish(destination(store), candidate(hour()), MARCH) is Outcome.WRITTEN
    assert publish(destination(store), candidate(hour()), MARCH) is Outcome.UNCHANGED


def test_a_layout_is_replaced(store: Store) -> None:
    publish(destination(store), candidate(day(), b"old"), MARCH)
    to, new = destination(store), [candidate(one) for one in hours_of(day())]
    replacements = Replacements(to, [(one.report, one.period) for one in new], force=False)
    publish_all(to, new, MARCH, replacements)
    assert replacements.finish() == []
    assert len(data_keys(store)) == 24
    assert destination(store).existing_keys([day_of(at("2026-03-10"))]) == {
        to.key("default", one.period, "parquet") for one in new
    }


def test_two_writers_of_one_object_end_with_one_good_object(store: Store) -> None:
    one = candidate(hour(), b"x" * 100_000)
    barrier = threading.Barrier(2)
    outcomes: list[Outcome] = []

    def write() -> None:
        to = destination(store, ternary_prefix="ternary/")
        barrier.wait(timeout=10)
        outcomes.append(publish(to, one, MARCH))

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    assert len(outcomes) == 2
    key = destination(store).key("default", hour(), "parquet")
    assert sorted(store.list_keys("")) == [key, f"ternary/{key}"]
    assert store.get(key) == store.get(f"ternary/{key}") == one.body
    again = destination(store, ternary_prefix="ternary/")
    assert publish(again, one, MARCH) is Outcome.UNCHANGED


@pytest.mark.parametrize("store", ["local", "moto"], indirect=True)
def test_two_writers_of_different_content_never_mix_metadata(store: Store) -> None:
    """rclone is left out: it keeps metadata apart from the content."""
    bodies = {str(n): bytes([65 + n]) * 50_000 for n in range(4)}
    barrier = threading.Barrier(len(bodies))

    def write(name: str) -> None:
        barrier.wait(timeout=10)
        store.put(KEY, bodies[name], {"body": name}, PARQUET)

    writers = [threading.Thread(target=write, args=(name,)) for name in bodies]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    stored = store.head(KEY)
    assert stored is not None
    assert store.get(KEY) == bodies[stored.metadata["body"]]


def test_a_listing_goes_over_pages(tmp_path: Path) -> None:
    keys = [f"day/{number:04d}" for number in range(1_003)]
    with s3_server(tmp_path) as server:
        bucket = server.new_bucket()
        (tmp_path / "buckets" / bucket / "day").mkdir()
        for key in keys:
            (tmp_path / "buckets" / bucket / key).touch()
        assert server.client.list_objects_v2(Bucket=bucket)["IsTruncated"]
        with closing(s3_store(server, bucket)) as store:
            assert list(store.list_keys("day/")) == keys


def test_kms_key_and_storage_class_are_those_of_the_object(moto: S3Server) -> None:
    bucket = moto.new_bucket()
    options = {"kms_key_id": "alias/focus", "storage_class": "STANDARD_IA"}
    with closing(s3_store(moto, bucket, **options)) as store:
        store.put(KEY, b"x", METADATA, PARQUET)
        store.check_writing("focus/")
    stored = moto.client.head_object(Bucket=bucket, Key=KEY)
    assert stored["ServerSideEncryption"] == "aws:kms"
    assert stored["SSEKMSKeyId"] == "alias/focus"
    assert stored["StorageClass"] == "STANDARD_IA"
    assert stored["ContentType"] == PARQUET
    assert all(value.isascii() for value in stored["Metadata"].values())
    assert moto.client.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


def test_without_options_nothing_is_asked_of_the_bucket(moto: S3Server) -> None:
    bucket = moto.new_bucket()
    with closing(s3_store(moto, bucket)) as store:
        store.put(KEY, b"x", {}, PARQUET)
    stored: dict[str, object] = dict(moto.client.head_object(Bucket=bucket, Key=KEY))
    assert "StorageClass" not in stored
    assert stored.get("ServerSideEncryption", "AES256") == "AES256"


@pytest.mark.parametrize("server", ["s3", "moto"])
def test_a_bucket_that_does_not_exist_cannot_be_used(
    request: pytest.FixtureRequest, server: str
) -> None:
    with closing(s3_store(request.getfixturevalue(server), "no-such-bucket")) as store:
        for check in (store.check_access, store.check_writing):
            with pytest.raises(UnusableError, match=r": NoSuchBucket \(The specified bucket does"):
                check("focus/")


def test_wrong_keys_cannot_be_used_and_are_not_shown(s3: S3Server) -> None:
    bucket = s3.new_bucket()
    place, wrong = f"s3://{bucket}/focus/: cannot list: ", "not-the-right-one"
    with (
        closing(s3_store(s3, bucket, access_key_id=wrong)) as store,
        pytest.raises(UnusableError) as caught,
    ):
        store.check_access("focus/")
    assert str(caught.value) == (
        f"{place}InvalidAccessKeyId (The Access Key Id you provided does not exist in our"
        " records.); check S3_ACCESS_KEY_ID"
    )
    with (
        closing(s3_store(s3, bucket, secret_access_key=wrong)) as store,
        pytest.raises(UnusableError) as caught,
    ):
        store.check_access("focus/")
    assert str(caught.value) == (
        f"{place}SignatureDoesNotMatch (The request signature we calculated does not match the"
        " signature you provided. Check your key and signing method.); check S3_SECRET_ACCESS_KEY"
    )


def test_a_head_without_access_is_not_a_missing_object(s3: S3Server) -> None:
    store = s3_store(s3, s3.new_bucket(), secret_access_key="not-the-right-one")
    with closing(store), pytest.raises(UnusableError, match=r"cannot read: 403 \(Forbidden\);"):
        store.head(KEY)


def test_metadata_lost_in_a_restart_is_repaired(tmp_path: Path) -> None:
    """rclone forgets metadata when it ends: the content is then compared itself."""
    with s3_server(tmp_path) as server:
        bucket = server.new_bucket()
        with closing(s3_store(server, bucket)) as store:
            publish(destination(store), candidate(hour()), MARCH)
    with s3_server(tmp_path) as server, closing(s3_store(server, bucket)) as store:
        assert publish(destination(store), candidate(hour()), MARCH) is Outcome.WRITTEN
        assert publish(destination(store), candidate(hour()), MARCH) is Outcome.UNCHANGED


def test_a_server_that_is_gone_cannot_be_used(tmp_path: Path) -> None:
    with moto_server(tmp_path) as server:
        store = s3_store(server, "bucket", attempts=1)
    with closing(store), pytest.raises(UnusableError) as caught:
        store.check_access("focus/")
    assert str(caught.value) == (
        "s3://bucket/focus/: cannot list: Could not connect to the endpoint URL:"
        f' "{server.endpoint}/bucket?list-type=2&prefix=focus%2F&max-keys=1&encoding-type=url";'
        " check S3_ENDPOINT_URL and the network"
    )


def test_tls_to_a_server_without_it_cannot_be_used(moto: S3Server) -> None:
    endpoint = moto.endpoint.replace("http://", "https://")
    store = s3_store(moto, "bucket", endpoint_url=endpoint, attempts=1)
    with closing(store), pytest.raises(UnusableError) as caught:
        store.check_access("focus/")
    assert str(caught.value).startswith(
        "s3://bucket/focus/: cannot list: TLS failed (SSL validation failed for "
    )
    assert str(caught.value).endswith("; check S3_ENDPOINT_URL and AWS_CA_BUNDLE")


class BusyHandler(BaseHTTPRequestHandler):
    """Answers 503 to the first request and 200 to the others."""

    def do_PUT(self) -> None:
        requests: list[str] = self.server.requests  # type: ignore[attr-defined]
        requests.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        right = sha256_hex(body) == self.headers["X-Amz-Content-SHA256"]
        self.send_response(200 if right and len(requests) > 1 else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Not on stderr."""


@pytest.fixture
def busy_server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), BusyHandler) as server:
        server.requests = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_busy_server_is_asked_again(busy_server: ThreadingHTTPServer, attempts: int) -> None:
    store = connect(
        "bucket",
        endpoint_url=f"http://127.0.0.1:{busy_server.server_port}",
        access_key_id="key",
        secret_access_key="secret",
        addressing_style="path",
        attempts=attempts,
    )
    with closing(store):
        if attempts == 2:
            store.put(KEY, b"x", {}, PARQUET)
            return
        with pytest.raises(StoreFailed) as caught:
            store.put(KEY, b"x", {}, PARQUET)
    assert str(caught.value) == (
        f"s3://bucket/{KEY}: cannot write: 503 (Service Unavailable); the next run tries again"
    )
