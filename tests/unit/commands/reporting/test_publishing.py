from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from exporter.commands.reporting.places import Place
from exporter.commands.reporting.publishing import publish_page
from exporter.storage.local import LocalStore
from tests.unit.storage.objects import CountedStore

KEY = "focus/reports/infer-focus-report-2026-03.html"


@pytest.fixture
def store(tmp_path: Path) -> CountedStore:
    return CountedStore(LocalStore(tmp_path))


def publish(store: CountedStore, content: bytes) -> tuple[int, str]:
    """How often something was written, and what was said."""
    store.calls.clear()
    with capture_logs() as logs:
        publish_page(Place(store, "focus/"), "2026-03", content)
    assert [log["object"] for log in logs] == [f"{store.describe()}{KEY}"]
    return store.count("put"), logs[0]["event"]


def test_a_page_lies_under_reports(store: CountedStore) -> None:
    assert publish(store, b"<p>") == (1, "report published")
    assert store.get(KEY) == b"<p>"


def test_the_same_page_is_not_written_again(store: CountedStore) -> None:
    publish(store, b"<p>")
    assert publish(store, b"<p>") == (0, "report is published already")
    assert publish(store, b"<b>") == (1, "report published")


def test_without_metadata_the_content_decides(store: CountedStore) -> None:
    store.put(KEY, b"<p>", {}, "text/html")
    assert publish(store, b"<p>")[0] == 0
    assert publish(store, b"<b>")[0] == 1
