"""`infer-focus rules`: recording rules and alerts for a Prometheus, from profiles and budgets."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

import yaml

from exporter import log
from exporter.commands.building import documents_of
from exporter.errors import ConfigurationError, UnusableError
from exporter.monitoring.exporter_rules import CronJob
from exporter.monitoring.groups import RuleTerms, rule_groups
from exporter.monitoring.rule import Group, Node
from exporter.monitoring.team_rules import TEAM_LABEL
from exporter.settings import Settings, load_settings, unknown_names

RuleForm = Literal["kubernetes", "prometheus"]

_DURATION = re.compile(r"(?:(\d{1,4})y)?(?:(\d{1,4})w)?(?:(\d{1,5})d)?(?:(\d{1,6})h)?")
_HOURS = (365 * 24, 7 * 24, 24, 1)
_DNS_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAMESPACE = re.compile(_DNS_LABEL)
_NAME = re.compile(rf"{_DNS_LABEL}(\.{_DNS_LABEL})*")
_NAME_LONGEST, _NAMESPACE_LONGEST = 253, 63
#: Kubernetes adds eleven characters for the names of the Jobs.
_CRONJOB_LONGEST = 52
_NO_BUDGETS = (
    "budget alerts are left out: they need what runs push (set PUSHGATEWAY_URL as it is for the"
    " runs) or the samples of a whole month (if this Prometheus keeps them for 31 days or more, say"
    " so with --retention 31d)"
)


@dataclass(frozen=True, slots=True)
class RulesArguments:
    """What is asked for.

    `retention` is a duration of Prometheus such as 31d, `cronjob` is NAME, NAMESPACE/NAME or empty,
    `cost_per_request_limit` an amount in the billing currency.
    """

    form: RuleForm
    retention: str | None
    namespace: str | None
    name: str
    cronjob: str
    cost_per_request_limit: str | None


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
    terms = _terms(settings, arguments)
    documents = documents_of(settings)
    groups = rule_groups(documents.cost_profiles, documents.token_budgets, terms)
    head = "# Made by `infer-focus rules`; make it again when profiles or budgets change.\n"
    if documents.token_budgets and not terms.budgets_possible:
        log.get_logger().warning(_NO_BUDGETS)
        head += f"# {_NO_BUDGETS[0].upper()}{_NO_BUDGETS[1:]}.\n"
    return head + yaml_text(_document(groups, arguments))


def _terms(settings: Settings, arguments: RulesArguments) -> RuleTerms:
    retention, limit = arguments.retention, arguments.cost_per_request_limit
    return RuleTerms(
        settings.focus_billing_currency,
        settings.cluster_name,
        settings.collection_cluster_label,
        None if retention is None else retention_days(retention),
        settings.pushgateway_url is not None,
        _cronjob(arguments.cronjob),
        settings.collection_lookback_hours,
        settings.focus_sub_account_label or TEAM_LABEL,
        None if limit is None else _amount(limit),
    )


def retention_days(text: str) -> int:
    """Whole days of a duration such as 31d, 6w or 1y. Raises ConfigurationError."""
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise ConfigurationError(
            f"--retention: got {text!r}, expected a duration in y, w, d or h, such as 31d"
        )
    amounts = zip(found.groups(), _HOURS, strict=True)
    return sum(int(amount or 0) * hours for amount, hours in amounts) // 24


def _cronjob(text: str) -> CronJob | None:
    """The one that is named; empty: none. Raises ConfigurationError."""
    if not text:
        return None
    namespace, slash, name = text.rpartition("/")
    if not _is_name(name, _NAME, _CRONJOB_LONGEST) or (slash and not _is_namespace(namespace)):
        raise _no_name("--cronjob", text, _CRONJOB_LONGEST)
    return CronJob(name, namespace if slash else None)


def _amount(text: str) -> Decimal:
    """Raises ConfigurationError."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount <= 0:
        raise ConfigurationError(
            f"--cost-per-request-limit: got {text!r}, expected an amount above 0 in the billing"
            " currency, such as 0.05"
        )
    return amount


def _check(arguments: RulesArguments) -> None:
    if not _is_name(arguments.name, _NAME, _NAME_LONGEST):
        raise _no_name("--name", arguments.name, _NAME_LONGEST)
    if arguments.namespace is not None and not _is_namespace(arguments.namespace):
        raise _no_name("--namespace", arguments.namespace, _NAMESPACE_LONGEST)
    if arguments.form == "prometheus" and arguments.namespace is not None:
        raise ConfigurationError(
            "--namespace: belongs to a PrometheusRule; leave it out with --format prometheus"
        )


def _is_name(text: str, pattern: re.Pattern[str], longest: int) -> bool:
    return len(text) <= longest and pattern.fullmatch(text) is not None


def _is_namespace(text: str) -> bool:
    return _is_name(text, _NAMESPACE, _NAMESPACE_LONGEST)


def _no_name(flag: str, text: str, longest: int) -> ConfigurationError:
    return ConfigurationError(
        f"{flag}: got {text!r}, expected a name of Kubernetes: lower-case letters, digits and"
        f" hyphens, at most {longest}"
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


#: Texts that PyYAML writes plain and the YAML of Go reads as numbers or booleans: 1e3, 0o7, y.
_NOT_PLAIN = re.compile(r"[-+.]?\d[\w.+-]*|[yYnN]")


def _represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else "'" if _NOT_PLAIN.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent)


def yaml_text(node: Node) -> str:
    """YAML in the order given."""
    return yaml.dump(node, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
