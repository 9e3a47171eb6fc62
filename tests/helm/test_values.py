"""values.yaml is the documentation: every key is told, in the schema and in the README too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

import exporter
from scripts.make_chart_docs import (
    README,
    SCHEMA,
    VALUES,
    remade_readme,
    remade_schema,
    schema_of,
    values,
)
from tests.helm.rendering import CHART, helm, render

TEXT = VALUES.read_text()
KNOWN = values(TEXT)
#: Only in the schema: Helm adds it where the chart is part of another one.
HELM_S_OWN = {"global"}


def test_the_table_and_the_descriptions_are_as_they_would_be_made_now() -> None:
    """If not: `make docs`."""
    assert remade_readme(README.read_text()) == README.read_text()
    assert remade_schema(SCHEMA.read_text()) == SCHEMA.read_text()


def leaves(content: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in content.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*above, name))
        else:
            yield (*above, name)


def test_every_key_is_described() -> None:
    """By a comment of its own, or as a part of one that is given whole."""
    told = {one.path for one in KNOWN if one.comment and not one.is_section}
    for path in leaves(yaml.safe_load(TEXT)):
        assert any(path[:length] in told for length in range(1, len(path) + 1)), path


def test_a_description_is_a_sentence() -> None:
    for value in KNOWN:
        assert value.comment or value.is_section, value.name
        assert value.comment == "" or value.comment.endswith("."), value.name


def described(schema: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, part in schema.get("properties", {}).items():
        yield (*above, name)
        yield from described(part, (*above, name))


def test_the_schema_knows_the_keys_of_the_values_and_no_others() -> None:
    schema = json.loads(SCHEMA.read_text())
    paths = {one.path for one in KNOWN}
    inside = {path for path in described(schema) if path[:1] != ("resources",)}
    assert inside - paths == {(name,) for name in HELM_S_OWN}
    assert paths - set(described(schema)) == set()


def test_every_section_of_the_schema_is_closed() -> None:
    schema = json.loads(SCHEMA.read_text())
    Draft7Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    for one in KNOWN:
        if one.is_section:
            assert schema_of(schema, one.path)["additionalProperties"] is False, one.name


def test_the_values_keep_to_the_schema() -> None:
    schema = Draft7Validator(json.loads(SCHEMA.read_text()))
    assert list(schema.iter_errors(yaml.safe_load(TEXT))) == []


def test_every_value_is_used_by_a_template() -> None:
    templates = (CHART / "templates").rglob("*.*")
    used = "\n".join(path.read_text() for path in templates if path.name != "NOTES.txt")
    for value in KNOWN:
        if not value.is_section:
            assert re.search(rf"\.{value.path[-1]}\b", used), value.name


def test_the_examples_keep_to_the_schema() -> None:
    """The indented lines after "For example:", above the key they are about."""
    schema = json.loads(SCHEMA.read_text())
    blocks = re.findall(r"For example:\n((?: *#   .*\n)+)( *)(\w+):", TEXT)
    assert len(blocks) == TEXT.count("For example:") == 11
    for block, _, key in blocks:
        example = yaml.safe_load(re.sub(r"^ *#   ", "", block, flags=re.MULTILINE))
        assert list(example) == [key]
        parts = [schema_of(schema, one.path) for one in KNOWN if one.path[-1] == key]
        known = ({**part, "definitions": schema["definitions"]} for part in parts)
        assert any(Draft7Validator(part).is_valid(example[key]) for part in known), key


def test_chart_and_program_have_one_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (exporter.__version__,) * 2


def test_the_package_of_the_chart_holds_what_users_need(tmp_path: Any) -> None:
    """Not the values files of the tests; and it can be rendered."""
    done = helm("package", CHART, "--destination", tmp_path)
    assert done.returncode == 0, done.stderr
    (archive,) = tmp_path.glob("*.tgz")
    assert archive.name == f"infer-focus-{exporter.__version__}.tgz"
    listed = helm("show", "values", archive).stdout
    assert listed.strip() == TEXT.strip()
    assert helm("show", "readme", archive).stdout.strip() == README.read_text().strip()


@pytest.mark.parametrize(
    "release",
    ["r", "r" * 40, "r" * 41, "r" * 52, "r" * 53, "r.s" * 17, f"{'r' * 35}.{'s' * 10}"],
)
def test_names_fit_whatever_the_release_is_called(release: str) -> None:
    """A CronJob's may have 52 characters, a pod of a Job {name}-{index} 63 and no dots."""
    everything = {**EVERYTHING, "backfill": {**EVERYTHING["backfill"], "completions": 99999}}
    manifests = render(values=everything, release=release)
    names = [(one["kind"], one["metadata"]["name"]) for one in manifests]
    assert len(set(names)) == len(names) == 9
    label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    for kind, name in names:
        assert re.fullmatch(label if kind == "Job" else rf"{label}(\.{label})*", name)
        assert len(f"{name}-99998" if kind == "Job" else name) <= (52 if kind == "CronJob" else 63)
        assert name.replace(".", "-").startswith(release[:34].replace(".", "-"))


@pytest.mark.parametrize("length", [44, 46, 60])
def test_long_names_that_begin_alike_stay_apart(length: int) -> None:
    def names(fullname: str) -> set[str]:
        values = {**EVERYTHING, "fullnameOverride": fullname}
        return {one["metadata"]["name"] for one in render(values=values)}

    one, other = names(f"{'n' * length}-a"), names(f"{'n' * length}-b")
    assert one & other == set()
    # The CronJob is called like its service account and the rules.
    assert len(one) == len(other) == 7


#: An object of every kind, of some two.
EVERYTHING: dict[str, dict[str, Any]] = {
    "backfill": {"enabled": True, "start": "2026-01-01", "end": "2026-02-01"},
    "report": {"enabled": True},
    "prometheusRule": {"enabled": True, "rules": "groups: [{name: a, rules: []}]"},
    "dashboard": {"enabled": True},
    "s3": {"auth": {"accessKeyId": "id", "secretAccessKey": "secret"}},
}


def test_a_release_that_is_called_like_the_chart_has_its_name() -> None:
    names = [one["metadata"]["name"] for one in render(release="infer-focus")]
    assert names[:3] == ["infer-focus", "infer-focus-config", "infer-focus"]
