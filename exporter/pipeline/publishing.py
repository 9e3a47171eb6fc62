"""Put finished periods where they belong, under the protections of what is written already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from exporter import __version__
from exporter.cost.billing import ReportPlan, report_set
from exporter.errors import StoreFailed, UnusableError
from exporter.files.parquet import Compression
from exporter.focus.metadata import is_described
from exporter.focus.schema_identity import schema_id
from exporter.periods import Period, day_of
from exporter.pipeline.export import Finished
from exporter.pipeline.homes import Home
from exporter.pipeline.outcomes import Ending, Outcome
from exporter.pipeline.rows import CONTENT_TYPES, FileFormat, RowRules, Rows, encode, make_rows
from exporter.pipeline.tasks import Task
from exporter.pipeline.writing import Writing
from exporter.storage.destination import Destination
from exporter.storage.keys import layout_name, side_prefix
from exporter.storage.publish import Outcome as Published
from exporter.storage.publish import WriteRules, publish
from exporter.storage.record import Candidate
from exporter.storage.replacements import Replacements
from exporter.storage.store import Store

_ENDINGS = {
    Published.WRITTEN: Ending.WRITTEN,
    Published.HELD: Ending.WRITTEN,
    Published.UNCHANGED: Ending.UNCHANGED,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where objects go and in which form."""

    store: Store
    prefix: str
    ternary_prefix: str | None
    file_format: FileFormat
    compression: Compression


class Publisher:
    """Writes the periods of a run, one object each.

    Every cluster's billing reports share a Destination, every side report has its own.
    `tasks` is given when old objects of another layout are to be replaced.
    """

    def __init__(
        self,
        place: Place,
        rules: RowRules,
        write_rules: WriteRules,
        plans: Sequence[ReportPlan],
        replacing: Sequence[Task] | None = None,
    ) -> None:
        self._place, self._rules, self._write_rules = place, rules, write_rules
        self._plans, self._replacing = plans, replacing
        self._homes: dict[tuple[str, str], Home] = {}
        self._replacements: dict[tuple[str, str], Replacements] = {}
        #: (cluster, report, period) of what Replacements held and could not write, and why
        self._withheld: dict[tuple[str, str, Period], str] = {}

    def exists(self, cluster: str, plan: ReportPlan, period: Period) -> bool:
        """Whether an object of the period is there, by its name.

        No if the store fails to say: writing the period asks again, and then fails that one alone.
        """
        destination = self._home(cluster, plan).destination
        key = destination.key(plan.name, period, self._place.file_format)
        try:
            return key in destination.existing_keys([day_of(period.start)])
        except StoreFailed:
            return False

    def deliver(self, finished: Finished) -> Writing:
        """Make the rows of one period; the answer writes them.

        Both raise PeriodError when the period must not, or cannot, be written.
        """
        rows = make_rows(finished, self._rules)
        home = self._home(finished.cluster, finished.task.plan)
        candidate = self._candidate(finished, home, rows)
        made = Outcome(
            finished.cluster,
            finished.task,
            Ending.WRITTEN,
            rows=rows.table.num_rows,
            bytes=len(candidate.body),
            cost_nano=rows.cost_nano,
            totals=finished.totals,
            left_out_rows=rows.left_out_rows,
            left_out_cost_nano=rows.left_out_cost_nano,
            unused_namespaces=_unused_namespaces(finished),
            complete=finished.complete,
        )
        return lambda: self._written(made, home, candidate)

    def _written(self, made: Outcome, home: Home, candidate: Candidate) -> Outcome:
        """Write what was made; how that ended."""
        destination = home.destination
        published = publish(destination, candidate, self._write_rules, self._replacements_of(home))
        key = destination.key(candidate.report, candidate.period, candidate.extension)
        held = published is Published.HELD
        schema = candidate.schema_id if held else _stored_schema_id(destination, key)
        return replace(made, ending=_ENDINGS[published], key=key, schema_id=schema)

    def finish(self) -> list[str]:
        """Remove what --replace-layout has replaced; returns why anything had to stay."""
        reasons = []
        for (cluster, _), replacements in self._replacements.items():
            try:
                unfinished = replacements.finish()
            except UnusableError as error:
                self._withhold(str(error))
                raise
            for stayed in unfinished:
                reasons.append(str(stayed.error))
                if stayed.held is not None:
                    held = stayed.held
                    self._withheld[cluster, held.report, held.period] = str(stayed.error)
        return reasons

    def _withhold(self, reason: str) -> None:
        """Nothing more can be written: what is held is lost until the next run."""
        for (cluster, _), replacements in self._replacements.items():
            for held in replacements.held:
                self._withheld[cluster, held.report, held.period] = reason

    def settled(self, outcome: Outcome) -> Outcome:
        """How a period ended after `finish`: one that was held and not written has failed."""
        reason = self._withheld.get((outcome.cluster, outcome.task.plan.name, outcome.task.period))
        if reason is None or not _is_made(outcome):
            return outcome
        return Outcome(outcome.cluster, outcome.task, Ending.FAILED, reason)

    def is_in_place(self, outcome: Outcome) -> bool:
        """Whether a period's object stands at its key after `finish`."""
        return _is_made(self.settled(outcome))

    def homes(self, clusters: Iterable[str]) -> Iterator[Home]:
        """Every home of these clusters."""
        for cluster in clusters:
            one_each = {_place_name(cluster, plan): plan for plan in self._plans}
            yield from (self._home(cluster, plan) for plan in one_each.values())

    def _candidate(self, finished: Finished, home: Home, rows: Rows) -> Candidate:
        rules, form = self._rules, self._place.file_format
        plan, instance = finished.task.plan, home.instance(finished.task.plan).id
        described = is_described(rules.version)
        return Candidate(
            plan.name,
            finished.task.period,
            form,
            encode(rows.table, form, self._place.compression, rules, __version__, instance),
            CONTENT_TYPES[form],
            finished.totals,
            rows.table.num_rows,
            schema_id(rules.version, rules.prefix, __version__, instance) if described else None,
            finished.complete,
        )

    def _home(self, cluster: str, plan: ReportPlan) -> Home:
        place = _place_name(cluster, plan)
        if place not in self._homes:
            members = [plan] if plan.side else [other for other in self._plans if not other.side]
            destination = self._destination(cluster, plan, members)
            version, prefix = self._rules.version, self._rules.prefix
            self._homes[place] = Home(cluster, destination, members, version, prefix)
        return self._homes[place]

    def _destination(
        self, cluster: str, plan: ReportPlan, members: Sequence[ReportPlan]
    ) -> Destination:
        prefix = self._place.prefix
        return Destination(
            self._place.store,
            prefix=side_prefix(prefix, plan.name) if plan.side else prefix,
            layout=layout_name(self._rules.version),
            cluster=cluster,
            reports=[member.name for member in members],
            report_set=report_set(members) if not plan.side else plan.name,
            ternary_prefix=self._place.ternary_prefix,
        )

    def _replacements_of(self, home: Home) -> Replacements | None:
        if self._replacing is None:
            return None
        place = _place_name(home.cluster, home.plans[0])
        if place not in self._replacements:
            planned = [
                (task.plan.name, task.period)
                for task in self._replacing
                if _place_name(home.cluster, task.plan) == place
            ]
            self._replacements[place] = Replacements(
                home.destination, planned, force=self._write_rules.force
            )
        return self._replacements[place]


def _is_made(outcome: Outcome) -> bool:
    return outcome.ending in (Ending.WRITTEN, Ending.UNCHANGED)


def _place_name(cluster: str, plan: ReportPlan) -> tuple[str, str]:
    """Billing reports lie together, a side report alone."""
    return cluster, plan.name if plan.side else ""


def _stored_schema_id(destination: Destination, key: str) -> str | None:
    """What the object refers to: content that did not change may keep an older schema."""
    record = destination.known_record(key)
    return None if record is None else record.schema_id


def _unused_namespaces(finished: Finished) -> tuple[str, ...]:
    listed = finished.task.plan.namespaces or frozenset()
    return tuple(sorted(listed - set(finished.charges.namespace)))
