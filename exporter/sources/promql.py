"""The PromQL texts, exact to (start, end] on servers of either edge rule.

A range selector of Prometheus 2.x holds both of its ends, one of 3.x leaves out the left one
(prometheus#13904). Samples lie on a grid of milliseconds, so a range that is one millisecond
shorter holds on a 2.x server exactly what the whole range holds on a 3.x server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from exporter.errors import ConfigurationError
from exporter.periods import HOUR_SECONDS
from exporter.sources.census import CountQuery
from exporter.sources.series import HourlyQuery, Matcher, RawQuery

#: Counts the instants of a one-minute window of one-minute steps: 2 with both ends, 1 without left.
#: To be asked at a whole minute.
EDGE_PROBE = "count_over_time(vector(1)[60s:60s])"

#: Oldest sample time the server itself knows of, in seconds; there only if it scrapes itself.
OLDEST_SAMPLE = "min(prometheus_tsdb_lowest_timestamp_seconds)"

_FUNCTIONS = {
    "last": "last_over_time",
    "min": "min_over_time",
    "max": "max_over_time",
    "sum": "sum_over_time",
    "count": "count_over_time",
    "resets": "resets",
}
_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_RE2_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), 127)}
_ESCAPES |= {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n"}


class LeftEdge(StrEnum):
    """Whether a range selector holds a sample exactly at its left end."""

    OPEN = "open"
    CLOSED = "closed"


def hourly_text(query: HourlyQuery, edge: LeftEdge) -> str:
    """The query whose value at an hour's end is the reduction of that hour.

    The instants of `active` are the multiples of the resolution since 1970, as Prometheus aligns
    subqueries; they are start + k × resolution where the resolution divides the hour.
    """
    selected = selector(query.metric, query.matchers)
    span = window(HOUR_SECONDS, edge)
    if query.reduction != "active":
        return f"{_FUNCTIONS[query.reduction]}({selected}[{span}])"
    threshold, resolution = active_terms(query)
    return f"count_over_time(({selected} > {threshold!r})[{span}:{resolution}s])"


def raw_text(query: RawQuery, edge: LeftEdge) -> str:
    """The instant query that, asked at the end, answers with all samples of (start, end]."""
    span = window(query.end - query.start, edge)
    return f"{selector(query.metric, query.matchers)}[{span}]"


def count_text(query: CountQuery) -> str:
    """The instant query that, asked at the end, answers with one number per group.

    The edge rule does not matter: nobody is billed by these numbers.
    """
    found = f"last_over_time({selector(query.metric, query.matchers)}[{query.seconds}s])"
    if query.latest is not None:
        found = f"{found} == {query.latest!r}"
    if query.distinct:
        found = _counted((*query.by, *query.distinct), found)
    return _counted(query.by, found)


def _counted(labels: Sequence[str], found: str) -> str:
    """The number of series per value of the labels; of all series without labels."""
    by = ",".join(_checked(_LABEL_NAME, "label", label) for label in labels)
    return f"count by ({by}) ({found})" if by else f"count({found})"


def active_terms(query: HourlyQuery) -> tuple[float, int]:
    """Threshold and resolution of an `active` query, which cannot be asked without them."""
    if query.threshold is None or query.resolution_seconds is None:
        raise ValueError(f"an active query of {query.metric} needs a threshold and a resolution")
    return float(query.threshold), query.resolution_seconds


def window(seconds: int, edge: LeftEdge) -> str:
    """The duration whose range, asked at `end`, is (end - seconds, end]."""
    return f"{seconds}s" if edge is LeftEdge.OPEN else f"{seconds * 1000 - 1}ms"


def selector(metric: str, matchers: Sequence[Matcher] = ()) -> str:
    """`metric{label="value",...}`; names that PromQL cannot hold are a ConfigurationError."""
    conditions = ",".join(
        f"{_checked(_LABEL_NAME, 'label', matcher.label)}{matcher.operator}{quoted(matcher.value)}"
        for matcher in matchers
    )
    name = _checked(_METRIC_NAME, "metric", metric)
    return f"{name}{{{conditions}}}" if conditions else name


def quoted(value: str) -> str:
    """A PromQL string with any text in it, control characters and NUL included."""
    return f'"{value.translate(_ESCAPES)}"'


def is_label_name(name: str) -> bool:
    """Whether a selector can name the label; some servers also hold names of any text."""
    return _LABEL_NAME.fullmatch(name) is not None


def regex_alternatives(values: Iterable[str]) -> str:
    """The RE2 that matches exactly these texts, for =~ and !~; at least one text is needed."""
    texts = sorted(set(values))
    if not texts:
        # An empty expression would match every series that lacks the label.
        raise ValueError("alternatives of no text at all")
    return "|".join(_RE2_SPECIAL.sub(r"\\\g<0>", text) for text in texts)


def _checked(pattern: re.Pattern[str], kind: str, name: str) -> str:
    if pattern.fullmatch(name) is None:
        raise ConfigurationError(
            f"{kind} name {name!r} cannot stand in a query; expected {pattern.pattern}"
        )
    return name
