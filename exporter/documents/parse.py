"""The text of a configuration file as raw documents: YAML or JSON, bounded, without surprises.

Bounded: a file has at most 10 MiB and 100,000 values, a document no more with its aliases
written out; of more, PyYAML would take gigabytes. Without
surprises: a key given twice, a key that is no text and an unknown tag are faults, each with its
line, instead of a value that is silently lost.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

MAX_FILE_BYTES = 10 * 2**20
MAX_VALUES = 100_000

_TOO_MANY = f"more than {MAX_VALUES} values, split it into several files"
_TEXT_TAG = "tag:yaml.org,2002:str"
_MERGE_TAG = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class RawDocument:
    """One document as read, and where it stands (file, number, item of a list)."""

    place: str
    content: object


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader that knows YAML 1.2 floats, counts, and names a bad value's line."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._nodes += 1
        if self._nodes > MAX_VALUES:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, _TOO_MANY, mark)
        return super().compose_node(parent, index)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, OverflowError):
            tag = node.tag.removeprefix("tag:yaml.org,2002:")
            raise yaml.constructor.ConstructorError(
                None, None, f"no valid {tag}", node.start_mark
            ) from None


# YAML 1.1 takes 1e-3 for a text; Kubernetes takes it for a number.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?[0-9][0-9]*(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


def read_documents(path: Path) -> tuple[list[RawDocument], list[str]]:
    """All documents of a file that can be read, and one fault for each thing that cannot."""
    faults: list[str] = []
    text = _read_text(path, faults)
    documents = list(_parsed(path, text, faults)) if text is not None else []
    return documents, [f"{path}: {fault}" for fault in faults]


def _read_text(path: Path, faults: list[str]) -> str | None:
    """The text, or None with a fault noted."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        faults.append(
            f"cannot be read ({error.strerror}), check that it exists and its permissions"
        )
        return None
    if len(data) > MAX_FILE_BYTES:
        faults.append("is larger than 10 MiB, split it into several files")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.append(f"is not UTF-8 text (byte {error.start}), save it as UTF-8")
        return None


def _parsed(path: Path, text: str, faults: list[str]) -> Iterator[RawDocument]:
    read = _json_values if path.suffix == ".json" else _yaml_values
    try:
        for number, content in enumerate(read(text, faults), start=1):
            if content is not None:  # a file may end with ---, or hold comments only
                yield RawDocument(f"{path}: document {number}", content)
    except yaml.MarkedYAMLError as error:
        faults.append(_readable(error))
    except yaml.YAMLError as error:
        faults.append(f"not readable as YAML ({str(error).splitlines()[0]})")
    except json.JSONDecodeError as error:
        faults.append(
            f"line {error.lineno}, column {error.colno}: not readable as JSON ({error.msg})"
        )
    except RecursionError:
        faults.append("is nested too deeply")


def _readable(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{where}not readable as YAML ({error.problem or error.context})"


def _json_values(text: str, faults: list[str]) -> Iterator[object]:
    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        mapping = dict(pairs)
        if len(mapping) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            twice = sorted(key for key, count in counts.items() if count > 1)
            faults.extend(f'the key "{key}" is given twice, keep one' for key in twice)
        return mapping

    if text.strip():
        content = json.loads(text, object_pairs_hook=unique, parse_int=_integer)
        if _holds_too_many(content):
            faults.append(f"holds {_TOO_MANY}")
        else:
            yield content


def _holds_too_many(content: object) -> bool:
    found, waiting = 0, [content]
    while waiting and found <= MAX_VALUES:
        one = waiting.pop()
        found += 1
        if isinstance(one, dict):
            found += len(one)  # keys count, as in YAML
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return found > MAX_VALUES


def _integer(digits: str) -> int | float:
    """An integer; one that no field could hold becomes inf, since Python refuses to read it."""
    return int(digits) if len(digits) < 1000 else float(digits)


def _yaml_values(text: str, faults: list[str]) -> Iterator[object]:
    """The value of each document, null for one that has faults of its own."""
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            assert node is not None
            found = _Survey().faults_of(node)
            faults.extend(found)
            yield None if found else loader.construct_document(node)
    finally:
        loader.dispose()


class _Survey:
    """Looks at the nodes of one document before they become values."""

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}
        self._open: set[int] = set()
        self._faults: list[str] = []

    def faults_of(self, root: yaml.Node) -> list[str]:
        if self._size(root) > MAX_VALUES:
            self._faults.append(
                f"line {root.start_mark.line + 1}: the document holds more than {MAX_VALUES} "
                "values, its aliases written out; write fewer aliases"
            )
        return self._faults

    def _size(self, node: yaml.Node) -> int:
        """How many values a node stands for, each alias counted as what it refers to."""
        if id(node) in self._open:
            self._faults.append(f"{_line(node)}: the alias refers to itself")
            return 0
        if id(node) not in self._sizes:
            self._open.add(id(node))
            self._sizes[id(node)] = 1 + sum(map(self._size, self._children(node)))
            self._open.remove(id(node))
        return self._sizes[id(node)]

    def _children(self, node: yaml.Node) -> list[yaml.Node]:
        if isinstance(node, yaml.MappingNode):
            self._check_keys(node)
            return [child for pair in node.value for child in pair]
        return node.value if isinstance(node, yaml.SequenceNode) else []

    def _check_keys(self, mapping: yaml.MappingNode) -> None:
        seen: set[str] = set()
        for key, _ in mapping.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag not in (_TEXT_TAG, _MERGE_TAG):
                shown = key.value if isinstance(key, yaml.ScalarNode) else "here"
                self._faults.append(
                    f"{_line(key)}: the key {shown} is not a text, put it in quotes"
                )
            elif key.value in seen:
                self._faults.append(f'{_line(key)}: the key "{key.value}" is given twice, keep one')
            else:
                seen.add(key.value)


def _line(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"
