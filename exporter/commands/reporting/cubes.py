"""The rows of a window, some reports of them apart: not every report can be compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from exporter.chargeback.cube import Cube
from exporter.commands.reporting.objects import DataObject, Series, Window


class Cubes:
    """Cubes of one window, in which reports end where `ends` says (unix seconds), else all of it.

    With `only` they are of the rows of these namespaces (patterns). With `apart` each report has a
    cube of its own for what is longer than an hour, so that it can be left out of a sum: hours can
    always be cut so that they compare, longer rows cannot.
    """

    def __init__(
        self,
        window: Window,
        tags: Sequence[str] = (),
        only: Sequence[str] = (),
        *,
        apart: bool = False,
        ends: Mapping[Series, int] | None = None,
    ) -> None:
        self.window = window
        self.tags = tuple(tags)
        self._only = tuple(only)
        self._apart = apart
        self._ends = ends or {}
        self._cubes: dict[tuple[Series | None, int], Cube] = {}

    def of(self, found: DataObject) -> Cube:
        """The cube that the rows of an object belong into."""
        start, end = self.window
        end = min(end, self._ends.get(found.series, end))
        alone = found.series if self._apart and found.end is None else None
        return self._cubes.setdefault((alone, end), self._cube((start, end)))

    def together(self, without: Collection[Series] = ()) -> Cube:
        """All rows but those of some reports, in one cube."""
        whole = self._cube(self.window)
        for (alone, _), cube in self._cubes.items():
            if alone is None or alone not in without:
                whole.take(cube)
        return whole

    def _cube(self, window: Window) -> Cube:
        return Cube(window, self.tags, self._only)

    @property
    def currencies(self) -> set[str]:
        """The billing currencies of all rows."""
        return {each for cube in self._cubes.values() for each in cube.currencies}
