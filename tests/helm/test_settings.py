"""The chart and the program agree: every setting has its value, and each value is understood."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.documents.entries import _KINDS
from exporter.documents.load import load_documents
from exporter.settings import find_settings, unknown_names
from exporter.settings.load import load_settings
from exporter.settings.model import ALIASES, FILES_OF_SECRETS, SECRETS, VARIABLES
from scripts import make_chart_docs as chart_docs
from scripts.make_chart_docs import SCHEMA, VALUES, schema_of, values
from tests.helm.kubelet import Container, started
from tests.helm.rendering import (
    BACKFILL,
    CHART,
    CI_FILES,
    MINIMAL,
    Manifest,
    name_of,
    only,
    pod_templates,
    render,
    text_of,
    variables,
)

#: They have no value of their own on purpose.
LEFT_TO_EXTRA_ENV = {
    "SOURCE_FILE",  # an archive is read once in a while, from a volume of one's own
}
SET_BY_KUBERNETES = {"JOB_COMPLETION_INDEX"}
#: What is in the cluster already, as far as values files speak of it.
EXISTING = {
    "company-authorities": {"authorities.pem": "PEM"},
    "cluster-authority": {"ca.crt": "PEM"},
    "prometheus-client": {"tls.crt": "PEM", "tls.key": "PEM"},
    "finops-hmac": {"id": "GOOG1E", "secret": "not-a-real-secret"},
    "mimir": {"password": "not-a-real-password", "headers.json": '{"X-Team": "ml"}'},
    "finops-s3": {"access-key-id": "not-a-real-key", "secret-access-key": "not-a-real-secret"},
    "pushgateway": {"url": "https://push:not-a-real-password@pushgateway.example.com"},
    "gpu-prices": {
        "h100.yaml": "kind: CostProfile\nmetadata: {name: h100}\nspec: {hardware: {gpuModel: H100, "
        "gpuCount: 8, purchasePriceUSD: 280000}, electricity: {ratePerKWh: 0.12}}\n"
    },
}

each_file = pytest.mark.parametrize("file", CI_FILES, ids=name_of)


def containers(file: Path, folder: Path) -> list[Container]:
    """Those of every workload of a values file."""
    manifests = render(file)
    workloads = [one for one in manifests if pod_templates([one])]
    return [
        started(workload, manifests, folder / f"{number}", EXISTING)
        for number, workload in enumerate(workloads)
    ]


def names_set() -> set[str]:
    """Every variable that some values make the chart set itself."""
    found = set[str]()
    for file in CI_FILES:
        own = {entry["name"] for entry in yaml.safe_load(file.read_text()).get("extraEnv", [])}
        for workload in render(file):
            if pod_templates([workload]):
                found |= variables(workload).keys() - own
    return found


def test_every_setting_can_be_set_by_a_value() -> None:
    """Directly, or a secret through a file."""
    names = {FILES_OF_SECRETS.get(name, name) for name in names_set()}
    assert VARIABLES.keys() - names == LEFT_TO_EXTRA_ENV | SET_BY_KUBERNETES


def text(value: object) -> str:
    """A value as a variable has it."""
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_each_value_stands_in_its_variable() -> None:
    """As far as the file with about everything says something; 0 and false are said."""
    file = CHART / "ci" / "full-values.yaml"
    given = yaml.safe_load(file.read_text())
    env = variables(only(render(file), "CronJob"))
    seen = 0
    for name, variable in chart_docs.direct_variables().items():
        value = given
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            assert env[variable] == text(value), name
            seen += 1
    assert seen == 44
    assert (env["COLLECTION_SETTLE_MINUTES"], env["PROMETHEUS_TLS_VERIFY"]) == ("0", "false")


def test_the_table_of_values_names_every_setting() -> None:
    """Messages of the program do; the reader looks for the value."""
    told = chart_docs.variables()
    assert len(set(told.values())) == len(told)
    together = {"PROMETHEUS_CLIENT_KEY"}  # in the same Secret as PROMETHEUS_CLIENT_CERT
    assert VARIABLES.keys() - told.values() == LEFT_TO_EXTRA_ENV | SET_BY_KUBERNETES | together
    assert told.keys() <= {one.name for one in values(VALUES.read_text())}


def test_the_chart_sets_no_unknown_variable() -> None:
    assert names_set() <= {*VARIABLES, *ALIASES.values(), *FILES_OF_SECRETS}


def test_no_secret_is_a_variable() -> None:
    """They would be in the manifest of every Job."""
    assert names_set() & SECRETS == set()


def test_the_address_of_the_pushgateway_is_in_the_secret(tmp_path: Path) -> None:
    """And nowhere else, since it may have a password in it."""
    file = CHART / "ci" / "full-values.yaml"
    url: str = yaml.safe_load(file.read_text())["pushgateway"]["url"]
    (container,) = containers(file, tmp_path)
    found = load_settings(container.env, needs_destination=True, needs_source=True).pushgateway_url
    assert found is not None
    assert found.get_secret_value() == url
    assert url.partition("@")[0] not in text_of(file)


@each_file
def test_the_program_understands_what_it_is_given(file: Path, tmp_path: Path) -> None:
    for container in containers(file, tmp_path):
        # The archive's volume, which the values add themselves, holds no dump here.
        env = {k: v for k, v in container.env.items() if k != "SOURCE_FILE"}
        found = find_settings(env, needs_destination=True, needs_source=env == container.env)
        assert found.faults == ()
        assert unknown_names(env) == []


@each_file
def test_the_documents_are_mounted_where_they_are_looked_for(file: Path, tmp_path: Path) -> None:
    container = containers(file, tmp_path)[0]
    documents = load_documents(Path(container.env["CONFIG_PATH"]))
    assert len(documents.cost_profiles) == 1


def test_documents_arrive_as_they_were_given(tmp_path: Path) -> None:
    """Dates, large and tiny numbers, and texts that look like something else."""
    documents = [
        {
            "kind": "CostProfile",
            "metadata": {"name": "0x10"},
            "spec": {
                "hardware": {
                    "gpuModel": "1e3",
                    "gpuCount": 1_000_000,
                    "purchasePriceUSD": 12_345_678_901.25,
                    "inServiceDate": "2026-03-01",
                },
                "electricity": {"ratePerKWh": 0.0000001},
                "nodeSelector": {"pool": "true", "tier": "007"},
            },
        },
    ]
    as_given = tmp_path / "given.json"
    as_given.write_text(json.dumps(documents[0]))
    for given in (documents, {"h100.yaml": documents}):
        manifests = render(values={"config": {"documents": given}})
        data = only(manifests, "ConfigMap")["data"]
        (path,) = (tmp_path / name for name in data)
        path.write_text(data[path.name])
        (profile,) = load_documents(path).cost_profiles
        assert load_documents(as_given).cost_profiles == (profile,)
        assert profile.spec.hardware.in_service_date == 1772323200


def defaults() -> dict[str, Any]:
    """What the chart sets when nothing but the required values is given."""
    return variables(only(render(MINIMAL), "CronJob"))


def test_a_default_of_the_chart_is_that_of_the_program() -> None:
    """But for the logs, which nobody reads on a terminal there."""
    required = {"CLUSTER_NAME", "PROMETHEUS_URL", "S3_BUCKET"}
    ours = {name: value for name, value in defaults().items() if name not in required}
    chart = load_settings(ours, needs_destination=False, needs_source=False)
    program = load_settings({}, needs_destination=False, needs_source=False)
    assert chart.log_format == "json"
    assert chart.model_copy(update={"log_format": None}) == program


def reads(name: str, value: object) -> bool:
    """Whether the program takes a value for a variable."""
    found = find_settings({name: str(value)}, needs_destination=False, needs_source=False)
    return name not in found.faulty


def restricted() -> dict[str, tuple[str, dict[str, Any]]]:
    """Values whose schema has choices or limits, by variable: path and schema."""
    schema = json.loads(SCHEMA.read_text())
    of_value = chart_docs.variables()
    found = {}
    for value in values(VALUES.read_text()):
        part = schema_of(schema, value.path)
        part = part["items"] if part.get("type") == "array" else part
        if {"enum", "minimum", "maximum"} & part.keys() and value.name in of_value:
            found[of_value[value.name]] = (value.name, part)
    return found


def test_choices_and_limits_are_those_of_the_program() -> None:
    """A value that the schema lets through does not fail in the pod; no other would work."""
    found = restricted()
    assert len(found) == 20
    for variable, (path, part) in found.items():
        for value in part.get("enum", []):
            assert reads(variable, value), path
        for limit, beyond in (("minimum", -1), ("maximum", 1)):
            if limit in part:
                assert reads(variable, part[limit]), path
                assert not reads(variable, part[limit] + beyond), path


def test_every_choice_of_the_program_is_one_of_the_chart() -> None:
    for variable, (path, part) in restricted().items():
        if "enum" in part:
            words = find_settings(
                {variable: "?"}, needs_destination=False, needs_source=False
            ).faults[0]
            listed = words.partition("expected ")[2].partition(",")[0].split(" or ")
            assert listed == part["enum"], path


def test_every_kind_of_document_is_let_through() -> None:
    schema = json.loads(SCHEMA.read_text())
    kinds = schema["definitions"]["document"]["properties"]["kind"]["enum"]
    assert kinds == [*_KINDS, "List"]


def test_a_reference_to_another_variable_is_only_a_text() -> None:
    """Kubernetes replaces $(NAME) in variables."""
    text = 'The "$(CLUSTER_NAME)" platform: 100 % \\ ünïcode'
    cron_job = only(render(values={"focus": {"publisherName": text}}), "CronJob")
    entries: list[Manifest] = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"][
        "containers"
    ][0]["env"]
    (entry,) = (entry for entry in entries if entry["name"] == "FOCUS_PUBLISHER_NAME")
    assert entry["value"] == text.replace("$", "$$")


def test_pods_of_a_backfill_know_how_many_they_are() -> None:
    """Their own number comes from Kubernetes."""
    job = only(render(BACKFILL), "Job")
    assert variables(job)["JOB_COMPLETIONS"] == str(job["spec"]["completions"]) == "24"
    assert job["spec"]["completionMode"] == "Indexed"
    assert "JOB_COMPLETIONS" not in variables(only(render(BACKFILL), "CronJob"))
