"""Write the FOCUS metadata of what a run has written, beside the data.

The data is right without it: a metadata object that the store fails to read or write is a
warning, and the next run that covers the same days makes up for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from exporter import __version__
from exporter.cost.billing import ReportPlan
from exporter.errors import StoreFailed
from exporter.focus.metadata import (
    data_generator_object,
    dataset_instance_object,
    instances_document,
    is_described,
    parse_instances,
    schema_object,
)
from exporter.focus.recency import parse_recency, recency_document
from exporter.focus.schema_identity import has_instances
from exporter.log import get_logger
from exporter.periods import day_of
from exporter.pipeline.homes import Home
from exporter.pipeline.outcomes import Outcome
from exporter.pipeline.publishing import Publisher
from exporter.pipeline.sectors import Ended, recency_of_day
from exporter.storage.keys import metadata_key
from exporter.storage.manifest import Document, has_document, read_document, write_document

Parsed = TypeVar("Parsed")
#: The days whose objects a run looked at or made, by report.
Days = Mapping[ReportPlan, Iterable[date]]
#: How often a list is written at most before another process is left to have the last word.
_LOOKS = 3
_Outcomes = Mapping[tuple[str, ReportPlan], Sequence[Outcome]]


@dataclass(frozen=True, slots=True)
class Covered:
    """What a run was about: its clusters, the days it looked at, and how each period ended.

    An outcome without a cluster stands for all of them.
    """

    clusters: Iterable[str]
    days: Days
    outcomes: Sequence[Outcome]


def write_metadata(publisher: Publisher, covered: Covered, data_generator: str, now: int) -> None:
    """Bring the metadata of every place the run was about up to date; `now` in unix seconds.

    Nothing that would stay the same is written. Raises UnusableError.
    """
    outcomes = defaultdict(list)
    for outcome in covered.outcomes:
        outcomes[outcome.cluster, outcome.task.plan].append(outcome)
    clusters = {*covered.clusters, *(cluster for cluster, _ in outcomes)} - {""}
    for home in publisher.homes(sorted(clusters)):
        days = sorted({day for plan in home.plans for day in covered.days.get(plan, ())})
        if not days or not is_described(home.version):
            continue
        _describe(_Folder(home), data_generator, now)
        if has_instances(home.version):
            ended = _by_day(home, publisher, outcomes)
            for day in days:
                _write_recency(_Folder(home), day, ended.get(day, []), now)


def _by_day(home: Home, publisher: Publisher, outcomes: _Outcomes) -> dict[date, list[Ended]]:
    """The home's periods by the day they start on."""
    days = defaultdict(list)
    for plan in home.plans:
        for cluster in ("", home.cluster):
            for outcome in outcomes.get((cluster, plan), ()):
                ended = Ended(outcome, publisher.is_in_place(outcome))
                days[day_of(outcome.task.period.start)].append(ended)
    return days


def _describe(folder: _Folder, data_generator: str, now: int) -> None:
    """Who makes the data, as which datasets, and with which columns."""
    home = folder.home
    folder.write("data_generator.json", data_generator_object(data_generator))
    for name, schema in _schemas(home, now).items():
        folder.write_once(name, schema)
    if has_instances(home.version):
        ours = [dataset_instance_object(home.instance(plan), plan.name) for plan in home.plans]
        folder.update(
            "dataset_instances.json",
            parse_instances,
            lambda known: instances_document(known, ours),
        )


def _schemas(home: Home, now: int) -> dict[str, Document]:
    """The schemas of the home's reports by name: one for all of them before FOCUS 1.3."""
    found = [
        schema_object(home.version, home.prefix, __version__, now, home.instance(plan).id)
        for plan in home.plans
    ]
    return {f"schemas/{schema['SchemaId']}.json": schema for schema in found}


def _write_recency(folder: _Folder, day: date, ended: Sequence[Ended], now: int) -> None:
    folder.update(
        f"recency/{day:%Y-%m-%d}.json",
        parse_recency,
        lambda known: recency_document(recency_of_day(folder.home, day, ended, known, now)),
        lambda: folder.home.destination.forget(day),
    )


class _Folder:
    """The metadata documents of one home; each of them may fail by itself, with a warning."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._place = home.destination.store, home.destination.prefix, home.cluster

    def write(self, name: str, document: Document) -> None:
        """Write a document unless the same is there."""
        with self._warned(name):
            write_document(*self._place, name, document)

    def write_once(self, name: str, document: Document) -> None:
        """Write a document unless one is there."""
        with self._warned(name):
            if not has_document(*self._place, name):
                write_document(*self._place, name, document)

    def update(
        self,
        name: str,
        parse: Callable[[object], Parsed],
        change: Callable[[Parsed], list[object]],
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        """Make a list out of the one that is there; one that cannot be read counts as empty.

        After a write it is looked at again, `forget` called before: another process may have
        written objects, and its own list, since this one looked.
        """
        with self._warned(name):
            for _ in range(_LOOKS):
                stored, known = self._read(name, parse)
                document = change(known)
                if document == stored:
                    break
                write_document(*self._place, name, document)
                forget()

    def _read(self, name: str, parse: Callable[[object], Parsed]) -> tuple[object, Parsed]:
        """The list as it is there and what it says; None as it is there if that is damaged."""
        try:
            stored = read_document(*self._place, name)
            if stored is not None:
                return stored, parse(stored)
        except ValueError as error:
            get_logger().warning(
                "metadata object is damaged and made anew",
                object=self._locate(name),
                reason=str(error),
            )
            return None, parse([])
        return [], parse([])

    @contextmanager
    def _warned(self, name: str) -> Iterator[None]:
        try:
            yield
        except StoreFailed as error:
            get_logger().warning(
                "metadata object is not written", object=self._locate(name), reason=str(error)
            )

    def _locate(self, name: str) -> str:
        _, prefix, cluster = self._place
        return self.home.destination.locate(metadata_key(prefix, cluster, name))
