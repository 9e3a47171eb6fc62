"""What the documents say is what the program does."""

from __future__ import annotations

import argparse
import itertools
import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
import yaml

import exporter
from exporter.arguments import parser
from exporter.cost.charges import Kind
from exporter.cost.sale import SalesTerms
from exporter.documents.fields import Document, yaml_name
from exporter.documents.kinds import CloudPricing, CostProfile, TokenBudget, UsageReport
from exporter.documents.load import load_documents
from exporter.documents.rate_card import RateCard
from exporter.errors import ExporterError
from exporter.settings.model import ALIASES, FILES_OF_SECRETS, VARIABLES
from scripts.make_docs import PAGES, PARTS, REPOSITORY, demo_rows, remade
from tests.builders import make_charges, table_of

CHANGELOG = REPOSITORY / "CHANGELOG.md"
DOCUMENTS = (*PAGES, CHANGELOG)
README = (REPOSITORY / "README.md").read_text()
CONFIGURATION = (REPOSITORY / "docs" / "configuration.md").read_text()

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_VARIABLE = re.compile(
    r"\b(?:CLUSTER|COLLECTION|CONFIG|COST|FOCUS|JOB|LOG|OUTPUT|PARQUET|PROMETHEUS|PUSHGATEWAY|S3"
    r"|SOURCE|TERNARY)_[A-Z0-9_]*[A-Z0-9]\b"
)
#: Of this machine, of others' registries, of work to come.
_FORBIDDEN = re.compile(
    r"/(?:work|root|home|tmp)/|\.\./shared|pypi\.org|pythonhosted|docker\.io|ghcr\.io|npmjs"
    r"|artifactory|deb\.debian\.org|\bTODO\b|\bFIXME\b|@@",
    re.IGNORECASE,
)
#: Flags of servers that the pages speak of.
FLAGS_OF_OTHERS = frozenset({"--query.replica-label"})
#: Where a command ends in a line of shell.
_ENDS = frozenset({"|", "||", "&&", ";", ">", "2>"})


def name_of(page: Path) -> str:
    return page.relative_to(REPOSITORY).as_posix()


each_document = pytest.mark.parametrize("page", DOCUMENTS, ids=name_of)
each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


def blocks(text: str, *languages: str) -> Iterator[str]:
    """The fenced blocks of a page, of some languages or all."""
    for language, content in _FENCE.findall(text):
        if not languages or language in languages:
            yield content


def prose(text: str) -> str:
    return _FENCE.sub("", text)


@each_page
def test_the_generated_parts_are_as_they_would_be_made_now(page: Path) -> None:
    """If not: `.venv/bin/python -m scripts.make_docs`."""
    text = page.read_text()
    assert remade(text) == text


def test_every_generated_part_is_shown_somewhere() -> None:
    shown = "".join(page.read_text() for page in PAGES)
    assert [name for name in PARTS if f"<!-- generated: {name} -->" not in shown] == []


def typed_commands(text: str) -> Iterator[list[str]]:
    """The arguments of each `infer-focus` that a page shows at a prompt."""
    for block in blocks(text):
        for line in re.sub(r"(\\|\|)\n", r"\1 ", block).splitlines():
            if re.match(r"(\$ |  )", line):
                yield from _arguments(shlex.split(line.replace("\\ ", " "), comments=True))


def _arguments(words: list[str]) -> Iterator[list[str]]:
    """In a command of Helm or kubectl it is the name of a release or of a CronJob."""
    if {"helm", "kubectl"} & set(words[:2]):
        return
    for place, word in enumerate(words):
        if word == "infer-focus" or word.endswith("/infer-focus"):
            rest = words[place + 1 :]
            end = next((i for i, other in enumerate(rest) if other in _ENDS), len(rest))
            yield rest[:end] or ["run"]


def typed() -> list[list[str]]:
    return [arguments for page in DOCUMENTS for arguments in typed_commands(page.read_text())]


@pytest.mark.parametrize("arguments", typed(), ids=" ".join)
def test_a_command_that_is_shown_at_a_prompt_can_be_typed(arguments: list[str]) -> None:
    if arguments == ["--version"]:
        return
    command = tuple(itertools.takewhile(lambda word: not word.startswith("-"), arguments))
    assert parser().parse_args(arguments).handler
    if command[0] == "validate":
        command = command[:1]  # the path behind it is no command
    # argparse takes the beginning of a flag for the whole one.
    assert {word for word in arguments if word.startswith("--")} <= commands(parser())[command]


def test_commands_are_shown() -> None:
    shown = {"run", "backfill", "check", "export", "validate", "schema", "report", "--version"}
    assert {arguments[0] for arguments in typed()} == shown


def commands(
    of: argparse.ArgumentParser, before: tuple[str, ...] = ()
) -> dict[tuple[str, ...], set[str]]:
    """The flags of every command, the innermost ones only."""
    deeper = [a for a in of._actions if isinstance(a, argparse._SubParsersAction)]
    if not deeper:
        return {before: {f for action in of._actions for f in action.option_strings} - {"-h"}}
    found: dict[tuple[str, ...], set[str]] = {}
    for name, inner in deeper[0].choices.items():
        found |= commands(inner, (*before, name))
    return found


def mentioned(text: str) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Command and flags of each `infer-focus …` in running text."""
    for code in _INLINE.findall(prose(text)):
        words = code.removeprefix("infer-focus ").split()
        if words != code.split() and not words[0].startswith("-"):
            name = [word for word in words if re.fullmatch(r"[a-z]+", word)]
            yield tuple(name), {word for word in words if word.startswith("--")}


@each_document
def test_a_command_in_the_text_exists_with_its_flags(page: Path) -> None:
    known = commands(parser())
    for command, flags in mentioned(page.read_text()):
        assert command in known
        assert flags <= known[command]


@each_document
def test_a_flag_in_the_text_is_one_of_ours(page: Path) -> None:
    ours = set[str]().union(*commands(parser()).values(), ["--version"])
    told = (code for code in _INLINE.findall(prose(page.read_text())) if re.match("--[a-z]", code))
    assert {code.split()[0].partition("=")[0] for code in told} - ours <= FLAGS_OF_OTHERS


def test_the_table_of_commands_names_every_command_and_every_flag() -> None:
    section = README.partition("## Commands")[2].partition("| exit code |")[0]
    told = dict[tuple[str, ...], set[str]]()
    for row in section.splitlines():
        for command, _ in mentioned(row):
            told[command] = set(re.findall(r"--[a-z-]+", row)) | {"--help"}
    told.pop((), None)
    assert told == commands(parser())


def test_the_flags_of_backfill_are_explained() -> None:
    section = README.partition("## Backfill")[2].partition("What protects")[0]
    explained = set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE))
    assert explained == commands(parser())["backfill",] - {"--help", "--start", "--end"}


def test_every_exit_code_is_in_the_table() -> None:
    table = README.partition("| exit code |")[2].partition("##")[0]
    told = {int(code) for code in re.findall(r"\b\d+\b", table.partition("\n| 0 ")[2])}
    assert {error.exit_code for error in _errors(ExporterError)} <= told
    assert {130, 143} <= told


def _errors(base: type[ExporterError]) -> Iterator[type[ExporterError]]:
    yield base
    for error in base.__subclasses__():
        yield from _errors(error)


@each_document
def test_every_variable_that_is_named_exists(page: Path) -> None:
    known = {*VARIABLES, *ALIASES.values(), *FILES_OF_SECRETS}
    # A misspelt one stands in the message that corrects it.
    text = page.read_text().replace("COLLECTION_GRANULARTY is not a setting", "")
    assert set(_VARIABLE.findall(text)) - known == set()


def test_the_latest_version_of_the_changelog_is_the_package_s() -> None:
    versions = re.findall(r"^## \[([^\]]+)\]", CHANGELOG.read_text(), re.MULTILINE)
    assert versions[0] == exporter.__version__
    assert f"infer-focus {exporter.__version__}\n" in README
    assert f"This is version {exporter.__version__}." in README


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in headings}


@each_document
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(prose(page.read_text())):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@each_document
def test_nothing_of_this_machine_is_in_a_page(page: Path) -> None:
    assert _FORBIDDEN.findall(page.read_text()) == []


def test_the_examples_are_a_configuration(tmp_path: Path) -> None:
    """Those of docs/configuration.md together, that of the README alone."""
    for name, text in (("all", CONFIGURATION), ("readme", README)):
        folder = tmp_path / name
        folder.mkdir()
        for number, block in enumerate(blocks(text, "yaml")):
            (folder / f"{number}.yaml").write_text(block)
        found = load_documents(folder)
        assert [profile.name for profile in found.cost_profiles] == ["h100-pool"]
        assert (found.rate_card is None) == (name == "readme")


def fields(of: type[Document], before: str = "") -> Iterator[tuple[str, bool]]:
    """Path and whether it must be given, of every field that holds a value."""
    for name, field in of.model_fields.items():
        path = f"{before}{yaml_name(name)}"
        inner, listed = _document_in(field.annotation)
        if inner is None:
            yield path, field.is_required()
        else:
            yield from fields(inner, f"{path}[]." if listed else f"{path}.")


def _document_in(annotation: object) -> tuple[type[Document] | None, bool]:
    if isinstance(annotation, type) and issubclass(annotation, Document):
        return annotation, False
    for argument in get_args(annotation):
        inner, _ = _document_in(argument)
        if inner is not None:
            return inner, True
    return None, False


@pytest.mark.parametrize("kind", [CostProfile, UsageReport, TokenBudget, CloudPricing, RateCard])
def test_every_field_of_a_document_is_explained(kind: type[Document]) -> None:
    section = CONFIGURATION.partition(f"\n## {kind.__name__}\n")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `([\w.\[\]]+)` \| (\S+)", section, re.MULTILINE)
    assert {path: word == "required" for path, word in told} == dict(fields(kind))


def test_the_prices_to_check_by_hand_are_what_the_program_asks() -> None:
    """Of the rate card in the example; the rows come in the order of the table."""
    document = next(b for b in blocks(CONFIGURATION, "yaml") if "kind: RateCard" in b)
    card = {k: v for k, v in yaml.safe_load(document).items() if k not in ("apiVersion", "kind")}
    charges = make_charges(
        kind=[Kind.MODEL, Kind.MODEL, Kind.IDLE],
        namespace=["assistants", "assistants", None],
        model=["Qwen2.5-32B", "Llama-3.1-70B", None],
        tokens_input=[1_500_000, 2_000_000, 0],
        tokens_output=[1_000_000, 500_000, 0],
        gpu_nano_hours=1_500_000_000,
    )
    rows = table_of(charges, SalesTerms(RateCard.model_validate(card))).to_pylist()
    section = CONFIGURATION.partition("### Prices to check by hand")[2].partition("###")[0]
    header, _, *lines = (line.strip("|").split("|") for line in section.splitlines() if "|" in line)
    names = [name.strip() for name in header[1:]]
    told = [[Decimal(cell.strip()) for cell in line[1:]] for line in lines]
    assert told == [[row[name] for name in names] for row in rows]


def spent(rows: Iterable[Mapping[str, str]]) -> Mapping[str, Decimal]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        totals[row["SubAccountName"]] += Decimal(row["EffectiveCost"])
    return totals


def test_the_example_to_check_by_hand_is_what_the_program_computes() -> None:
    """Every component of the sample row, and its cost, stand in the example with 9 digits."""
    section = README.partition("### An example to check by hand")[2].partition("###")[0]
    (row,) = (
        row
        for row in demo_rows()
        if row["ChargePeriodStart"] == "2026-10-01T00:00:00Z"
        and row["SkuId"] == "Qwen/Qwen2.5-32B-Instruct"
    )
    told = {Decimal(number.replace("−", "-")) for number in re.findall(r"−?\d+\.\d+", section)}
    names = ("AmortizationCost", "MaintenanceCost", "ElectricityCost", "EnergyKWh")
    of_row = {row["EffectiveCost"], *(row[f"x-Infer{name}"] for name in names)}
    unit = {row["x-InferCostPerMillionTokens"], row["x-InferSavingsUSD"]}
    cloud = {row["x-InferCloudEquivalentCostUSD"]}
    assert {Decimal(number) for number in of_row | unit | cloud} <= told


def test_the_sums_by_namespace_are_those_of_the_rows() -> None:
    """What awk prints has six digits."""
    section = README.partition("<!-- generated: awk -->")[2].partition("<!-- end -->")[0]
    printed = re.findall(r"^(\S+) (\d+\.\d+)$", section, re.MULTILINE)
    totals = spent(demo_rows())
    assert printed == [(name, f"{totals[name]:.6g}") for name in sorted(totals)]


def test_duckdb_s_answer_in_the_readme_has_the_sums_of_the_demo() -> None:
    """Both are of the same samples: one through a dump, one through Prometheus and S3."""
    table = re.findall(r"^│ (\S+) +│ (\S+) +│ +(\d+\.\d+) │ +(\d+) │$", README, re.MULTILINE)
    demo = README.partition("<!-- generated: demo -->")[2].partition("<!-- end -->")[0]
    lines = re.findall(r"^  (\S+) +\S+ +([\d,]+|-) +\S+ +(\d+\.\d+) ", demo, re.MULTILINE)
    shown = [
        (name, tokens.replace(",", "").replace("-", "0"), cost) for name, tokens, cost in lines
    ]
    assert len(table) == 5
    assert [(name, tokens, cost) for name, _, cost, tokens in table] == shown


def test_the_picture_in_the_readme_is_there_and_small() -> None:
    """A page that takes long to load is not looked at; `make picture` makes it again."""
    (name,) = re.findall(r"^!\[.{20,}\]\((\S+\.png)\)$", README, re.MULTILINE)
    picture = (REPOSITORY / name).read_bytes()
    assert picture.startswith(b"\x89PNG\r\n")
    assert len(picture) < 200_000
