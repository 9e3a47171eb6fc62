"""A query of too many series cut in two by the values of one label.

Time is cut first (see prometheus.py); this is for fleets of which even the shortest span is more
than a server's limit allows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import TypeVar

from exporter.sources.series import HourlyQuery, Matcher, RawQuery

_Query = TypeVar("_Query", HourlyQuery, RawQuery)

#: Asked first, since they tell many series apart; any other label may follow.
_TELLING = ("UUID", "pod", "exported_pod", "uid", "instance", "node", "Hostname")


def cut_by_label(
    query: _Query, labels: Iterable[str], values_of: Callable[[str], Iterable[str]]
) -> tuple[_Query, _Query] | None:
    """Two queries that have no series in common and together all of it; None when none can be made.

    `labels` are the names its series bear and `values_of` tells the values they have of one. The
    second query also holds the series without the label, and those of values that were not told.
    """
    for label in sorted(set(labels) - {"__name__"}, key=_rank):
        values = sorted(set(values_of(label)) - {""})
        if len(values) > 1:
            half = _half_of(values)
            return _with(query, Matcher(label, "=~", half)), _with(
                query, Matcher(label, "!~", half)
            )
    return None


def _half_of(values: Sequence[str]) -> str:
    """A short RE2 that about half of the distinct values match: by one character from the end.

    The values themselves would make a query longer than VictoriaMetrics takes (16 KiB).
    """
    longest = max(map(len, values))
    cuts = (_cut_at(values, behind) for behind in range(longest))
    behind, (_, letters) = min(enumerate(cuts), key=lambda cut: cut[1][0])
    chosen = "".join(f"\\x{{{ord(letter):x}}}" for letter in letters)
    return f".*[{chosen}].{{{behind}}}"


def _cut_at(values: Sequence[str], behind: int) -> tuple[int, list[str]]:
    """The characters with that many behind them which cut best, and how far they are from half.

    A value too short for it is with those that do not match; all values on one side are no cut.
    """
    counts = Counter(value[-1 - behind] for value in values if len(value) > behind)
    letters = sorted(counts)
    matching = list(accumulate(counts[letter] for letter in letters))
    error, last = min(
        (len(values) if count == len(values) else abs(2 * count - len(values)), index)
        for index, count in enumerate(matching)
    )
    return error, letters[: last + 1]


def _rank(label: str) -> tuple[int, str]:
    return (_TELLING.index(label) if label in _TELLING else len(_TELLING), label)


def _with(query: _Query, matcher: Matcher) -> _Query:
    return replace(query, matchers=(*query.matchers, matcher))
