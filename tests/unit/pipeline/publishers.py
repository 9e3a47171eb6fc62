"""Publishers over a store, and finished periods to give them; valid by default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from exporter.cost.billing import ReportPlan
from exporter.documents.kinds import CloudPricing
from exporter.focus.context import RowSettings
from exporter.periods import Period, Schedule
from exporter.pipeline.export import Finished
from exporter.pipeline.outcomes import Outcome
from exporter.pipeline.publishing import Place, Publisher
from exporter.pipeline.rows import FileFormat, RowRules
from exporter.pipeline.tasks import Task
from exporter.storage.publish import WriteRules
from exporter.storage.record import Totals
from exporter.storage.store import Store
from tests.builders import make_charges, make_context
from tests.unit.storage.objects import at

HOURLY = ReportPlan("default", Schedule.HOURLY, None, None, False)
_PRICING = CloudPricing.model_validate(
    {
        "lastVerified": "2026-03-01",
        "providers": [
            {
                "provider": "OpenAI",
                "models": [
                    {"model": "m", "tier": "t", "inputPerMillion": 1, "outputPerMillion": 2}
                ],
            }
        ],
    }
)


def row_rules(**changes: Any) -> RowRules:
    context = make_context()
    shared = {f.name: getattr(context, f.name) for f in fields(RowSettings)}
    named = {"billing_account_id": None, "billing_account_name": None, "pricing": _PRICING}
    return RowRules(**{**shared, **named, **changes})


def publisher(
    store: Store,
    plans: Sequence[ReportPlan] = (HOURLY,),
    *,
    file_format: FileFormat = "parquet",
    replacing: Sequence[Task] | None = None,
    **rules: Any,
) -> Publisher:
    """A publisher whose month is March 2026; `rules` are those of the rows."""
    place = Place(store, "focus/", None, file_format, "snappy")
    write_rules = WriteRules(at("2026-03-01"))
    return Publisher(place, row_rules(**rules), write_rules, plans, replacing)


def finished(
    period: Period,
    plan: ReportPlan = HOURLY,
    *,
    cluster: str = "prod",
    complete: bool = True,
    tokens: int = 1000,
) -> Finished:
    """A period with one charge, of which as much of everything was seen as `tokens`."""
    charges = make_charges(tokens_input=tokens)
    return Finished(cluster, Task(plan, period), charges, Totals(tokens, tokens, tokens), complete)


def deliver(to: Publisher, *periods: Finished) -> list[Outcome]:
    """Publish them; the outcomes in the same order."""
    return [to.deliver(one)() for one in periods]
