"""What no exporter can do without: imports, making clients, writing the same tables, putting them.

Each is done as barely as the same libraries allow.
"""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.processes import Run, run
from tests.servers import S3Server

#: What `python -X importtime` calls a module, and the names that are no third party's.
_IMPORTED = re.compile(r"^import time: .*\| *(\S+)$")
_OWN = frozenset({"exporter", "sitecustomize", "usercustomize"})
#: How many puts at a time are tried; the best counts.
_PUTTING = (1, 2, 4)


def third_party_modules(importtime: str) -> list[str]:
    """The modules that a process loaded from other projects, by its `-X importtime` lines."""
    found = (_IMPORTED.match(line) for line in importtime.splitlines())
    names = dict.fromkeys(match[1] for match in found if match)
    return [name for name in names if not _is_own(name.partition(".")[0])]


def _is_own(package: str) -> bool:
    return package in sys.stdlib_module_names or package in _OWN or package.startswith("_")


def bare_start(modules: Sequence[str], s3: S3Server, folder: Path) -> Run:
    """A Python process that loads these modules, makes the clients of both servers, and ends."""
    return run([sys.executable, "-c", _script(modules, s3)], {}, folder)


def _script(modules: Sequence[str], s3: S3Server) -> str:
    """A module that cannot be loaded was tried by the exporter's libraries in vain, too."""
    lines = ["from importlib import import_module", f"for name in {list(modules)!r}:"]
    lines += ["    try: import_module(name)", "    except ImportError: pass"]
    if "httpx" in modules:
        lines += ["import httpx", "httpx.Client()"]
    if "boto3" in modules:
        access = f"endpoint_url={s3.endpoint!r}, region_name='us-east-1'"
        keys = f"aws_access_key_id={s3.access_key!r}, aws_secret_access_key={s3.secret_key!r}"
        lines += ["import boto3", f"boto3.session.Session().client('s3', {access}, {keys})"]
    return "\n".join(lines)


def bare_write(tables: Sequence[pa.Table], compression: str = "snappy") -> float:
    """Seconds to write each table as a Parquet file in memory, with pyarrow's defaults."""
    begin = time.perf_counter()
    for table in tables:
        pq.write_table(table, io.BytesIO(), compression=compression)
    return time.perf_counter() - begin


def bare_puts(objects: Mapping[str, bytes], s3: S3Server) -> float:
    """Seconds to put the same bytes into an empty bucket, as many at a time as is fastest."""
    return min(_put_all(objects, s3, parallel) for parallel in _PUTTING)


def _put_all(objects: Mapping[str, bytes], s3: S3Server, parallel: int) -> float:
    bucket = s3.new_bucket()

    def put(item: tuple[str, bytes]) -> None:
        key, body = item
        s3.client.put_object(Bucket=bucket, Key=key, Body=body)

    with ThreadPoolExecutor(parallel) as pool:
        begin = time.perf_counter()
        _done(pool.map(put, objects.items()))
        return time.perf_counter() - begin


def _done(results: Iterator[None]) -> None:
    for _ in results:
        pass
