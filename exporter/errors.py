"""Every error this program raises on purpose, sorted by what follows from it.

ExporterError                  1  unexpected; the base of the others
├── ConfigurationError         2  settings, documents or arguments are wrong; nothing was attempted
├── UnreadableFile             3  a file that is validated cannot be read; the others go on
├── PeriodError                3  one period could not be exported; the others go on
│   ├── UnreadablePeriod       3  the source has no sample, or gave an answer that cannot be trusted
│   ├── WriteRefused           3  a protection of written data stopped the write
│   └── StoreFailed            3  the destination failed for one object, retries included
└── UnusableError              4  source or destination cannot be used at all
    └── StoreGivenUp           4  the destination answers, but fails for one object after the other

The number is the exit code of a run in which that error was the worst.
This module imports nothing of the package, so that every other module may import it.
"""

from __future__ import annotations

from collections.abc import Sequence


class ExporterError(Exception):
    """Base of all errors raised on purpose; its text is one line for the user."""

    exit_code = 1


class ConfigurationError(ExporterError):
    """All faults of the configuration at once, one line each: place, value, what was expected."""

    exit_code = 2

    def __init__(self, faults: str | Sequence[str]) -> None:
        self.faults = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__("\n".join(self.faults))


class UnreadableFile(ExporterError):
    """A file cannot be read, or not from one place on: `row` counts its data rows from 1."""

    exit_code = 3

    def __init__(self, what: str, row: int | None = None, column: str = "") -> None:
        self.row = row
        self.column = column
        super().__init__(what)


class PeriodError(ExporterError):
    """One period failed; the run goes on with the others and ends with exit code 3."""

    exit_code = 3


class UnreadablePeriod(PeriodError):
    """The source holds no sample for the period, or its answer is incomplete."""


class WriteRefused(PeriodError):
    """Writing would replace a richer object, double one, or touch one that is not ours."""


class StoreFailed(PeriodError):
    """One object could not be read or written although the destination itself can be used."""


class UnusableError(ExporterError):
    """The source or destination refuses every request: connection, TLS, 401/403, no such bucket."""

    exit_code = 4


class StoreGivenUp(UnusableError):
    """One object after the other failed, retries included: the run does not try all the others."""
