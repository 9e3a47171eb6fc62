"""What a source holds, in counts: small answers, however large the fleet is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from exporter.sources.series import Labels, Matcher


@dataclass(frozen=True, slots=True)
class CountQuery:
    """How many series of a metric have a sample in (end - seconds, end], by some labels.

    With `distinct` the different values of those labels are counted instead of the series; with
    `latest` only series whose last sample has that value.
    """

    metric: str
    end: int
    seconds: int
    by: tuple[str, ...] = ()
    matchers: tuple[Matcher, ...] = ()
    distinct: tuple[str, ...] = ()
    latest: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """How many there are with these labels; labels without a value are left out."""

    labels: Labels
    count: int


class Census(Protocol):
    """A source that is asked what there is. Made anew for each look, closed after it.

    `count` and `label_names` raise UnreadablePeriod when an answer cannot be trusted, all but
    `close` raise UnusableError when no request can succeed.
    """

    @property
    def place(self) -> str:
        """The address or file, as it may be shown."""

    def now(self) -> int | None:
        """The source's own time, unix seconds; None when it holds nothing."""

    @property
    def has_clock(self) -> bool:
        """Whether `now` is read from a clock, not from the newest sample."""

    def version(self) -> str | None:
        """What the source says of itself, None if nothing."""

    def retention(self) -> str | None:
        """How long it says that it keeps samples, such as `15d`; None if it does not say."""

    def count(self, queries: Sequence[CountQuery]) -> list[list[Group]]:
        """One answer per query, in order; groups without a series are left out."""

    def label_names(
        self, metric: str, end: int, seconds: int, matchers: tuple[Matcher, ...] = ()
    ) -> frozenset[str] | None:
        """The labels of a metric's series about that time; None when the source cannot tell."""

    def close(self) -> None: ...
