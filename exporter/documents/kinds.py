"""The configuration documents as frozen types: CostProfile, UsageReport, TokenBudget, CloudPricing.

The fields and their names in YAML are those of the InferCost CRDs (finops.infercost.ai/v1alpha1),
plus a few of ours. Amounts named `…_usd` are in the billing currency, except in CloudPricing,
where every price is in US dollars per million tokens. In Python a field may be given by its
snake_case name; documents are read by their YAML names only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from exporter.documents.fields import (
    AT_LEAST_ZERO,
    DAY,
    LABEL_VALUE,
    LIST,
    MOMENT,
    NAMESPACE,
    REMARK,
    Amount,
    Document,
    Expectation,
    Labels,
    Positive,
    Text,
    Texts,
    number,
    one_of,
    whole_number,
)
from exporter.periods import Schedule

API_VERSION = "finops.infercost.ai/v1alpha1"

_DEFAULT_IDLE_SHARE_OF_TDP = Decimal("0.2")
_DEFAULT_IDLE_WATTS_PER_GPU = Decimal(30)


def _zero_means_one(value: object) -> object:
    amount = AT_LEAST_ZERO.convert(value)
    return Decimal(1) if amount == 0 else number(minimum=1).convert(value)


def _match_labels(value: object) -> object:
    """InferCost's plain label map, or a LabelSelector that has matchLabels only; empty is null."""
    if not isinstance(value, dict):
        raise ValueError
    if {"matchLabels", "matchExpressions"}.isdisjoint(value):
        return value or None
    if value.keys() != {"matchLabels"} or not isinstance(value["matchLabels"], dict):
        raise ValueError
    return value["matchLabels"] or None


def _sources(value: object) -> object:
    if isinstance(value, dict):  # InferCost writes them as provider: address
        return tuple(f"{name}: {address}" for name, address in value.items())
    return LIST.convert(value)


def _schedule(value: object) -> object:
    return Schedule(value) if isinstance(value, str) else one_of().convert(value)


_SCHEDULE = Expectation(one_of(*Schedule).words, _schedule)
_MATCH_LABELS = Expectation("labels, or a selector with matchLabels only", _match_labels)
_SOURCES = Expectation("a list of texts", _sources)
_ABSENT_NAMESPACE = Expectation("a text", lambda value: LABEL_VALUE.convert(value) or None)


class Metadata(Document):
    """What of a Kubernetes object's metadata is used; an empty namespace is none."""

    name: Text
    namespace: Annotated[str | None, _ABSENT_NAMESPACE] = None
    labels: Labels = Field(default_factory=dict)


class Hardware(Document):
    """The GPUs of one pool. Price for all of them, power for each; the life is in years."""

    gpu_model: Text
    gpu_count: Annotated[int, whole_number(1, 1_000_000)]
    purchase_price_usd: Amount
    amortization_years: Positive = Decimal(3)
    maintenance_percent_per_year: Annotated[
        Decimal, number(minimum=0, maximum=1, hint=" (5 % is 0.05)")
    ] = Decimal(0)
    tdp_watts: Positive | None = None
    in_service_date: Annotated[int, MOMENT] | None = None  # unix seconds UTC; null: always


class Electricity(Document):
    """What a kilowatt-hour costs, and above which power a pool counts as active."""

    rate_per_kwh: Amount
    pue_factor: Annotated[
        Decimal, Expectation("a number from 1 to 1e12 (0 means 1)", _zero_means_one)
    ] = Decimal(1)
    idle_watts_threshold: Amount | None = None  # of the whole pool


class TokenWeights(Document):
    """How much an input and an output token count when models share a pod's cost."""

    input: Amount = Decimal(1)
    output: Amount = Decimal(1)


class Allocation(Document):
    """How a pod's cost is shared by the models it served."""

    token_weights: TokenWeights = TokenWeights()


class CostProfileSpec(Document):
    """One pool: its hardware, its electricity, and the nodes, clusters and hours it stands for."""

    hardware: Hardware
    electricity: Electricity
    node_selector: Labels = Field(default_factory=dict)  # all must match; empty: every node
    namespace_selector: Annotated[Labels | None, _MATCH_LABELS] = None  # null: every namespace
    clusters: Texts = ()  # globs; empty: every cluster
    valid_from: Annotated[int, MOMENT] | None = None  # unix seconds UTC; null: from always
    allocation: Allocation = Allocation()


class CostProfile(Document):
    """The economics of one pool, from `spec.valid_from` on."""

    metadata: Metadata
    spec: CostProfileSpec

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def namespace(self) -> str | None:
        return self.metadata.namespace

    @property
    def idle_threshold_watts_per_gpu(self) -> Decimal:
        """Above this power a GPU is active: declared for the pool, else 20 % of TDP, else 30 W."""
        declared, hardware = self.spec.electricity.idle_watts_threshold, self.spec.hardware
        if declared is not None:
            return declared / hardware.gpu_count
        if hardware.tdp_watts is not None:
            return _DEFAULT_IDLE_SHARE_OF_TDP * hardware.tdp_watts
        return _DEFAULT_IDLE_WATTS_PER_GPU

    def __hash__(self) -> int:
        """Equal profiles have an equal key; the label maps inside cannot be hashed."""
        return hash((self.name, self.namespace, self.spec.valid_from))


class UsageReportSpec(Document):
    """Which profile a report reads, over which periods, for which namespaces (empty: all)."""

    cost_profile_ref: Text
    schedule: Annotated[Schedule, _SCHEDULE] = Schedule.DAILY
    namespaces: Annotated[tuple[Annotated[str, NAMESPACE], ...], LIST] = ()


class UsageReport(Document):
    """A named view of one profile that makes rows."""

    metadata: Metadata
    spec: UsageReportSpec

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def namespace(self) -> str | None:
        return self.metadata.namespace


class BudgetScope(Document):
    """What a budget covers."""

    namespace: Annotated[str, NAMESPACE]


class AlertThreshold(Document):
    """At how many percent of the limit an alert of which severity fires."""

    percent: Annotated[int, whole_number(1, 200)]
    severity: Annotated[str, one_of("warning", "critical")]


class TokenBudgetSpec(Document):
    """The most a namespace may cost in a calendar month."""

    scope: BudgetScope
    monthly_limit_usd: Amount
    alert_thresholds: Annotated[tuple[AlertThreshold, ...], LIST] = ()


class TokenBudget(Document):
    """A monthly limit with alerts."""

    metadata: Metadata
    spec: TokenBudgetSpec

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def namespace(self) -> str | None:
        return self.metadata.namespace


class CloudModel(Document):
    """List prices of one hosted model; cached input without a price of its own costs as input."""

    model: Text
    tier: Text | None = None
    input_per_million: Amount
    output_per_million: Amount
    cached_input_per_million: Amount | None = None
    notes: Annotated[str, REMARK] | None = None


class CloudProvider(Document):
    """Whose prices these are."""

    provider: Text
    models: Annotated[tuple[CloudModel, ...], LIST]


class Comparison(Document):
    """Own models (a glob) are compared only with these entries: `provider/model` or a tier.

    Without entries they are compared with nothing.
    """

    models: Text
    with_: Texts


class CloudPricing(Document):
    """What hosted models cost, in US dollars, as last verified on that day."""

    last_verified: Annotated[date, DAY]
    sources: Annotated[tuple[Text, ...], _SOURCES] = ()
    providers: Annotated[tuple[CloudProvider, ...], LIST]
    comparisons: Annotated[tuple[Comparison, ...], LIST] = ()

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        """Names must be unique and known; every fault of this kind is in the one error."""
        faults = [*self._repeated_entries(), *self._unknown_partners()]
        if faults:
            raise PydanticCustomError("inconsistent", "{faults}", {"faults": faults})
        return self

    def _entry_names(self) -> list[str]:
        return [f"{p.provider}/{model.model}" for p in self.providers for model in p.models]

    def _repeated_entries(self) -> Iterator[str]:
        names = self._entry_names()
        if not names:
            yield "providers: no model is priced, expected at least one"
        for name in sorted(name for name, count in Counter(names).items() if count > 1):
            yield f"providers: {name} is priced twice, keep one price"

    def _unknown_partners(self) -> Iterator[str]:
        tiers = {model.tier for p in self.providers for model in p.models}
        known = {*self._entry_names(), *tiers}
        for index, comparison in enumerate(self.comparisons):
            for partner in comparison.with_:
                if partner not in known:
                    yield (
                        f'comparisons[{index}].with: "{partner}" is neither a provider/model '
                        "nor a tier of this price list"
                    )
