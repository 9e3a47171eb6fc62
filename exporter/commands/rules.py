"""`infer-focus rules`: recording rules and alerts for a Prometheus, from profiles and budgets."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import yaml

from exporter import log
from exporter.commands.building import documents_of
from exporter.errors import ConfigurationError, UnusableError
from exporter.monitoring.groups import RuleTerms, rule_groups
from exporter.monitoring.rule import Group, Node
from exporter.settings import Settings, load_settings, unknown_names

RuleForm = Literal["kubernetes", "prometheus"]

_DURATION = re.compile(r"(?:(\d{1,4})y)?(?:(\d{1,4})w)?(?:(\d{1,5})d)?(?:(\d{1,6})h)?")
_HOURS = (365 * 24, 7 * 24, 24, 1)
_DNS_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAMESPACE = re.compile(_DNS_LABEL)
_NAME = re.compile(rf"{_DNS_LABEL}(\.{_DNS_LABEL})*")
_NO_BUDGETS = (
    "budget alerts are left out: they need the samples of a whole month; if this Prometheus keeps"
    " them for 31 days or more, say so with --retention 31d"
)


@dataclass(frozen=True, slots=True)
class RulesArguments:
    """What is asked for; `retention` is a duration of Prometheus such as 31d."""

    form: RuleForm
    retention: str | None
    namespace: str | None
    name: str


def rules(environ: Mapping[str, str], arguments: RulesArguments) -> int:
    """Print the rules as YAML; needs CONFIG_PATH, but no source, destination or network.

    Raises ConfigurationError for settings, documents or arguments that are wrong, UnusableError
    when stdout cannot be written.
    """
    settings = load_settings(environ, needs_destination=False, needs_source=False)
    log.configure(settings.log_level, settings.log_format)
    for sentence in unknown_names(environ):
        log.get_logger().warning(sentence)
    text = _text(settings, arguments)
    try:
        print(text, end="")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UnusableError(f"cannot write to stdout: {error.strerror}; free some space") from error
    return 0


def _text(settings: Settings, arguments: RulesArguments) -> str:
    _check(arguments)
    documents = documents_of(settings)
    terms = RuleTerms(
        settings.focus_billing_currency,
        settings.cluster_name,
        settings.collection_cluster_label,
        None if arguments.retention is None else retention_days(arguments.retention),
    )
    groups = rule_groups(documents.cost_profiles, documents.token_budgets, terms)
    head = "# Made by `infer-focus rules`; make it again when profiles or budgets change.\n"
    if documents.token_budgets and not terms.budgets_possible:
        log.get_logger().warning(_NO_BUDGETS)
        head += f"# {_NO_BUDGETS[0].upper()}{_NO_BUDGETS[1:]}.\n"
    return head + yaml_text(_document(groups, arguments))


def retention_days(text: str) -> int:
    """Whole days of a duration such as 31d, 6w or 1y. Raises ConfigurationError."""
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise ConfigurationError(
            f"--retention: got {text!r}, expected a duration in y, w, d or h, such as 31d"
        )
    amounts = zip(found.groups(), _HOURS, strict=True)
    return sum(int(amount or 0) * hours for amount, hours in amounts) // 24


def _check(arguments: RulesArguments) -> None:
    for flag, value, pattern, longest in (
        ("--name", arguments.name, _NAME, 253),
        ("--namespace", arguments.namespace, _NAMESPACE, 63),
    ):
        if value is not None and (len(value) > longest or not pattern.fullmatch(value)):
            raise ConfigurationError(
                f"{flag}: got {value!r}, expected a name of Kubernetes: lower-case letters, digits"
                f" and hyphens, at most {longest}"
            )
    if arguments.form == "prometheus" and arguments.namespace is not None:
        raise ConfigurationError(
            "--namespace: belongs to a PrometheusRule; leave it out with --format prometheus"
        )


def _document(groups: Sequence[Group], arguments: RulesArguments) -> Node:
    """A PrometheusRule, or what a `rule_files` entry of a Prometheus names."""
    spec: Node = {"groups": [group.node() for group in groups]}
    if arguments.form == "prometheus":
        return spec
    metadata: Node = {"name": arguments.name}
    if arguments.namespace is not None:
        metadata["namespace"] = arguments.namespace
    metadata["labels"] = {"app.kubernetes.io/name": "infer-focus"}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata,
        "spec": spec,
    }


class _Dumper(yaml.SafeDumper):
    """Expressions of several lines as blocks, which people can read."""


def _represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent)


def yaml_text(node: Node) -> str:
    """YAML in the order given."""
    return yaml.dump(node, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
