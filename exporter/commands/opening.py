"""The destination of a run, opened when it is first needed: at best while samples are read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from exporter.commands.building import Configuration, open_store, place_of, row_rules
from exporter.storage.publish import WriteRules
from exporter.storage.store import Store

if TYPE_CHECKING:
    from exporter.cost.billing import ReportPlan
    from exporter.periods import Period
    from exporter.pipeline.export import Finished
    from exporter.pipeline.publishing import Publisher
    from exporter.pipeline.tasks import Task
    from exporter.pipeline.writing import Writing


class Destination:
    """Where a run writes; importing what makes rows takes as long as the first answers do."""

    def __init__(self, configuration: Configuration, rules: WriteRules) -> None:
        self._configuration, self._rules = configuration, rules
        #: what is replaced with --replace-layout, once it is known
        self.replacing: Sequence[Task] | None = None

    @cached_property
    def store(self) -> Store:
        """A store that answers. Raises ConfigurationError and UnusableError."""
        settings = self._configuration.settings
        store = open_store(settings)
        store.check_access(settings.s3_prefix)
        return store

    @cached_property
    def publisher(self) -> Publisher:
        """Writes the periods."""
        return self._publisher(self.replacing)

    @property
    def is_open(self) -> bool:
        """Whether it has answered, so that something may have been written."""
        return "publisher" in self.__dict__

    def open(self) -> None:
        """Do now what the first period to be delivered would have to wait for."""
        _ = self.publisher

    def exists(self, cluster: str, plan: ReportPlan, period: Period) -> bool:
        """Whether an object of the period is there, by its name."""
        return self._looking.exists(cluster, plan, period)

    def deliver(self, finished: Finished) -> Writing:
        """Make the rows of one period; the answer writes them. Both raise PeriodError."""
        return self.publisher.deliver(finished)

    @cached_property
    def _looking(self) -> Publisher:
        return self._publisher(None)

    def _publisher(self, replacing: Sequence[Task] | None) -> Publisher:
        from exporter.pipeline.publishing import Publisher

        configuration = self._configuration
        place = place_of(configuration.settings, self.store)
        rules = row_rules(configuration)
        return Publisher(place, rules, self._rules, configuration.plans, replacing)
