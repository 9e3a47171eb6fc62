"""A progress bar on stderr, where a person sits in front of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from exporter.periods import HourRange, rfc3339

_FEW = 2


@contextmanager
def progress_over(spans: Sequence[HourRange]) -> Iterator[Callable[[HourRange], None]]:
    """A function to call after each window; it moves a bar only on a terminal."""
    if not sys.stderr.isatty() or len(spans) < _FEW:
        yield lambda _window: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("exporting", total=len(spans))

        def advance(window: HourRange) -> None:
            bar.update(task, advance=1, description=f"exported to {rfc3339(window.end)}")

        yield advance


@contextmanager
def progress_of(count: int, doing: str) -> Iterator[Callable[[], None]]:
    """A function to call after each of so many things; it moves a bar only on a terminal."""
    if not sys.stderr.isatty() or count < _FEW:
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=count)
        yield lambda: bar.update(task, advance=1)
