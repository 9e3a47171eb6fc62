"""Documents and settings in which anything may stand: each fault is one line that says where."""

from __future__ import annotations

import copy
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.documents.load import load_documents
from exporter.errors import ConfigurationError
from exporter.settings import load_settings, settings_table
from exporter.settings.model import FILES_OF_SECRETS
from tests.e2e.test_sales_terms import CARD
from tests.faults.measured import note
from tests.servers import REPOSITORY

LONG_RUNS = 5_000
DEMO = REPOSITORY / "exporter" / "data" / "demo-config.yaml"
PRICES = REPOSITORY / "exporter" / "data" / "cloud-pricing.yaml"
BUDGET = """\
kind: TokenBudget
metadata: {name: chat, namespace: chat, labels: {a: b}}
spec:
  scope: {namespace: chat}
  monthlyLimitUSD: 100
  alertThresholds: [{percent: 80, severity: warning}]
"""
OURS = """\
kind: CostProfile
metadata: {name: ours}
spec:
  hardware: {gpuModel: H100, gpuCount: 8, purchasePriceUSD: 1, amortizationYears: 3,
    maintenancePercentPerYear: 0.05, tdpWatts: 700, inServiceDate: 2026-01-01}
  electricity: {ratePerKWh: 0.1, pueFactor: 1.2, idleWattsThreshold: 100}
  nodeSelector: {pool: ours}
  namespaceSelector: {matchLabels: {team: ml}}
  clusters: [a*]
  validFrom: 2026-01-01T00:00:00Z
  allocation: {tokenWeights: {input: 1, output: 3}}
"""
TEXT = "\n---\n".join([DEMO.read_text(), PRICES.read_text(), CARD, BUDGET, OURS])
VALID: list[Any] = [one for one in yaml.safe_load_all(TEXT) if one is not None]

#: Texts as they stand in a file, since what they mean to YAML is the point.
RAW = st.sampled_from(
    [
        "1e999",
        "-1e999",
        ".inf",
        "-.inf",
        ".nan",
        "-0",
        "-0.0",
        "010",
        "0o10",
        "0x1F",
        "1_000",
        "2026-02-30",
        "2026-03-10",
        "2026-03-10T00:00:00Z",
        "10:30",
        "yes",
        "~",
        "null",
        "<<",
        "!!binary YQ==",
        "!!set {a}",
        "!!int x",
        "*none",
        "&a [*a]",
        "{}",
        "[]",
        '""',
        "'\\0'",
        '"\\ud800"',
        '"\\n"',
        "!!timestamp x",
        "!!python/name:os.system x",
        "9" * 5000,
        "-1",
        "1e-400",
        "100000000000000000000000000000",
        "!!float 0.1",
        "? a",
        "- a",
        "\ta",
        "@a",
        "`a",
        "%a",
        "x" * 99,
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every value in a document."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value[:3]):
            yield from places(inner, (*path, number))


#: Every field of every kind.
PLACES = [(number, path) for number, one in enumerate(VALID) for path in places(one) if path]
#: What the others refer to; the long list of prices is there when it is changed itself.
BESIDE = {n: yaml.safe_dump(one) for n, one in enumerate(VALID) if one["kind"] == "CostProfile"}
_RAW_MARK = "raw-value-here"


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """The valid documents with one field replaced, removed, renamed or added to."""
    number, path = draw(st.sampled_from(PLACES))
    document = copy.deepcopy(VALID[number])
    parent = document
    for step in path[:-1]:
        parent = parent[step]
    last, raw = path[-1], ""
    match draw(st.sampled_from(["value", "raw", "gone", "renamed", "more"])):
        case "value":
            parent[last] = draw(VALUES)
        case "raw":
            parent[last], raw = _RAW_MARK, draw(RAW)
        case "gone":
            del parent[last]
        case "renamed" if isinstance(parent, dict):
            parent[draw(st.text(max_size=5))] = parent.pop(last)
        case _:
            parent[last] = [parent[last]]
    text = yaml.safe_dump(document, allow_unicode=True).replace(_RAW_MARK, raw)
    others = [other for place, other in BESIDE.items() if place != number]
    return "---\n".join([text, *others]).encode("utf-8", "surrogatepass")


def load_or_refuse(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    try:
        load_documents(path)
    except ConfigurationError as error:
        faults = error.faults
    else:
        faults = ()
    for fault in faults:
        assert fault.startswith(f"{path}: ")
        assert fault.isprintable(), fault
        assert len(fault) < 2000


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "config.yaml"


def test_the_documents_that_are_changed_are_right(path: Path) -> None:
    path.write_text(yaml.safe_dump_all(VALID))
    loaded = load_documents(path)
    assert loaded.rate_card is not None
    assert {one["kind"] for one in VALID} == {
        *("CostProfile", "UsageReport", "TokenBudget", "CloudPricing", "RateCard")
    }


@settings(max_examples=100)
@given(mutated())
def test_a_changed_document_is_read_or_refused(path: Path, content: bytes) -> None:
    load_or_refuse(content, path)


@pytest.mark.long
def test_thousands_of_changed_documents_are_read_or_refused(path: Path) -> None:
    @settings(max_examples=LONG_RUNS)
    @given(mutated())
    def fuzz(content: bytes) -> None:
        load_or_refuse(content, path)

    fuzz()
    note("fuzz documents", inputs=LONG_RUNS)


VARIABLES = [name for name, _, _ in settings_table()] + sorted(FILES_OF_SECRETS)
SETTING = (
    st.text(string.printable)
    | st.text()
    | st.sampled_from(
        [
            "1e999",
            "-1",
            "0",
            "1" * 400,
            "NaN",
            "inf",
            "true",
            "é",
            "a\nb",
            "\x1b[31m",
            "{",
            "[]",
            "{}",
            '{"a": 1}',
            '{"a": "\\n"}',
            "http://",
            "http://[",
            "https://u:p@h",
            "http://h:99999",
            "//",
            "../..",
            "/dev/null",
            "/",
            ".",
            "x" * 10000,
            "s3://b",
            "\u202e",
            "USD",
            "a,b,,c",
            "http://h",
        ]
    )
)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(VARIABLES), SETTING, max_size=8), st.booleans())
def test_any_setting_is_read_or_refused(environ: dict[str, str], needs: bool) -> None:
    environ = {name: text.replace("\0", "") for name, text in environ.items()}
    line = re.compile(r"[A-Z][A-Z0-9_]+(, [A-Z0-9_]+)?: .+")
    try:
        load_settings(environ, needs_destination=needs, needs_source=needs)
    except ConfigurationError as error:
        faults = error.faults
    else:
        faults = ()
    for fault in faults:
        assert line.fullmatch(fault), fault
        assert fault.isprintable(), fault
