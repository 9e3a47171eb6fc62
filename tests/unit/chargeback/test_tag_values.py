"""Tags as groups of a report."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from exporter.chargeback.tag_values import tag_values
from exporter.errors import UnreadableFile


def value(key: str, own: object, allocated: object = None) -> str | None:
    texts = [None if tags is None else json.dumps(tags) for tags in (own, allocated)]
    cells = pa.table(
        {name: pa.array([text], pa.string()) for name, text in zip(COLUMNS, texts, strict=True)}
    )
    (found,) = tag_values(cells, key).to_pylist()
    return None if found is None else str(found)


COLUMNS = ("Tags", "AllocatedTags")


@pytest.mark.parametrize(
    ("key", "tags", "expected"),
    [
        ("team", {"team": "search"}, "search"),
        ("cost-center", {"cost-center": "7"}, "7"),
        ("cost-center", {"cost_center": "7"}, "7"),
        ("cost_center", {"cost-center": "7"}, "7"),
        ("costCenter", {"cost_center": "7"}, "7"),
        ("app.kubernetes.io/name", {"app_kubernetes_io_name": "vllm"}, "vllm"),
        ("infer-focus/cluster", {"infer-focus/cluster": "prod"}, "prod"),
        ("cost-center", {"cost-center": "own", "cost_center": "other"}, "own"),
        ("cost_center", {"cost-center": "own", "cost_center": "other"}, "other"),
        ("gpu", {"gpu": True}, "true"),
        ("size", {"size": 7}, "7"),
        ("team", {"team": None}, None),
        ("team", {"teams": "search"}, None),
        ("team", {}, None),
        ("team", None, None),
    ],
)
def test_a_tag_is_found_as_it_is_spelled_or_as_kube_state_metrics_spells_it(
    key: str, tags: object, expected: str | None
) -> None:
    assert value(key, tags) == expected


def test_a_share_of_a_pool_has_the_tags_of_its_holder() -> None:
    pool = {"infer-focus/costProfile": "h100"}
    assert value("team", pool, {"team": "search"}) == "search"
    assert value("infer-focus/costProfile", pool, {"team": "search"}) == "h100"


@pytest.mark.parametrize("text", ["", "{", "[]", '"team"'])
def test_tags_that_are_no_object_are_unreadable(text: str) -> None:
    cells = pa.table({"Tags": [text], "AllocatedTags": pa.array([None], pa.string())})
    with pytest.raises(UnreadableFile, match="tags that are no JSON"):
        tag_values(cells, "team")
