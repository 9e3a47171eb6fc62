"""Where reports lie together: a cluster's billing dataset, or one of its side reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from exporter.cost.billing import ReportPlan
from exporter.focus.extensions import PREFIXES
from exporter.focus.metadata import Instance
from exporter.periods import Schedule
from exporter.storage.destination import Destination
from exporter.storage.keys import DEFAULT_REPORT, ObjectName, slug


@dataclass(frozen=True, slots=True)
class Home:
    """One prefix of one cluster: its objects, the reports written there, and their columns."""

    cluster: str
    destination: Destination
    plans: Sequence[ReportPlan]
    version: str
    prefix: str

    def instance(self, plan: ReportPlan) -> Instance:
        """The dataset instance that a report is written as."""
        return Instance(self.cluster, self.version, self.prefix, slug(plan.name), plan.schedule)

    def possible_instances(self, name: ObjectName, version: str) -> Iterator[Instance]:
        """Those an object of a FOCUS version may be of.

        Its name tells neither the prefix of its columns nor a schedule longer than an hour.
        """
        report = DEFAULT_REPORT if name.report_slug is None else name.report_slug
        for schedule in Schedule:
            if (schedule is Schedule.HOURLY) is (name.hour is not None):
                for prefix in PREFIXES:
                    yield Instance(self.cluster, version, prefix, report, schedule)
