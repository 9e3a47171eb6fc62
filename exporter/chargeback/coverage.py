"""Which time the rows of a report are of."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]


class Coverage:
    """Spans of unix seconds that were added, merged where they touch.

    Memory grows with the gaps between them, not with the spans.
    """

    def __init__(self) -> None:
        self._spans: list[Span] = []

    def add(self, spans: Iterable[Span]) -> None:
        merged: list[Span] = []
        for start, end in sorted((*self._spans, *spans)):
            if merged and start <= merged[-1][1]:
                merged[-1] = merged[-1][0], max(end, merged[-1][1])
            else:
                merged.append((start, end))
        self._spans = merged

    @property
    def spans(self) -> tuple[Span, ...]:
        return tuple(self._spans)

    @property
    def seconds(self) -> int:
        return sum(end - start for start, end in self._spans)

    @property
    def until(self) -> int | None:
        """The end of the last span; null without any."""
        return self._spans[-1][1] if self._spans else None
