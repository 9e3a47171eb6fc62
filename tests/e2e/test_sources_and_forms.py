"""Whatever is read and wherever it goes, the values are the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.e2e.conftest import Exported
from tests.e2e.job import backfill, succeeded
from tests.e2e.scene import Scene
from tests.e2e.written import data, in_bucket, in_folder, manifests, metadata, parquet_file, table
from tests.fleets.token_scenarios import T0
from tests.servers import S3Server


@pytest.fixture(scope="module")
def as_csv(mixed: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mixed fleet as CSV files in a folder."""
    folder = tmp_path_factory.mktemp("csv")
    settings = mixed.settings(OUTPUT_DIR=str(folder), S3_FORMAT="csv")
    succeeded(backfill(*mixed.span, env=settings))
    return folder


@pytest.fixture
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def test_a_dump_gives_the_bytes_that_prometheus_gives(
    from_prometheus: Exported, from_dump: Exported
) -> None:
    """And a folder has the keys that a bucket has."""
    assert from_dump.objects == from_prometheus.objects


def test_manifests_and_metadata_lie_beside_the_data(
    from_prometheus: Exported, from_dump: Exported, s3: S3Server
) -> None:
    """In a folder of the cluster, in both destinations."""
    for found in (in_bucket(s3, from_prometheus.place), in_folder(Path(from_dump.place))):
        beside = {*manifests(found), *metadata(found)}
        assert all(key.startswith("focus/metadata/prod-eu/") for key in beside)
        assert found.keys() == {*data(found), *beside}


def test_the_settings_of_the_destination_reach_the_objects(
    team: Scene, team_hourly: Exported, moto: S3Server
) -> None:
    """Prefix, key, storage class and compression; the rows are the same."""
    bucket = moto.new_bucket()
    own = {
        "S3_PREFIX": "/finance/gpu",
        "S3_KMS_KEY_ID": "alias/billing",
        "S3_STORAGE_CLASS": "STANDARD_IA",
        "PARQUET_COMPRESSION": "zstd",
    }
    settings = team.settings(**moto.settings(bucket), **own)
    succeeded(backfill(T0, T0 + 3600, env=settings))
    (plain, plain_body), *_ = team_hourly.objects.items()
    ((key, body),) = data(in_bucket(moto, bucket)).items()
    assert key == plain.replace("focus/", "finance/gpu/", 1)
    stored = moto.client.head_object(Bucket=bucket, Key=key)
    assert (stored["SSEKMSKeyId"], stored["StorageClass"]) == ("alias/billing", "STANDARD_IA")
    assert parquet_file(body).metadata.row_group(0).column(0).compression == "ZSTD"
    assert table(body).equals(table(plain_body))


def columns(duck: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    described = duck.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    return {name: kind for name, kind, *_ in described}


def number(duck: duckdb.DuckDBPyConnection, query: str) -> int:
    (found,) = duck.execute(f"SELECT count(*) FROM ({query})").fetchall()
    return int(found[0])


def test_csv_says_what_parquet_says(
    duck: duckdb.DuckDBPyConnection, as_csv: Path, from_dump: Exported
) -> None:
    """Value by value, once the texts of the CSV are read as the types of the Parquet files."""
    parquet = f"read_parquet('{from_dump.place}/focus/version=*/**/*.parquet')"
    text = f"read_csv('{as_csv}/focus/version=*/**/*.csv', all_varchar=true, header=true)"
    types = columns(duck, parquet)
    assert list(columns(duck, text)) == list(types)
    cast = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in types.items())
    rows = from_dump.run.events[-1]["rows"]
    written, read = f"SELECT * FROM {parquet}", f"SELECT {cast} FROM {text}"
    assert (number(duck, written), number(duck, read)) == (rows, rows)
    assert number(duck, f"{written} EXCEPT ALL {read}") == 0


def test_the_folders_are_hive_partitions(
    duck: duckdb.DuckDBPyConnection, as_csv: Path, from_dump: Exported
) -> None:
    """A reader that asks for a day gets the charges of that day, of either form."""
    readers = (
        f"read_parquet('{from_dump.place}/focus/**/*.parquet', hive_partitioning=true)",
        f"read_csv('{as_csv}/focus/**/*.csv', hive_partitioning=true)",
    )
    for reader in readers:
        found = duck.execute(f"""
            SELECT min(ChargePeriodStart::TIMESTAMPTZ)::VARCHAR,
                   max(ChargePeriodEnd::TIMESTAMPTZ)::VARCHAR
            FROM {reader}
            WHERE version = 'focus-1.3' AND year = 2026 AND month = 10 AND day = 2""").fetchall()
        assert found == [("2026-10-02 00:00:00+00", "2026-10-02 06:00:00+00")]
