"""Re-makes what the chart says about its values: `.venv/bin/python -m scripts.make_chart_docs`.

The comments of values.yaml are the one place where a value is described. From there come the table
in the chart's README and the descriptions in values.schema.json.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from scripts.make_docs import REPOSITORY
from scripts.tables import markdown

CHART = REPOSITORY / "helm" / "infer-focus"
VALUES = CHART / "values.yaml"
SCHEMA = CHART / "values.schema.json"
README = CHART / "README.md"

#: Where a variable of the program comes from several values, or its value out of a Secret.
_ROUNDABOUT = {
    "prometheus.headers": "PROMETHEUS_HEADERS",
    "prometheus.auth.bearerToken": "PROMETHEUS_BEARER_TOKEN",
    "prometheus.auth.password": "PROMETHEUS_PASSWORD",
    "prometheus.tls.ca.key": "PROMETHEUS_CA_FILE",
    "prometheus.tls.clientCertSecret": "PROMETHEUS_CLIENT_CERT",
    "s3.auth.accessKeyId": "S3_ACCESS_KEY_ID",
    "s3.auth.secretAccessKey": "S3_SECRET_ACCESS_KEY",
    "pushgateway.url": "PUSHGATEWAY_URL",
    "outputDir.existingClaim": "OUTPUT_DIR",
    "config.documents": "CONFIG_PATH",
    "backfill.completions": "JOB_COMPLETIONS",
}
_TEMPLATE = CHART / "templates" / "_settings.tpl"
_SETTING = re.compile(r'^  "([A-Z0-9_]+)" (?:\$|\.Values\.)([A-Za-z0-9.]+)$', re.MULTILINE)
_TABLE = re.compile(r"(?<=<!-- generated: values -->\n).*?(?=<!-- end -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Value:
    """A key of values.yaml: its path, its comment without the example, and its default.

    `is_section`: its own keys are described one by one.
    """

    path: tuple[str, ...]
    comment: str
    default: Any
    is_section: bool

    @property
    def name(self) -> str:
        return ".".join(self.path)


def main() -> int:
    """Writes the files that have changed, and names them."""
    for path, made in (
        (README, remade_readme(README.read_text())),
        (SCHEMA, remade_schema(SCHEMA.read_text())),
    ):
        if path.read_text() != made:
            path.write_text(made)
            print(path.relative_to(REPOSITORY))
    return 0


def values(text: str) -> list[Value]:
    """Every value that has a comment, and every section, in the order of the file."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    return list(_values(root, yaml.safe_load(text), text.splitlines(), ()))


def _values(
    node: yaml.MappingNode, content: dict[str, Any], lines: list[str], above: tuple[str, ...]
) -> Iterator[Value]:
    for key, inner in node.value:
        path, default = (*above, key.value), content[key.value]
        below = (
            list(_values(inner, default, lines, path))
            if isinstance(inner, yaml.MappingNode)
            else []
        )
        comment = _comment(lines, key.start_mark.line)
        if comment or below:
            yield Value(path, comment, default, bool(below))
        yield from below


def _comment(lines: list[str], line: int) -> str:
    """The comment right above a line, as one line of text."""
    found: list[str] = []
    while line > 0 and lines[line - 1].lstrip().startswith("#"):
        line -= 1
        found.insert(0, lines[line].lstrip().removeprefix("#").strip())
    return " ".join(found).partition("For example:")[0].strip()


def variables() -> dict[str, str]:
    """The variable of the program that a value sets, by the value's name."""
    return direct_variables() | _ROUNDABOUT


def direct_variables() -> dict[str, str]:
    """Those that have the value itself as their text."""
    found = _SETTING.findall(_TEMPLATE.read_text())
    return {name: variable for variable, name in found}


def remade_readme(text: str) -> str:
    """The chart's README with its table as it should be."""
    known = variables()
    rows = (
        (_code(one.name), _default(one), one.comment, _code(known.get(one.name, "")))
        for one in values(VALUES.read_text())
        if one.comment
    )
    table = markdown(("value", "default", "meaning", "setting"), rows)
    return _TABLE.sub(lambda _: f"{table}\n", text)


def _default(value: Value) -> str:
    if value.is_section:
        return ""
    return _code(value.default if isinstance(value.default, str) else json.dumps(value.default))


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def remade_schema(text: str) -> str:
    """The schema with a description of each value that has a comment, and of no other."""
    schema = json.loads(text)
    for one in values(VALUES.read_text()):
        part = schema_of(schema, one.path)
        part.pop("description", None)
        if one.comment:
            described = {"description": one.comment, **part}
            part.clear()
            part.update(described)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def schema_of(schema: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """The part of the schema about one value. KeyError if the schema does not know it."""
    for name in path:
        schema = schema["properties"][name]
    return schema


if __name__ == "__main__":
    sys.exit(main())
