"""The Tags column: own keys, then namespace labels, then pod labels, as a flat JSON object."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from exporter.cost.charges import Charges
from exporter.documents.kinds import CostProfile
from exporter.focus.context import RowContext
from exporter.focus.labels import allowed

TAG_PREFIX = "infer-focus/"  #: reserved for the keys that this program adds

TagValue = str | bool | None


def tags(charges: Charges, context: RowContext) -> list[str]:
    """One JSON object per charge.

    The own keys are always there, null where the charge has no such thing. A pod label wins over
    a namespace label of the same name, and an own key over both. A label without a value is
    true, as FOCUS asks for.
    """
    rows = zip(charges.profile, charges.model, _labels(charges, context), strict=True)
    return [
        _as_json(labels | _own_tags(profile, model, context)) for profile, model, labels in rows
    ]


def pool_tags(profile: CostProfile, context: RowContext) -> str:
    """The own keys of a pool as a whole, which serves no single model."""
    return _as_json(_own_tags(profile, None, context))


def allocated_tags(charges: Charges, context: RowContext) -> list[str | None]:
    """The labels of whoever has a share of a pool; null without any.

    FOCUS allows no key that stands in Tags, so own keys are left out.
    """
    found = (
        {key: value for key, value in labels.items() if not key.startswith(TAG_PREFIX)}
        for labels in _labels(charges, context)
    )
    return [_as_json(labels) if labels else None for labels in found]


def _labels(charges: Charges, context: RowContext) -> Iterator[dict[str, TagValue]]:
    """Namespace and pod labels of each charge, through the allow-list."""
    for of_namespace, of_pod in zip(charges.namespace_labels, charges.pod_labels, strict=True):
        labels = {
            **allowed(of_namespace, context.tag_allowlist),
            **allowed(of_pod, context.tag_allowlist),
        }
        yield {key: value or True for key, value in labels.items()}


def _own_tags(
    profile: CostProfile | None, model: str | None, context: RowContext
) -> dict[str, TagValue]:
    return {
        f"{TAG_PREFIX}cluster": context.cluster,
        f"{TAG_PREFIX}report": context.report,
        f"{TAG_PREFIX}schedule": context.schedule.value,
        f"{TAG_PREFIX}model": model,
        f"{TAG_PREFIX}gpuModel": None if profile is None else profile.spec.hardware.gpu_model,
        f"{TAG_PREFIX}costProfile": None if profile is None else profile.name,
    }


def _as_json(values: Mapping[str, TagValue], *, sort_keys: bool = True) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=sort_keys, separators=(",", ":"))


def infercost_tags(charges: Charges, context: RowContext) -> list[str]:
    """InferCost's own four keys, bare and in its order; rows without a model name the profile."""
    return [
        _as_json(_infercost_tags_of(charges, row, context), sort_keys=False)
        for row in range(len(charges))
    ]


def _infercost_tags_of(charges: Charges, row: int, context: RowContext) -> dict[str, TagValue]:
    profile, model = charges.profile[row], charges.model[row]
    values: dict[str, TagValue] = {"report": context.report, "schedule": context.schedule.value}
    if model is not None:
        values["model"] = model
    if profile is not None:
        values["gpuModel"] = profile.spec.hardware.gpu_model
    if model is None and profile is not None:
        values["costProfile"] = profile.name
    return values
