"""What helm prints after an installation, and the commands of the chart's README."""

from __future__ import annotations

import dataclasses
import itertools
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.arguments import parser
from scripts.make_chart_docs import README
from tests.e2e.job import infer_focus, succeeded
from tests.helm.kubelet import started
from tests.helm.rendering import (
    BACKFILL,
    CHART,
    KUBERNETES,
    MINIMAL,
    helm,
    only,
    render,
    text_of,
)
from tests.helm.test_settings import EXISTING

TEXT = README.read_text()


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the chart that has its notes in a manifest: `helm template` shows no notes."""
    copy = tmp_path_factory.mktemp("chart") / "infer-focus"
    shutil.copytree(CHART, copy)
    templates = copy / "templates"
    notes = templates.joinpath("NOTES.txt").read_text()
    templates.joinpath("_notes.tpl").write_text(f'{{{{ define "notes" }}}}{notes}{{{{ end }}}}')
    templates.joinpath("zz.yaml").write_text('kind: Notes\ntext: {{ include "notes" . | toJson }}')
    return copy


def notes(chart: Path, file: Path | None = MINIMAL, values: Any = None) -> str:
    """The notes for a values file."""
    text = text_of(file, values, chart=chart)
    found: str = only(list(yaml.safe_load_all(text)), "Notes")["text"]
    return found


def commands(text: str) -> Iterator[list[str]]:
    """Every command of helm and kubectl in a text, lines that go on put together."""
    for line in text.replace("\\\n", " ").splitlines():
        if re.match(r"(  |\$ )(helm|kubectl) ", line):
            yield shlex.split(line.removeprefix("$ "), comments=True)


def test_the_notes_say_how_to_run_one_export_and_read_its_log(chart: Path) -> None:
    """By the names that are there."""
    (cron_job,) = (one for one in render() if one["kind"] == "CronJob")
    name = cron_job["metadata"]["name"]
    found = list(commands(notes(chart)))
    where = ["--namespace", "finops"]
    assert ["helm", "test", "costs", *where, "--logs"] in found
    made = ["kubectl", "create", "job", "manual-1", *where, f"--from=cronjob/{name}"]
    assert made in found
    logs = ["kubectl", "logs", "job/manual-1", *where, "--follow", "--pod-running-timeout=5m"]
    assert logs in found


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({}, "s3://finops-focus/focus/version=…/year=…/month=…/day=…/"),
        ({"s3": {"prefix": "/"}}, "s3://finops-focus/version=…/year=…/month=…/day=…/"),
        (
            {"ternary": {"enabled": True}},
            "s3://finops-focus/ternary/focus/version=…/ (for Ternary)",
        ),
        (
            {"s3": {"bucket": ""}, "outputDir": {"existingClaim": "files", "subPath": "eu"}},
            "focus/version=…/year=…/month=…/day=…/ in the volume of files, below eu",
        ),
    ],
    ids=["bucket", "no prefix", "ternary", "volume"],
)
def test_the_notes_say_where_the_rows_are(chart: Path, values: Any, place: str) -> None:
    assert f"\n  {place}\n" in f"{notes(chart, values=values)}\n"


def test_the_notes_of_a_backfill_name_its_job(chart: Path) -> None:
    name = only(render(BACKFILL), "Job")["metadata"]["name"]
    text = notes(chart, BACKFILL)
    assert "2025-11-01 to 2026-11-01 runs in 24 parts, 6 at a time" in text
    assert ["kubectl", "delete", "job", name, "--namespace", "finops"] in list(commands(text))


def test_the_notes_of_a_suspended_release_say_so(chart: Path) -> None:
    assert "It is suspended" in notes(chart, values={"suspend": True})
    assert "suspended" not in notes(chart)


def test_a_backfill_of_the_notes_can_be_rendered(chart: Path) -> None:
    upgrade = next(one for one in commands(notes(chart)) if one[1] == "upgrade")
    settings = upgrade[upgrade.index("--set") + 1]
    assert settings.startswith("backfill.")
    done = helm("template", "costs", CHART, "--values", MINIMAL, "--set", settings)
    assert (done.returncode, done.stderr) == (0, "")
    assert "kind: Job\n" in done.stdout


def test_the_notes_of_a_report_say_how_to_make_it_now_and_where_it_is(chart: Path) -> None:
    values = {"report": {"enabled": True}}
    names = [one["metadata"]["name"] for one in render(values=values) if one["kind"] == "CronJob"]
    text = notes(chart, values=values)
    made = ["kubectl", "create", "job", "report-1", "--namespace", "finops"]
    assert [*made, f"--from=cronjob/{max(names)}"] in list(commands(text))
    assert "\n  s3://finops-focus/focus/reports/infer-focus-report-….html\n" in f"{text}\n"
    assert "report" not in notes(chart)


def test_the_notes_of_a_volume_say_where_the_report_is(chart: Path) -> None:
    text = notes(chart, CHART / "ci" / "report-values.yaml")
    place = "focus/reports/infer-focus-report-….html in the volume of focus-files"
    assert f"\n  {place}\n" in f"{text}\n"


def test_the_notes_say_where_rules_and_dashboard_are(chart: Path) -> None:
    rules = {"enabled": True, "rules": "groups: [{name: a, rules: []}]", "namespace": "monitoring"}
    text = notes(chart, values={"prometheusRule": rules, "dashboard": {"enabled": True}})
    found = ["kubectl", "get", "prometheusrule", "costs-infer-focus", "--namespace", "monitoring"]
    assert [*found, "--output", "yaml"] in list(commands(text))
    assert "the label grafana_dashboard=1." in text
    assert {"prometheusrule", "grafana_dashboard"} & set(notes(chart).split()) == set()


@pytest.mark.parametrize(
    ("file", "values"),
    [
        (CHART / "ci" / "full-values.yaml", {"focus": {"subAccountLabel": "it's a $(label)"}}),
        (CHART / "ci" / "clusters-values.yaml", {}),
    ],
    ids=["full", "clusters"],
)
def test_the_rules_of_the_notes_are_those_of_the_release(
    chart: Path, file: Path, values: Any, tmp_path: Path
) -> None:
    """Made from the ConfigMap as its commands say, and as a pod of the release would make them."""
    text = notes(chart, file, values)
    given, arguments = rules_command(text)
    get = next(one for one in commands(text) if one[:3] == ["kubectl", "get", "configmap"])
    manifests = render(file, values)
    (documents,) = (one["data"] for one in manifests if one["metadata"]["name"] == get[3])
    template = next(word for word in get if "go-template=" in word).partition("go-template=")[2]
    (tmp_path / "documents.yaml").write_text(expanded(template, documents, tmp_path))
    here = given | {"CONFIG_PATH": str(tmp_path / given["CONFIG_PATH"])}
    made = succeeded(infer_focus(*arguments, env=here)).stdout
    assert "password" not in text
    pod = started(only(manifests, "CronJob"), manifests, tmp_path, EXISTING)
    assert made == succeeded(dataclasses.replace(pod, arguments=arguments).run()).stdout
    assert "InferFocusExporterStale" in made


def test_the_commands_of_the_readme_are_those_of_the_notes(chart: Path) -> None:
    """Of its first example."""
    first = yaml.safe_load(values_blocks()[0])
    rendered = text_of(None, first, release="infer-focus", chart=chart)
    text: str = only(list(yaml.safe_load_all(rendered)), "Notes")["text"]
    assert rules_command(TEXT) == rules_command(text)
    get = ["kubectl", "get", "configmap", "infer-focus-config"]
    gets = [[one for one in commands(page) if one[:4] == get] for page in (TEXT, text)]
    assert gets[0] == gets[1] != []


def test_rules_for_a_pushgateway_do_not_need_its_address(chart: Path) -> None:
    given, _ = rules_command(notes(chart, CHART / "ci" / "existing-values.yaml"))
    assert given["PUSHGATEWAY_URL"] == "http://pushgateway"
    assert "PUSHGATEWAY_URL" not in rules_command(notes(chart))[0]


def rules_command(text: str) -> tuple[dict[str, str], list[str]]:
    """The variables and arguments of the one `infer-focus rules` in a text."""
    (line,) = (line for line in text.splitlines() if re.match(r"(  |\$ )CONFIG_PATH=", line))
    words = shlex.split(line.removeprefix("$ "))
    before, after = words[: words.index("infer-focus")], words[words.index("infer-focus") + 1 :]
    assert after[-2:] == [">", "rules.yaml"]
    return dict(word.split("=", 1) for word in before), after[:-2]


def expanded(template: str, data: dict[str, str], folder: Path) -> str:
    """What kubectl prints for a ConfigMap: Helm has the same templates."""
    chart = folder / "expanding"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: expanding, version: 0.0.0}")
    name = '{{ include "expanded" .Values | toJson }}'
    (chart / "templates" / "expanded.yaml").write_text(f"text: {name}")
    definition = f'{{{{ define "expanded" }}}}{template}{{{{ end }}}}'
    (chart / "templates" / "_expanded.tpl").write_text(definition)
    done = helm("template", chart, values={"data": data})
    assert (done.returncode, done.stderr) == (0, "")
    text: str = yaml.safe_load(done.stdout)["text"]
    return text


def values_blocks() -> list[str]:
    """The values that the README shows, as far as they are values of the chart."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if not block.startswith("apiVersion:")]


def test_every_example_of_the_readme_can_be_rendered() -> None:
    """The first one by itself, the others beside it."""
    first, *others = map(yaml.safe_load, values_blocks())
    assert render(None, first)
    assert len(others) >= 4
    for values in others:
        assert render(None, {**first, **values, "s3": {**first["s3"], **values.get("s3", {})}})


def test_helm_knows_the_values_in_the_commands_of_the_readme() -> None:
    settings = [
        word.split("=", 1)[0]
        for command in commands(TEXT)
        for flag, words in itertools.pairwise(command)
        if flag in ("--set", "--set-file")
        for word in words.split(",")
    ]
    known = {row.split("`")[1] for row in TEXT.splitlines() if row.startswith("| `")}
    assert "prometheusRule.rules" in settings
    # Labels have names of their own.
    assert {re.sub(r"labels\..*", "labels", one) for one in settings} <= known


def test_the_failure_that_the_readme_shows_is_the_real_one(tmp_path: Path) -> None:
    """Of its first example, in a folder as the reader has it."""
    (tmp_path / "values.yaml").write_text(values_blocks()[0])
    (tmp_path / "helm").symlink_to(CHART.parent)
    command, shown = re.findall(r"^\$ (helm template .*)\n((?:.*\n)*?)```$", TEXT, re.MULTILINE)[0]
    done = helm(*shlex.split(command)[1:], folder=tmp_path)
    assert done.returncode == 1
    assert [line.rstrip() for line in done.stderr.splitlines()] == shown.splitlines()


def test_every_command_of_helm_in_the_readme_renders_these_values(tmp_path: Path) -> None:
    """As a template, since there is no cluster here."""
    (tmp_path / "values.yaml").write_text(values_blocks()[0])
    (tmp_path / "helm").symlink_to(CHART.parent)
    (tmp_path / "rules.yaml").write_text("groups: [{name: a, rules: []}]")
    found = [one for one in commands(TEXT) if one[1] in ("install", "upgrade")]
    assert [one[1] for one in found] == ["install", "upgrade", "upgrade"]
    for _, _, *rest in found:
        done = helm("template", *rest, folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")


def test_a_command_of_the_program_in_the_readme_exists() -> None:
    for code in re.findall(r"`infer-focus ([^`]+)`", TEXT):
        assert parser().parse_args(code.split()).handler


def test_the_oldest_kubernetes_of_the_readme_is_that_of_the_chart() -> None:
    assert f"Kubernetes {KUBERNETES[0]} and newer" in TEXT
