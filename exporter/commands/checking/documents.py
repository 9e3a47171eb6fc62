"""What documents name that nothing shows: namespaces without pods, models without a price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from exporter.commands.building import Configuration, sales_terms
from exporter.commands.checking.findings import Finding, counted, listed, ok, warn
from exporter.cost.prices import entry_of
from exporter.documents.rate_card import ANY_MODEL


def configuration_finding(configuration: Configuration) -> Finding:
    """What was loaded; faults have ended the command before."""
    documents = configuration.documents
    kinds = (
        (len({(p.name, p.namespace) for p in documents.cost_profiles}), "CostProfile"),
        (len(documents.usage_reports), "UsageReport"),
        (len(documents.token_budgets), "TokenBudget"),
    )
    parts = [counted(count, name) for count, name in kinds if count]
    card = documents.rate_card
    if card is not None:
        parts.append(f"a RateCard in {card.currency}")
    return ok("configuration", f"{', '.join(parts)} from {configuration.settings.config_path}")


def settings_findings(unknown: Sequence[str]) -> Iterator[Finding]:
    """Variables that look like settings and are none."""
    for sentence in unknown:
        said, comma, hint = sentence.partition(", did you mean ")
        fix = f"rename it to {hint.rstrip('?')}" if comma else "remove it"
        yield warn("settings", said, fix)


def namespace_names(configuration: Configuration, known: set[str]) -> Iterator[Finding]:
    """Reports and budgets of namespaces in which there is no pod."""
    documents = configuration.documents
    named = [
        (f"UsageReport {r.name}", "spec.namespaces", name, "it has no row")
        for r in documents.usage_reports
        for name in r.spec.namespaces
    ]
    named += [
        (
            f"TokenBudget {b.name}",
            "spec.scope.namespace",
            b.spec.scope.namespace,
            "it spends nothing",
        )
        for b in documents.token_budgets
    ]
    for what, field, name, without in named:
        if name in known:
            continue
        near = get_close_matches(name, known, n=1, cutoff=0.6)
        fix = f"{field}: {near[0]}" if near else f"{field}: one of {listed(known)}"
        yield warn(what, f"no pod is in namespace {name}: {without}", fix)


def price_findings(configuration: Configuration, models: set[str]) -> Iterator[Finding]:
    """Whether the card has prices of their own for the models that are served."""
    card = configuration.documents.rate_card
    if card is None:
        return
    if sales_terms(configuration).by_pool:
        yield ok("RateCard", "gpuHour prices the shares of pools, models and contracts do not")
        return
    general = {model for model in models if entry_of(card, model).model == ANY_MODEL}
    named = [entry.model for entry in card.models if entry.model != ANY_MODEL]
    if general and named:
        yield warn(
            "RateCard",
            f'{listed(general)}: only the price of "{ANY_MODEL}" fits',
            f"add before it, under models: {{model: {min(general)}, listPerMillionTokens: …}}",
        )
    else:
        yield ok("RateCard", f"prices {counted(len(models), 'served model')}")
