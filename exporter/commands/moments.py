"""Times as people write them on a command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from exporter.errors import ConfigurationError
from exporter.periods import DAY_SECONDS, day_of, day_start, month_of, unix_seconds

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)


def moment(text: str, name: str) -> int:
    """Unix seconds of a date or an RFC 3339 time; `name` is the argument's, for the message."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"{name} {text!r} is no time: expected a date such as 2026-10-01"
            " or a time such as 2026-10-01T06:00:00Z"
        ) from None
    if len(text) > len("2026-10-01") and parsed.tzinfo is None:
        raise ConfigurationError(f"{name} {text!r} names no time zone: add a Z for UTC")
    return unix_seconds(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))


def span_of(text: str) -> tuple[int, int]:
    """[start, end) of a month `2026-04`, a day `2026-04-12` or an ISO week `2026-W15`."""
    try:
        if match := _WEEK.fullmatch(text):
            monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
            return day_start(monday), day_start(monday + timedelta(days=7))
        if match := _MONTH.fullmatch(text):
            return month_of(day_start(date(int(match[1]), int(match[2]), 1)))
        day = day_start(date.fromisoformat(text))
    except (ValueError, OverflowError):
        raise ConfigurationError(
            f"--period {text!r} is no period: expected a month such as 2026-04,"
            " a day such as 2026-04-12 or a week such as 2026-W15"
        ) from None
    return day, day + DAY_SECONDS


@dataclass(frozen=True, slots=True)
class NamedPeriod:
    """A month, week or day [start, end), unix seconds; `name` is as people write it."""

    name: str
    start: int
    end: int

    @property
    def before(self) -> tuple[int, int]:
        """The month, week or day before it."""
        if _MONTH.fullmatch(self.name):
            return month_of(self.start - 1)
        return 2 * self.start - self.end, self.start


def named_period(text: str, now: int) -> NamedPeriod:
    """The same as `span_of`, and `this-month` and `last-month` as seen from `now`."""
    this_month, _ = month_of(now)
    months = {"this-month": this_month, "last-month": this_month - 1}
    if text in months:
        text = f"{day_of(months[text]):%Y-%m}"
    start, end = span_of(text)
    if not _MONTH.fullmatch(text) and not _WEEK.fullmatch(text):
        text = f"{day_of(start):%Y-%m-%d}"  # a day may be spelt otherwise
    return NamedPeriod(text, start, end)


def shard(text: str) -> tuple[int, int]:
    """(index, count) of `I/N`, index from 0."""
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or int(match[1]) >= int(match[2]):
        raise ConfigurationError(
            f"--shard {text!r} is no shard: expected I/N with I from 0 to N-1, such as 0/4"
        )
    return int(match[1]), int(match[2])
