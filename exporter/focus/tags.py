"""The Tags column: own keys, then namespace labels, then pod labels, as a flat JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

from exporter.cost.charges import Charges
from exporter.cost.distinct import Coded, Texts, objects_of, pairs_of, texts_of
from exporter.documents.kinds import CostProfile
from exporter.focus.context import RowContext
from exporter.focus.labels import allowed
from exporter.focus.texts import alike

TAG_PREFIX = "infer-focus/"  #: reserved for the keys that this program adds

TagValue = str | bool | None

_SORTED = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_IN_ORDER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def tags(charges: Charges, context: RowContext) -> Coded[str]:
    """One JSON object per charge.

    The own keys are always there, null where the charge has no such thing. A pod label wins over
    a namespace label of the same name, and an own key over both. A label without a value is
    true, as FOCUS asks for.
    """
    own = pairs_of(
        objects_of(charges.profile),
        texts_of(charges.model),
        lambda profile, model: _own_tags(profile, model, context),
    )
    return pairs_of(_labels(charges, context), own, _as_json)


def _as_json(below: Mapping[str, TagValue], above: Mapping[str, TagValue]) -> str:
    return _sorted_json((*below.items(), *above.items()))


@lru_cache(maxsize=4096)  # the files of a run have the same tags
def _sorted_json(items: tuple[tuple[str, TagValue], ...]) -> str:
    """One JSON object; of equal keys the last counts."""
    return _SORTED.encode(dict(items))


def _one_over_the_other(
    below: Mapping[str, TagValue], above: Mapping[str, TagValue]
) -> Mapping[str, TagValue]:
    return {**below, **above}


def pool_tags(profile: CostProfile, context: RowContext) -> str:
    """The own keys of a pool as a whole, which serves no single model."""
    return _SORTED.encode(_own_tags(profile, None, context))


def allocated_tags(charges: Charges, context: RowContext) -> Texts:
    """The labels of whoever has a share of a pool; null without any.

    FOCUS allows no key that stands in Tags, so own keys are left out.
    """

    def foreign(labels: Mapping[str, TagValue]) -> str | None:
        found = {key: value for key, value in labels.items() if not key.startswith(TAG_PREFIX)}
        return _SORTED.encode(found) if found else None

    return _labels(charges, context).texts(foreign)


def _labels(charges: Charges, context: RowContext) -> Coded[Mapping[str, TagValue]]:
    """Namespace and pod labels of each charge, through the allow-list."""

    def shown(labels: Mapping[str, str]) -> Mapping[str, TagValue]:
        return {k: value or True for k, value in allowed(labels, context.tag_allowlist).items()}

    both = (charges.namespace_labels, charges.pod_labels)
    of_namespace, of_pod = (alike(objects_of(each), shown) for each in both)
    return pairs_of(of_namespace, of_pod, _one_over_the_other)


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


def infercost_tags(charges: Charges, context: RowContext) -> Coded[str]:
    """InferCost's own four keys, bare and in its order; rows without a model name the profile."""
    return pairs_of(
        objects_of(charges.profile),
        texts_of(charges.model),
        lambda profile, model: _infercost_tags_of(profile, model, context),
    ).each(_IN_ORDER.encode)


def _infercost_tags_of(
    profile: CostProfile | None, model: str | None, context: RowContext
) -> dict[str, TagValue]:
    values: dict[str, TagValue] = {"report": context.report, "schedule": context.schedule.value}
    if model is not None:
        values["model"] = model
    if profile is not None:
        values["gpuModel"] = profile.spec.hardware.gpu_model
    if model is None and profile is not None:
        values["costProfile"] = profile.name
    return values
