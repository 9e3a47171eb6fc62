"""docs/labels.md: its settings, queries, manifests and Terraform text."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from scripts.make_labels_page import outputs
from tests.shown_settings import LABELS, blocks, database, environment, export_demo, exportable


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's rows with the settings of the page."""
    folder = tmp_path_factory.mktemp("bucket")
    export_demo(folder, exportable(LABELS))
    return folder


def test_the_page_shows_what_the_commands_print(tmp_path: Path) -> None:
    """If not: `.venv/bin/python -m scripts.make_labels_page`."""
    text = LABELS.read_text()
    printed = outputs(tmp_path)
    assert re.findall(r"<!-- labels: ([a-z ]+) -->", text) == [*printed]
    for name, output in printed.items():
        assert f"<!-- labels: {name} -->\n{output}\n<!-- end -->" in text


def test_cost_by_tag_is_as_shown(bucket: Path) -> None:
    """Every cell of the answer; and team and cost center add up to all that was spent."""
    by_tag, _ = blocks(LABELS, "sql")
    (shown,) = (text for text in blocks(LABELS, "text") if text.startswith("┌"))
    with database(bucket, LABELS) as connection:
        answer = connection.sql(by_tag.strip().rstrip(";"))
        total = connection.sql("SELECT sum(EffectiveCost)::DECIMAL(18, 2) FROM infer_focus_1_3")
        assert str(answer).strip() == shown.strip()
        assert [(sum(row[2] for row in answer.fetchall()),)] == total.fetchall()


def test_what_lacks_a_label_is_found(bucket: Path) -> None:
    """No namespace of the demo has an environment."""
    _, lacking = blocks(LABELS, "sql")
    with database(bucket, LABELS) as connection:
        found = connection.sql(lacking).fetchall()
    assert [name for name, _ in found] == ["assistants", "discovery"]


def test_tags_and_sub_accounts_are_what_the_page_says(bucket: Path) -> None:
    """Keys as the allow-list spells them; the team in SubAccountId, idle time under its name."""
    with database(bucket, LABELS) as connection:
        rows = connection.sql("""
            SELECT DISTINCT SubAccountId, SubAccountType, json_keys(Tags) FROM infer_focus_1_3
        """).fetchall()
    kinds = {name: kind for name, kind, _ in rows}
    assert kinds == {"assistants": "team", "discovery": "team", "__idle__": "Namespace"}
    for name, _, keys in rows:
        of_labels = {key for key in keys if not key.startswith("infer-focus/")}
        assert of_labels == (set() if name == "__idle__" else {"team", "cost-center"})


def test_the_allow_list_is_the_same_as_flag_and_as_values() -> None:
    """And shows every label that the settings name."""
    (flag,) = (text for text in blocks(LABELS, "text") if text.startswith("--metric-labels"))
    (chart,) = (text for text in blocks(LABELS, "yaml") if text.startswith("kube-state-metrics"))
    entries = yaml.safe_load(chart)["kube-state-metrics"]["metricLabelsAllowlist"]
    assert flag.strip() == f"--metric-labels-allowlist={','.join(entries)}"
    shown = {e.partition("=")[0]: set(e.partition("=")[2].strip("[]").split(",")) for e in entries}
    settings = environment(LABELS)
    assert set(settings["FOCUS_TAG_ALLOWLIST"].split(",")) <= shown["namespaces"] | shown["pods"]
    assert settings["FOCUS_SUB_ACCOUNT_LABEL"] in shown["namespaces"]


def test_the_manifests_carry_the_labels_where_the_table_puts_them() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (namespace|pod)", LABELS.read_text(), re.MULTILINE)
    (text,) = (text for text in blocks(LABELS, "yaml") if "kind: Namespace" in text)
    namespace, deployment = yaml.safe_load_all(text)
    pod = deployment["spec"]["template"]["metadata"]["labels"]
    for key, where in rows:
        assert key in (namespace["metadata"]["labels"] if where == "namespace" else pod)
    assert len(rows) == 5


def test_the_terraform_text_is_terraform(tmp_path: Path) -> None:
    """Its parser takes it and would write it no other way; no provider is asked."""
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("NOT TESTED: terraform is missing; the HCL of docs/labels.md is not parsed")
    (text,) = blocks(LABELS, "hcl")
    (tmp_path / "main.tf").write_text(text)
    command = [terraform, "fmt", "-check", "-diff", "main.tf"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
