"""One answer out of the answers for adjacent spans of time, or for some series each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exporter.sources.series import Floats, HourlySeries, Ints, Labels, RawSeries


def join_hourly(parts: Sequence[HourlySeries]) -> HourlySeries:
    """The hours of all parts side by side; a series unknown to a part has no sample there."""
    if len(parts) == 1:
        return parts[0]
    rows = _rows([part.labels for part in parts])
    values = np.full((len(rows), sum(part.values.shape[1] for part in parts)), np.nan)
    column = 0
    for part in parts:
        width = part.values.shape[1]
        own = [rows[_key(labels)][0] for labels in part.labels]
        values[own, column : column + width] = part.values
        column += width
    return HourlySeries([labels for _, labels in rows.values()], values)


def stack_hourly(parts: Sequence[HourlySeries]) -> HourlySeries:
    """The series of all parts, which have the same hours and no series in common."""
    labels = [labels for part in parts for labels in part.labels]
    return HourlySeries(labels, np.vstack([part.values for part in parts]))


def join_raw(parts: Sequence[RawSeries]) -> RawSeries:
    """The samples of all parts one after the other, per series; a part may lack some series."""
    if len(parts) == 1:
        return parts[0]
    rows = _rows([part.labels for part in parts])
    times: list[list[Ints]] = [[] for _ in rows]
    values: list[list[Floats]] = [[] for _ in rows]
    for part in parts:
        for labels, own_times, own_values in zip(
            part.labels, part.times_ms, part.values, strict=True
        ):
            row = rows[_key(labels)][0]
            times[row].append(own_times)
            values[row].append(own_values)
    return RawSeries(
        [labels for _, labels in rows.values()],
        [np.concatenate(pieces) for pieces in times],
        [np.concatenate(pieces) for pieces in values],
    )


_Key = frozenset[tuple[str, str]]


def _rows(parts: Sequence[Sequence[Labels]]) -> dict[_Key, tuple[int, Labels]]:
    """Each distinct series with its row, in order of first appearance."""
    rows: dict[_Key, tuple[int, Labels]] = {}
    for part in parts:
        for labels in part:
            rows.setdefault(_key(labels), (len(rows), labels))
    return rows


def _key(labels: Labels) -> _Key:
    return frozenset(labels.items())
