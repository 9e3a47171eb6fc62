"""What the Prometheus operator's CustomResourceDefinition says of a PrometheusRule, version v1.

Kubernetes drops fields that it does not know; here they are faults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DURATION = (
    r"^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$"
)
_TEXT = {"type": "string"}
_TEXTS = {"type": "object", "additionalProperties": _TEXT}
_TIME = {"type": "string", "pattern": _DURATION, "minLength": 1}


def _closed(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [*required],
        "properties": properties,
    }


_RULE = _closed(
    {
        "record": _TEXT,
        "alert": _TEXT,
        "expr": {"type": ["string", "integer"]},
        "for": _TIME,
        "keep_firing_for": _TIME,
        "labels": _TEXTS,
        "annotations": _TEXTS,
    },
    "expr",
)
_GROUP = _closed(
    {
        "name": {"type": "string", "minLength": 1},
        "interval": _TIME,
        "query_offset": _TIME,
        "limit": {"type": "integer"},
        "partial_response_strategy": {"enum": ["", "abort", "warn"]},
        "rules": {"type": "array", "items": _RULE},
    },
    "name",
)
_METADATA = _closed(
    {"name": _TEXT, "namespace": _TEXT, "labels": _TEXTS, "annotations": _TEXTS}, "name"
)
SCHEMA = _closed(
    {
        "apiVersion": {"const": "monitoring.coreos.com/v1"},
        "kind": {"const": "PrometheusRule"},
        "metadata": _METADATA,
        "spec": _closed({"groups": {"type": "array", "items": _GROUP}}),
    },
    *("apiVersion", "kind", "metadata", "spec"),
)
