"""A bar on stderr for someone who waits for many files."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from exporter.commands.validating.finding import FoundFile

_FEW_FILES = 2


def with_progress(files: Sequence[FoundFile]) -> Iterable[FoundFile]:
    """The same files; a bar moves with them, on a terminal only."""
    if not sys.stderr.isatty() or len(files) < _FEW_FILES:
        return files
    return _with_bar(files)


def _with_bar(files: Sequence[FoundFile]) -> Iterator[FoundFile]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(files, description="checking files")
