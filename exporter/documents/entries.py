"""One raw document as one of the known kinds, or its faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from exporter.documents.faults import faults_of, nearest, one_line, shown
from exporter.documents.fields import Document
from exporter.documents.kinds import (
    API_VERSION,
    CloudPricing,
    CostProfile,
    TokenBudget,
    UsageReport,
)
from exporter.documents.parse import RawDocument
from exporter.documents.rate_card import RateCard

_KINDS: dict[str, type[Document]] = {
    "CostProfile": CostProfile,
    "UsageReport": UsageReport,
    "TokenBudget": TokenBudget,
    "CloudPricing": CloudPricing,
    "RateCard": RateCard,
}
_FLAT_KINDS = ("CloudPricing", "RateCard")
_LATER_KINDS = ("MetricMapping",)
_USED_METADATA = ("name", "namespace", "labels")
_DEEPEST_LIST = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A document with its place and name.

    `document` is None if it has faults; `kind` is empty if it is not even of a known kind.
    `body` is what of it is read, at the path `prefix`; whatever it is.
    """

    place: str
    kind: str
    name: str
    namespace: str | None
    document: Document | None
    body: object = None
    prefix: str = ""


def entries_of(raw: RawDocument, faults: list[str], depth: int = 0) -> Iterator[Entry]:
    """The entries of a document, of each item if it is a List; what is wrong goes to `faults`."""
    content = raw.content
    if not isinstance(content, dict):
        faults.append(f"{raw.place}: got {shown(content)}, expected a mapping with a kind")
    elif content.get("kind") == "List" and depth < _DEEPEST_LIST:
        items = content.get("items") or []
        if not isinstance(items, list):
            faults.append(f"{raw.place}: items: got {shown(items)}, expected a list")
            return
        for number, item in enumerate(items, start=1):
            yield from entries_of(
                RawDocument(f"{raw.place}, item {number}", item), faults, depth + 1
            )
    elif fault := _kind_fault(content):
        faults.append(f"{raw.place}: {fault}")
        yield Entry(raw.place, "", "", None, None)
    else:
        yield _entry(raw.place, content, faults)


def _kind_fault(content: dict[str, object]) -> str | None:
    kind, version = content.get("kind"), content.get("apiVersion", API_VERSION)
    known = ", ".join(_KINDS)
    if kind is None:
        hint = ", a price list is a CloudPricing" if "providers" in content else ""
        return f"kind: is required, expected one of {known}{hint}"
    if kind in _LATER_KINDS:
        return f"kind: {kind} is not supported by this version of infer-focus, remove the document"
    if not isinstance(kind, str) or kind not in _KINDS:
        near = nearest(kind, _KINDS) if isinstance(kind, str) else f"known here: {known}"
        return (
            f"kind: got {shown(kind)}, {near} "
            "(documents of other programs do not belong in this folder)"
        )
    if version != API_VERSION:
        return f"apiVersion: got {shown(version)}, expected {API_VERSION}"
    return None


def _entry(place: str, content: dict[str, object], faults: list[str]) -> Entry:
    kind = str(content["kind"])
    name, namespace = _declared(content, "name"), _declared(content, "namespace")
    titled = f"{place} ({'/'.join([kind, *map(one_line, filter(None, [namespace, name]))])})"
    body, prefix = _body(kind, content)
    document = None
    try:
        document = _KINDS[kind].model_validate(body, by_alias=True, by_name=False)
    except ValidationError as error:
        faults.extend(f"{titled}: {fault}" for fault in faults_of(error, _KINDS[kind], prefix))
    return Entry(titled, kind, name, namespace or None, document, body, prefix)


def _declared(content: dict[str, object], key: str) -> str:
    """A name in the metadata as far as it is one, for messages and for what refers to it."""
    metadata = content.get("metadata")
    value = metadata.get(key) if isinstance(metadata, dict) else None
    return value if isinstance(value, str) else ""


def _body(kind: str, content: dict[str, object]) -> tuple[object, str]:
    """The part of a document that is read, and the path it stands at.

    Price lists have their fields under `spec` or, as InferCost's price file, at the top.
    """
    body = {key: content[key] for key in content if key not in ("apiVersion", "kind", "status")}
    if kind in _FLAT_KINDS:
        body.pop("metadata", None)
        return (body["spec"], "spec.") if body.keys() == {"spec"} else (body, "")
    metadata = body.get("metadata")
    if metadata is None:
        metadata = {}
    if isinstance(metadata, dict):
        body["metadata"] = {key: metadata[key] for key in metadata if key in _USED_METADATA}
    return body, ""
