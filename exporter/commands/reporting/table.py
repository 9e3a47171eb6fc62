"""A report for a terminal: one headline, then a table for each question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exporter.chargeback.cloud_figures import BreakEven, CloudComparison
from exporter.chargeback.completeness_figures import Awaited, Estimate, Gap
from exporter.chargeback.figures import Chargeback
from exporter.commands.reporting import besides, sections
from exporter.commands.reporting.columns import Column, drawn
from exporter.commands.reporting.words import (
    NOTHING,
    change,
    counted,
    hours,
    moment,
    money,
    name,
    percent,
    share,
)
from exporter.commands.terminal import wrapped
from exporter.cost.charges import Method
from exporter.usage.window import PowerSource

#: How wide the whole is; a terminal with less gets fewer columns.
WIDTH = 100

_INDENT = "  "
#: More lines than a person reads; the JSON has all of them.
_MOST_GAPS = 12
_MOST_MODELS = 3
#: How a measured figure was had; everything else is an estimate.
_MEASURED = frozenset({PowerSource.ENERGY_COUNTER.text, Method.GPU_TIME.text, Method.UNPRICED.text})


def report_table(report: Chargeback, terminal: int | None = None) -> str:
    """The whole text with a line end, for a terminal of a width, null for none."""
    width = min(terminal or WIDTH, WIDTH)
    lines = [*_headline(report, width)]
    for title, columns in _sections(report):
        if columns and columns[0].cells:
            lines += ["", *drawn(title, columns, width)]
    for sentence in (*besides.of_budgets(report), *besides.left_out(report)):
        lines += ["", *wrapped(sentence, width, _INDENT)]
    if report.cloud is not None and report.cloud.lines:
        lines.append("")
        for sentence in _about(report.cloud):
            lines += wrapped(sentence, width, _INDENT)
    lines += ["", *_missing(report, width)]
    return "\n".join(lines) + "\n"


def _headline(report: Chargeback, width: int) -> Iterator[str]:
    scope, total = report.scope, report.total
    yield f"GPU cost of {scope.name}: {money(total.cost)} {scope.currency}"
    for sentence in _facts(report):
        yield from wrapped(sentence, width, _INDENT)


def _facts(report: Chargeback) -> Iterator[str]:
    scope, total, before = report.scope, report.total, report.total_before
    if before is not None:
        told = change((report.total_compared or total).cost, before.cost)
        yield f"{told} on the period before, which cost {money(before.cost)}"
        if report.completeness.not_compared:
            left = money((report.total_compared or total).cost)
            yield f"compared: {left} of this period, see what is not compared below"
    if report.no_comparison is not None:
        yield f"nothing to compare with: {report.no_comparison}"
    if report.budgets:
        fullest = report.budgets[0]
        used = f"{percent(fullest.utilization)} of {money(fullest.limit)}"
        yield f"fullest budget: {name(fullest.name)}, {used} in {fullest.month}"
    if report.completeness.gaps:
        yield "data is missing, so the true cost is higher: see the end"
    if scope.namespaces:
        yield f"only of namespaces {', '.join(map(name, scope.namespaces))}"
    elif total.idle is not None:
        part = share(total.idle, total.cost)
        yield f"idle: {money(total.idle)}" + ("" if part == NOTHING else f", {part} of it")
    if scope.contracted:
        yield "amounts are contracted prices; those of pools are what they cost"
    data = f"{counted(scope.rows, 'row')} of {counted(scope.objects, 'object')}"
    clusters = ", ".join(map(name, scope.clusters))
    until = scope.end if scope.until is None else scope.until
    part = "" if until == scope.end else f"; the period ends {moment(scope.end)}"
    yield f"{data} of {clusters}, {moment(scope.start)} to {moment(until)}{part}"


def _sections(report: Chargeback) -> Iterator[tuple[str, Sequence[Column]]]:
    yield f"Cost by {', '.join(report.keys)}", sections.groups(report)
    yield "Models", sections.models(report)
    yield "Pools", sections.pools(report)
    if report.budgets:
        yield f"Budgets of {report.budgets[0].month}", sections.budgets(report)
    if report.cloud is not None:
        title = f"Cloud: US dollars per 1M tokens, prices of {report.cloud.last_verified}"
        yield title, sections.cloud(report.cloud.lines)


#: Why there is no number, by what is known instead.
_NO_BREAK_EVEN = {
    BreakEven.NEVER: "never: the cloud costs no more than the electricity of the own tokens",
    BreakEven.NOT_KNOWN: "break-even is not known where rows do not say what tokens add to the"
    " electricity",
    BreakEven.CONTRACTED: "there is no break-even of contracted prices: they do not fall with the"
    " number of tokens",
}


def _about(cloud: CloudComparison) -> Iterator[str]:
    """What the figures of the comparison are not, and where its prices come from."""
    yield _sources(cloud)
    if cloud.dearest_only:
        models = _models(cloud.dearest_only)
        yield (
            f"shown for {models}: the entry with the highest savings, which need not be like it;"
            " choose entries that are with comparisons in CloudPricing"
        )
    if cloud.upper_bound:
        yield "some rows do not say which tokens were cached: there they cost so much at most"
    found = {line.break_even for line in cloud.lines}
    yield from (words for known, words in _NO_BREAK_EVEN.items() if known in found)


def _models(names: Sequence[str]) -> str:
    return ", ".join(map(name, names)) if len(names) <= _MOST_MODELS else f"{len(names)} models"


def _sources(cloud: CloudComparison) -> str:
    """Where the prices shown were read; a catalog that does not begin its sources with a provider's
    name has them all shown.
    """
    shown = {line.provider for line in cloud.lines}
    of_shown = [text for text in cloud.sources if text.partition(":")[0] in shown]
    return f"cloud prices from {', '.join(map(name, of_shown or cloud.sources))}"


def _missing(report: Chargeback, width: int) -> Iterator[str]:
    """Everything that is not in the figures, or not measured; one sentence if nothing is."""
    sentences = [*_not_known(report)]
    if not sentences:
        yield "Nothing is missing or estimated."
        return
    yield "Missing or estimated"
    for sentence in sentences:
        yield from wrapped(sentence, width, _INDENT)


def _not_known(report: Chargeback) -> Iterator[str]:
    found, currency = report.completeness, report.scope.currency
    yield from map(_gap, found.gaps[:_MOST_GAPS])
    if more := found.gaps[_MOST_GAPS:]:
        yield f"and {counted(len(more), 'more gap')}: --format json has all of them"
    for awaited in found.awaited[:_MOST_GAPS]:
        yield _awaited(awaited)
    if more_awaited := found.awaited[_MOST_GAPS:]:
        yield f"and {counted(len(more_awaited), 'more report')} not written yet"
    yield from _of_budgets(report)
    if found.unreadable:
        which = f"{counted(len(found.unreadable), 'object')} such as {found.unreadable[0]}"
        yield f"could not be read: {which}"
    if found.not_compared:
        which = ", ".join(
            f"{name(one.report)} of {name(one.cluster)}" for one in found.not_compared
        )
        yield f"not compared with the period before, since it has no time of this length: {which}"
    if found.straddling:
        which = f"{counted(len(found.straddling), 'object')} such as {found.straddling[0]}"
        yield f"left out, since it reaches over the edge of the period: {which}"
    if found.misplaced:
        which = f"{counted(len(found.misplaced), 'object')} such as {found.misplaced[0]}"
        yield f"rows of other time than the name says, they count where they belong: {which}"
    if found.unobserved_cost or found.unobserved_gpu_hours:
        amount = f"{hours(found.unobserved_gpu_hours)} GPU-hours, {money(found.unobserved_cost)}"
        yield f"not observed: {amount} {currency}"
    if found.unpooled_cost and not report.scope.namespaces:
        amount = f"{money(found.unpooled_cost)} {currency}"
        yield f"in no figure of pools: {amount} of rows without GPU-hours or without a pool"
    if found.unpriced_tokens:
        yield f"{found.unpriced_tokens:,} tokens without a known GPU cost nothing"
    for estimate in found.estimates:
        if estimate.value not in _MEASURED:
            yield _estimated(estimate, currency)


def _gap(gap: Gap) -> str:
    span = f"{moment(gap.start)} to {moment(gap.end)}"
    return f"no data: {span} of {name(gap.cluster)}, report {name(gap.report)}"


def _awaited(one: Awaited) -> str:
    span = f"{moment(one.start)} to {moment(one.end)}"
    return (
        f"not written yet: {span} of {name(one.cluster)}, report {name(one.report)},"
        f" which is {one.schedule}"
    )


def _of_budgets(report: Chargeback) -> Iterator[str]:
    """What the budgets' month lacks outside of the period, and budgets that nobody knows."""
    found = report.completeness
    if found.budgets_fault is not None:
        yield f"budgets could not be evaluated: {name(found.budgets_fault)}"
    for gap in found.budget_gaps[:_MOST_GAPS]:
        yield f"in no budget: {_gap(gap)}"
    if more := found.budget_gaps[_MOST_GAPS:]:
        yield f"and {counted(len(more), 'more gap')} of the budgets' month"


def _estimated(estimate: Estimate, currency: str) -> str:
    what = f"{estimate.kind} {estimate.value}"
    return f"{what}: {hours(estimate.gpu_hours)} GPU-hours, {money(estimate.cost)} {currency}"
