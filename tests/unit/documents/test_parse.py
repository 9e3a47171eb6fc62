from __future__ import annotations

from pathlib import Path

import pytest

from exporter.documents.parse import MAX_FILE_BYTES, RawDocument, read_documents


def contents(documents: list[RawDocument]) -> list[object]:
    return [document.content for document in documents]


def read(folder: Path, text: str | bytes, name: str = "a.yaml") -> tuple[list[object], list[str]]:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    documents, faults = read_documents(path)
    return contents(documents), [fault.removeprefix(f"{path}: ") for fault in faults]


def test_documents_are_numbered_as_they_stand_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\n---\n# nothing\n---\nb: 2\n")

    documents, faults = read_documents(path)

    assert documents == [
        RawDocument(f"{path}: document 1", {"a": 1}),
        RawDocument(f"{path}: document 3", {"b": 2}),
    ]
    assert faults == []


def test_documents_before_a_broken_one_are_kept(tmp_path: Path) -> None:
    documents, faults = read(tmp_path, "a: 1\n---\nb: :\n- c\n")

    assert documents == [{"a": 1}]
    assert faults == [
        "line 3, column 4: not readable as YAML (mapping values are not allowed here)"
    ]


def test_aliases_and_merges_are_read(tmp_path: Path) -> None:
    text = "base: &base {a: 1, b: 2}\nmore:\n  <<: *base\n  b: 3\n"

    assert read(tmp_path, text)[0] == [{"base": {"a": 1, "b": 2}, "more": {"a": 1, "b": 3}}]


@pytest.mark.parametrize("text", ["1e-3", "1e3", "1.5e+3", "-2E2"])
def test_floats_of_yaml_1_2_are_numbers(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, f"a: {text}\n")[0] == [{"a": float(text)}]


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfa: 1\n")[0] == [{"a": 1}]


BOMB = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 8)
)
MERGE_BOMB = "a0: &a0 {k: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 8)
)
TOO_MANY = (
    "line 1: the document holds more than 100000 values, its aliases written out; "
    "write fewer aliases"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", ['line 5: the key "c" is given twice, keep one']),
        (
            "1: a\ntrue: b\n",
            [
                "line 1: the key 1 is not a text, put it in quotes",
                "line 2: the key true is not a text, put it in quotes",
            ],
        ),
        ("? [a]\n: b\n", ["line 1: the key here is not a text, put it in quotes"]),
        ("? !!str {a: b}\n: b\n", ["line 1: the key here is not a text, put it in quotes"]),
        ("a: &a [*a]\n", ["line 1: the alias refers to itself"]),
        ("a: 2026-02-30\n", ["line 1, column 4: not readable as YAML (no valid timestamp)"]),
        ("a: !!int x\n", ["line 1, column 4: not readable as YAML (no valid int)"]),
        ('a: !!int ""\n', ["line 1, column 4: not readable as YAML (no valid int)"]),
        ("a: !!bool x\n", ["line 1, column 4: not readable as YAML (no valid bool)"]),
        ("a: !!timestamp x\n", ["line 1, column 4: not readable as YAML (no valid timestamp)"]),
        (f"a: {'9' * 5000}\n", ["line 1, column 4: not readable as YAML (no valid int)"]),
        (
            "a: !!python/name:os.system x\n",
            [
                "line 1, column 4: not readable as YAML (could not determine a constructor for "
                "the tag 'tag:yaml.org,2002:python/name:os.system')"
            ],
        ),
        (
            "a: \0\n",
            [
                "not readable as YAML (unacceptable character #x0000: special characters are "
                "not allowed)"
            ],
        ),
        ("[" * 5000, ["is nested too deeply"]),
        (b"a: \xff\n", ["is not UTF-8 text (byte 3), save it as UTF-8"]),
        (BOMB, [TOO_MANY]),
        (MERGE_BOMB, [TOO_MANY]),
        (
            "- a\n" * 100_000,
            [
                "line 100000, column 3: not readable as YAML (more than 100000 values, "
                "split it into several files)"
            ],
        ),
        (
            b"#" * (MAX_FILE_BYTES + 1),
            ["is larger than 10 MiB, split it into several files"],
        ),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, str | bytes) else "",
)
def test_yaml_is_refused(tmp_path: Path, text: str | bytes, expected: list[str]) -> None:
    assert read(tmp_path, text) == ([], expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ([], [])),
        ('{"a": 1.5, "b": [null]}', ([{"a": 1.5, "b": [None]}], [])),
        (f'{{"a": {"9" * 5000}}}', ([{"a": float("inf")}], [])),
        (
            '{"a" 1}',
            ([], ["line 1, column 6: not readable as JSON (Expecting ':' delimiter)"]),
        ),
        ('{"a": {"b": 1, "b": 2}}', ([{"a": {"b": 2}}], ['the key "b" is given twice, keep one'])),
        ("[" * 100_000, ([], ["is nested too deeply"])),
        (
            f"[{'[{}],' * 50_000}1]",
            ([], ["holds more than 100000 values, split it into several files"]),
        ),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, str) else "",
)
def test_json_is_read_or_refused(
    tmp_path: Path, text: str, expected: tuple[list[object], list[str]]
) -> None:
    assert read(tmp_path, text, "a.json") == expected
