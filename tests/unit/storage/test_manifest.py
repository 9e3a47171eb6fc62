from __future__ import annotations

from pathlib import Path

import pytest

from exporter.storage.keys import metadata_key
from exporter.storage.local import LocalStore
from exporter.storage.manifest import (
    JSON_TYPE,
    has_document,
    read_document,
    write_document,
    write_manifest,
)
from tests.unit.storage.objects import CountedStore


@pytest.fixture
def store(tmp_path: Path) -> CountedStore:
    return CountedStore(LocalStore(tmp_path))


def test_a_manifest_is_sorted_json_beside_the_data(store: CountedStore) -> None:
    key = write_manifest(store, "focus/", "prod eu", "20260310T1410", {"b": [1], "a": "é"})
    assert key.startswith("focus/metadata/prod-eu.")
    assert key.endswith("/runs/20260310T1410.json")
    assert store.get(key).decode() == '{\n  "a": "é",\n  "b": [\n    1\n  ]\n}\n'


def test_a_run_id_cannot_leave_its_folder(store: CountedStore) -> None:
    key = write_manifest(store, "", "prod", "../../x", {})
    assert key.startswith("metadata/prod/runs/-x.")


def test_a_document_is_written_only_when_it_changed(store: CountedStore) -> None:
    name = "schemas/1.json"
    assert write_document(store, "", "prod", name, {"a": 1})
    assert not write_document(store, "", "prod", name, {"a": 1})
    assert write_document(store, "", "prod", name, {"a": 2})
    assert store.count("put") == 2


def test_a_list_is_a_document_too(store: CountedStore) -> None:
    assert write_document(store, "", "prod", "all.json", [{"b": 1, "a": 2}])
    assert store.get("metadata/prod/all.json").startswith(b'[\n  {\n    "a": 2,')
    assert not write_document(store, "", "prod", "all.json", [{"a": 2, "b": 1}])


def test_a_document_is_read_back(store: CountedStore) -> None:
    assert read_document(store, "focus/", "prod", "all.json") is None
    assert not has_document(store, "focus/", "prod", "all.json")
    write_document(store, "focus/", "prod", "all.json", [{"a": "é"}])
    assert read_document(store, "focus/", "prod", "all.json") == [{"a": "é"}]
    assert has_document(store, "focus/", "prod", "all.json")


@pytest.mark.parametrize("damaged", [b"", b"[1", b"\xff", b"null"])
def test_a_damaged_document_is_not_taken_for_none(store: CountedStore, damaged: bytes) -> None:
    store.put(metadata_key("", "prod", "all.json"), damaged, {}, JSON_TYPE)
    with pytest.raises(ValueError, match=r"Expecting|decode|null"):
        read_document(store, "", "prod", "all.json")


def test_a_number_that_json_does_not_know_is_refused(store: CountedStore) -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        write_document(store, "", "prod", "x.json", {"a": float("nan")})


@pytest.mark.parametrize("damaged", [b"", b"[1]", b"\xff", b"[" * 100_000])
def test_a_damaged_document_is_not_there(store: CountedStore, damaged: bytes) -> None:
    """Whoever overwrote it did not know of its metadata."""
    write_document(store, "", "prod", "x.json", {"a": 1})
    store.put(metadata_key("", "prod", "x.json"), damaged, {}, JSON_TYPE)
    assert not has_document(store, "", "prod", "x.json")
    assert write_document(store, "", "prod", "x.json", {"a": 1})
    assert has_document(store, "", "prod", "x.json")


def test_a_document_whose_metadata_is_lost_is_read(store: CountedStore) -> None:
    store.put(metadata_key("", "prod", "x.json"), b'{"a": 1}', {}, JSON_TYPE)
    assert has_document(store, "", "prod", "x.json")
