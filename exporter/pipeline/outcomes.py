"""How each period of a run ended, and what the run says of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from exporter.pipeline.tasks import Task
from exporter.storage.record import NO_TOTALS, Totals


class Ending(StrEnum):
    """How one period of one report ended."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One (cluster, report, period); `cluster` is empty when reading failed before any was known.

    `rows`, `bytes` and `cost_nano` (1e-9 of the billing currency) are those of what was made,
    `left_out_rows` and `left_out_cost_nano` what filters left out of it. `unused_namespaces` are
    those the report lists and that used nothing, so that they have no row. `complete` says whether
    the source could be read in every hour of what was made. `key` and `schema_id` are those of its
    object, None where there is none or no schema object describes it.
    """

    cluster: str
    task: Task
    ending: Ending
    reason: str = ""
    rows: int = 0
    bytes: int = 0
    cost_nano: int = 0
    totals: Totals = NO_TOTALS
    left_out_rows: int = 0
    left_out_cost_nano: int = 0
    unused_namespaces: tuple[str, ...] = ()
    complete: bool = False
    key: str | None = None
    schema_id: str | None = None


def made_of(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Those written or found unchanged, without side reports: each cost is in them once."""
    made = (Ending.WRITTEN, Ending.UNCHANGED)
    return [one for one in outcomes if one.ending in made and not one.task.plan.side]


@dataclass(slots=True)
class Summary:
    """All outcomes of a run, what was noticed, and which label metrics could not be read."""

    outcomes: list[Outcome] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    missing_labels: set[str] = field(default_factory=set)

    def of(self, ending: Ending) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.ending is ending]

    @property
    def made(self) -> list[Outcome]:
        """The billing reports' periods that are there now, written or unchanged."""
        return made_of(self.outcomes)

    @property
    def failed(self) -> list[Outcome]:
        return self.of(Ending.FAILED)

    @property
    def exit_code(self) -> int:
        """0 when every period is written, 3 when some failed."""
        return 3 if self.failed else 0
