"""A fleet exported as a run does it, down to the rows, and the same by the slow reference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np

from exporter.cost.billing import ReportPlan, plan_reports
from exporter.cost.charges import Charges, Ints, Kind
from exporter.documents.kinds import CloudPricing
from exporter.documents.load import Documents, default_prices
from exporter.focus.context import RowSettings
from exporter.periods import HOUR_SECONDS, Schedule, period_at
from exporter.pipeline.export import ExportRules, Finished, export
from exporter.pipeline.outcomes import Ending, Outcome
from exporter.pipeline.rows import RowRules, make_rows
from exporter.pipeline.tasks import Range, Task, covering
from exporter.reading.window import ReadingRules
from exporter.sources.series import Source
from exporter.usage.engines import VLLM
from exporter.usage.identity import ClusterNaming
from tests.builders import make_context
from tests.reference import hour_of
from tests.reference_cost import IDLE, POD, UNOBSERVED, Charge, Owner, Truth
from tests.truth.priced_fleets import PricedFleet

CLUSTER, NANO = "test", 10**9
NEVER = 2**40
#: What a row says, by the names the reference has for it; nothing is 0.
COLUMNS = {
    "amortization": "x-InferAmortizationCost",
    "maintenance": "x-InferMaintenanceCost",
    "electricity": "x-InferElectricityCost",
    "idle": "x-InferIdleCost",
    "kwh": "x-InferEnergyKWh",
    "gpu_hours": "x-InferGpuHours",
}
COUNTS = ("TokensInput", "TokensOutput", "TokensCached", "Requests")


class RowKey(NamedTuple):
    """What tells a row from all others; profile and pod are empty where it has none."""

    start: int
    schedule: Schedule
    report: str
    profile: str
    resource: str
    pod: str


@dataclass(frozen=True, slots=True)
class Row:
    """Counts (tokens in, out, cached, requests), amounts and the cost itself in 1e-9."""

    counts: tuple[int, ...]
    amounts: Mapping[str, Fraction]
    cost: Fraction


Rows = dict[RowKey, Row]


@dataclass(frozen=True, slots=True)
class Way:
    """How long the default report's periods are, and which hours the export covers."""

    granularity: Schedule
    start: int
    end: int


class Case:
    """A priced fleet, its documents, and how it is exported."""

    def __init__(self, priced: PricedFleet, documents: Documents) -> None:
        self.priced, self.documents = priced, documents

    @cached_property
    def ways(self) -> list[Way]:
        """By the hour as long as there are samples; by the day, all days (weeks, months) of it."""
        fleet = self.priced.fleet
        hourly = Way(Schedule.HOURLY, fleet.first, fleet.end)
        longest = max((plan.schedule for plan in self.plans(hourly)), key=lambda s: s.fineness)
        longest = max(longest, Schedule.DAILY, key=lambda s: s.fineness)
        spans = period_at(longest, fleet.first).start, period_at(longest, fleet.end - 1).end
        return [*([] if self.priced.long_reports else [hourly]), Way(Schedule.DAILY, *spans)]

    @cached_property
    def hours(self) -> range:
        """Every hour that some way covers."""
        return range(self.ways[-1].start, self.ways[-1].end, HOUR_SECONDS)

    @cached_property
    def truth(self) -> Truth:
        return Truth(self.priced.fleet, self.hours, share_idle=self.priced.share_idle)

    @cached_property
    def charges(self) -> dict[int, dict[Owner, Charge]]:
        """The reference's charges of each hour."""
        return {hour: self.truth.charges(hour) for hour in self.hours}

    def plans(self, way: Way) -> list[ReportPlan]:
        reports = [
            (one, self.documents.resolve_profile(one)) for one in self.documents.usage_reports
        ]
        return plan_reports(reports, way.granularity)

    def tasks(self, way: Way) -> list[Task]:
        return covering(self.plans(way), Range(way.start, way.end), NEVER)

    def rules(self, way: Way) -> ExportRules:
        reading = ReadingRules(
            ClusterNaming(CLUSTER),
            (VLLM,),
            self.documents.cost_profiles,
            owners=self.priced.grain != "model",
        )
        grain, share = self.priced.grain, self.priced.share_idle
        return ExportRules(reading, self.plans(way), grain, share, accept_gaps=True)

    def row_rules(self) -> RowRules:
        shared = {each.name for each in fields(RowSettings)}
        context = {k: v for k, v in asdict(make_context()).items() if k in shared}
        context |= {"row_grain": self.priced.grain, "idle_shared": self.priced.share_idle}
        return RowRules(
            **context,
            billing_account_id=None,
            billing_account_name=None,
            pricing=_prices(),
        )

    def told(self, task: Task) -> bool:
        """Whether the samples of each hour tell how far apart they are.

        Of fewer than four samples the exporter cannot know the scrape interval, and the reference
        knows it from the generator.
        """
        return not self.untold & set(task.period.hours.starts)

    @cached_property
    def untold(self) -> set[int]:
        most: dict[int, int] = defaultdict(int)
        for log in self.priced.fleet.gpus:
            counts: dict[int, int] = defaultdict(int)
            for sample in log.samples:
                counts[hour_of(sample.ms)] += 1
            for hour, count in counts.items():
                most[hour] = max(most[hour], count)
        return {hour for hour, count in most.items() if count <= 3}


@cache
def _prices() -> CloudPricing:
    return default_prices()


def exported(case: Case, way: Way, source: Source, *, as_rows: bool) -> Rows:
    """The rows of every task as the product makes them, or the charges that rows are made of."""
    found: Rows = {}
    rules = case.row_rules()

    def deliver(finished: Finished) -> Outcome:
        made = _lines(finished, rules) if as_rows else _charged(finished)
        for key, row in made:
            assert key not in found, f"two rows of {key}"
            found[key] = row
        return Outcome(finished.cluster, finished.task, Ending.WRITTEN)

    summary = export(source, case.tasks(way), case.rules(way), deliver)
    assert not summary.failed, summary.failed
    return found


def _lines(finished: Finished, rules: RowRules) -> Iterator[tuple[RowKey, Row]]:
    for line in make_rows(finished, rules).table.to_pylist():
        yield _key(finished.task, line), _row(line)


def _charged(finished: Finished) -> Iterator[tuple[RowKey, Row]]:
    """The same from charges: a tenth of the work, so that long tests try more fleets."""
    charges = finished.charges
    for i in np.flatnonzero(charges.filled).tolist():
        kind, profile = Kind(int(charges.kind[i])), charges.profile[i]
        if kind in (Kind.IDLE, Kind.UNOBSERVED):
            holder = {Kind.IDLE: IDLE, Kind.UNOBSERVED: UNOBSERVED}[kind]
        else:
            holder = POD, charges.namespace[i] or "", charges.pod[i] or ""
        name = None if profile is None else profile.name
        grain = "pod" if charges.pod[i] else "model"
        key = _key_of(finished.task, Owner(0, name, holder, charges.model[i]), grain)
        counts = (charges.tokens_input, charges.tokens_output, charges.tokens_cached)
        amounts = {name: Fraction(int(values[i])) for name, values in _columns(charges).items()}
        all_counts = tuple(int(values[i]) for values in (*counts, charges.requests))
        yield key, Row(all_counts, amounts, Fraction(int(charges.cost_nano[i])))


def _columns(charges: Charges) -> dict[str, Ints]:
    return {
        "amortization": charges.amortization_nano,
        "maintenance": charges.maintenance_nano,
        "electricity": charges.electricity_nano,
        "idle": charges.idle_nano,
        "kwh": charges.energy_nano_kwh,
        "gpu_hours": charges.gpu_nano_hours,
    }


def _key(task: Task, line: Mapping[str, Any]) -> RowKey:
    profile, pod = line["x-InferCostProfile"] or "", line["x-InferPod"] or ""
    start, plan = task.period.start, task.plan
    return RowKey(start, plan.schedule, plan.name, profile, line["ResourceId"], pod)


def _row(line: Mapping[str, Any]) -> Row:
    counts = tuple(line[f"x-Infer{name}"] or 0 for name in COUNTS)
    amounts = {name: _nano(line[column]) for name, column in COLUMNS.items()}
    return Row(counts, amounts, _nano(line["EffectiveCost"]))


def _nano(value: Decimal | None) -> Fraction:
    return Fraction(value or 0) * NANO


def expected(case: Case, way: Way) -> Rows:
    """The rows of every task, as the reference adds them up."""
    found: Rows = {}
    plans = case.plans(way)
    for task in case.tasks(way):
        sums: dict[RowKey, Charge] = defaultdict(Charge)
        for hour in task.period.hours.starts:
            for owner, charge in case.charges[hour].items():
                if _bills(task.plan, owner, plans):
                    _add(sums[_key_of(task, owner, case.priced.grain)], charge)
        found |= {key: _as_row(one) for key, one in sums.items() if _filled(one)}
    return found


def _bills(plan: ReportPlan, owner: Owner, plans: Sequence[ReportPlan]) -> bool:
    """Named reports hold what they name, the default one what no other billing report does."""
    if plan.profile is None:
        others = (one for one in plans if one.profile is not None and not one.side)
        return not any(_bills(one, owner, plans) for one in others)
    inside = owner.holder[0] == POD and owner.holder[1] in (plan.namespaces or ())
    return plan.profile[0] == owner.profile and (plan.namespaces is None or inside)


def _key_of(task: Task, owner: Owner, grain: str) -> RowKey:
    (rank, place, pod), profile, plan = owner.holder, owner.profile, task.plan
    pod = pod if grain == "pod" else ""
    name = owner.model if rank == POD else profile
    # A row without a model is the namespace's, whichever pod it is of.
    parts = [CLUSTER, place, pod if name else "", name or ""]
    resource = "/".join(part for part in parts if part)
    return RowKey(task.period.start, plan.schedule, plan.name, profile or "", resource, pod)


def _add(total: Charge, charge: Charge) -> None:
    for name, amount in charge.amounts.items():
        total.amounts[name] += amount
    total.counts = tuple(  # type: ignore[assignment]
        a + b for a, b in zip(total.counts, charge.counts, strict=True)
    )


def _filled(charge: Charge) -> bool:
    return bool(charge.cost or sum(charge.counts[:2]) or charge.amounts["gpu_hours"])


def _as_row(charge: Charge) -> Row:
    amounts = {name: Fraction(charge.amounts[name]) for name in COLUMNS}
    return Row(charge.counts, amounts, Fraction(charge.cost))
