"""What is wrong with a document, in the words of the document: path, value, what was expected."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from difflib import get_close_matches
from typing import get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from exporter.documents.fields import TEXT, Document, Expectation, yaml_name

#: Fields of other versions of the CRDs, and where to say the same here.
_ELSEWHERE = {
    "spec.cloudComparison": "write it as `comparisons` of a CloudPricing document",
    "spec.namespaceSelector": "name the namespaces in spec.namespaces",
}
_LONGEST_SHOWN = 60
_Location = Sequence[int | str]


def faults_of(error: ValidationError, kind: type[Document], prefix: str = "") -> Iterator[str]:
    """One `path: what is wrong` for each fault; `prefix` goes before every path."""
    for detail in error.errors(include_url=False):
        if detail["type"] == "inconsistent":
            path = _path(detail["loc"])
            before = f"{prefix}{path}." if path else prefix
            yield from (before + fault for fault in detail["ctx"]["faults"])
        else:
            yield f"{prefix}{_path(detail['loc'])}: {_problem(detail, kind)}"


def shown(value: object, longest: int = _LONGEST_SHOWN) -> str:
    """A value as it may stand in a one-line message: short, and a text in quotes."""
    if isinstance(value, str):
        text = value if len(value) <= longest else value[:longest] + "…"
        return json.dumps(text, ensure_ascii=not text.isprintable())
    if isinstance(value, bool | None):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() < _LONGEST_SHOWN else "a very large number"
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    return str(value) if isinstance(value, float | date) else "something else"


def nearest(name: str, known: Iterable[str]) -> str:
    """`did you mean …?` for the known name that is nearly the same, else a list of the known."""
    by_lower = {word.lower(): word for word in known}
    if match := get_close_matches(name.lower(), by_lower, n=1, cutoff=0.75):
        return f"did you mean {by_lower[match[0]]}?"
    return f"known here: {', '.join(sorted(by_lower.values()))}"


def one_line(name: str) -> str:
    """A name as it is, or quoted and cut where it could break the line."""
    return name if name.isprintable() and len(name) <= _LONGEST_SHOWN else shown(name)


def _path(location: _Location) -> str:
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part != "[key]":  # pydantic's mark for a fault of the key itself
            path += f".{one_line(part)}" if path else one_line(part)
    return path


def _problem(detail: ErrorDetails, kind: type[Document]) -> str:
    location, value = detail["loc"], detail["input"]
    match detail["type"]:
        case "extra_forbidden":
            return _unknown_field(location, kind)
        case "missing":
            return f"is required{_expected_at(location, kind)}"
        case "expected":
            words = detail["msg"]
            quotable = words == TEXT.words and isinstance(value, int | float | date)
            hint = ", put it in quotes" if quotable else ""
            return f"got {shown(value)}, expected {words}{hint}"
        case _:
            return f"got {shown(value)}, expected a mapping"


def _unknown_field(location: _Location, kind: type[Document]) -> str:
    if hint := _ELSEWHERE.get(_path(location)):
        return f"unknown field, {hint}"
    known = (str(name) for name in _fields(_model_at(location[:-1], kind)))
    return f"unknown field, {nearest(str(location[-1]), known)}"


def _expected_at(location: _Location, kind: type[Document]) -> str:
    field = _fields(_model_at(location[:-1], kind))[location[-1]]
    words = [item.words for item in field.metadata if isinstance(item, Expectation)]
    return f", expected {words[0]}" if words else ", expected a mapping"


def _fields(model: type[Document]) -> dict[int | str, FieldInfo]:
    return {yaml_name(name): field for name, field in model.model_fields.items()}


def _model_at(location: _Location, kind: type[Document]) -> type[Document]:
    """The type that the fields at a location belong to."""
    for part in location:
        if not isinstance(part, int):  # the items of a list are of the type of its field
            kind = _model_in(_fields(kind)[part].annotation) or kind
    return kind


def _model_in(annotation: object) -> type[Document] | None:
    if isinstance(annotation, type) and issubclass(annotation, Document):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)
