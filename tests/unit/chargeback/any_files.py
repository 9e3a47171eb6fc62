"""Random files of rows: every layout, way to sell and length of a charge period."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from exporter.cost.charges import Charges, Kind, taken
from exporter.periods import DAY_SECONDS, HOUR_SECONDS
from tests.builders import KINDS, make_charges_of, table_of
from tests.selling import WAYS
from tests.unit.chargeback.reports import DAY, MARCH, moved

#: Charge periods inside March: hours of two days, days, a week, the month.
PERIODS = (
    (DAY[0], DAY[0] + HOUR_SECONDS),
    (DAY[0] + 7 * HOUR_SECONDS, DAY[0] + 8 * HOUR_SECONDS),
    DAY,
    (DAY[1], DAY[1] + DAY_SECONDS),
    (DAY[0] - DAY_SECONDS, DAY[0] + 6 * DAY_SECONDS),
    MARCH,
)
_LABELS: tuple[dict[str, str], ...] = ({}, {"team": "search"}, {"cost_center": "7", "team": "ads"})
_TOKENS = ("tokens_input", "tokens_output", "requests")
_MONEY = ("amortization_nano", "maintenance_nano", "electricity_nano")
_HOURS = ("gpu_nano_hours", "energy_nano_kwh")


@dataclass(frozen=True, slots=True)
class AnyFile:
    """Rows of one charge period; `detailed` unless they are of infercost-1.0."""

    rows: pa.Table
    detailed: bool
    contracted: bool


@st.composite
def any_file(draw: st.DrawFn) -> AnyFile:
    version, terms = draw(st.sampled_from(WAYS))
    shared = draw(st.booleans())
    rows = table_of(
        draw(_charges(shared=shared)),
        terms,
        version=version,
        idle_shared=shared,
        cluster=draw(st.sampled_from(["east", "west"])),
        report=draw(st.sampled_from(["default", "team/monthly"])),
    )
    period = draw(st.sampled_from(PERIODS))
    return AnyFile(moved(rows, *period), version != "infercost-1.0", terms.contracted)


@st.composite
def _charges(draw: st.DrawFn, *, shared: bool) -> Charges:
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4))
    made = make_charges_of(*kinds)
    size = len(kinds)

    def numbers(most: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        values = draw(st.lists(st.integers(0, most), min_size=size, max_size=size))
        return np.array(values, np.int64)

    served, priced = made.tokens > 0, ~made.unpriced
    changes: dict[str, Any] = {name: np.where(served, numbers(10**7), 0) for name in _TOKENS}
    changes |= {name: np.where(priced, numbers(10**13), 0) for name in (*_MONEY, *_HOURS)}
    return _once(
        replace(
            made,
            **changes,
            tokens_cached=changes["tokens_input"] // 3,
            active_electricity_nano=changes["electricity_nano"] // 2,
            active_nano_hours=changes["gpu_nano_hours"] // 3,
            idle_nano=changes["maintenance_nano"] * (shared & (made.kind <= Kind.ROLLUP)),
            namespace=[
                None if name is None else draw(st.sampled_from(["chat", "search"]))
                for name in made.namespace
            ],
            model=[
                None if name is None else draw(st.sampled_from(["llama", "org/qwen"]))
                for name in made.model
            ],
            namespace_labels=[draw(st.sampled_from(_LABELS)) for _ in kinds],
        )
    )


def _once(charges: Charges) -> Charges:
    """A charge comes once in a file."""
    keys = zip(
        charges.kind.tolist(),
        charges.method.tolist(),
        charges.namespace,
        charges.model,
        strict=True,
    )
    first = {key: row for row, key in reversed(list(enumerate(keys)))}
    return taken(charges, np.array(sorted(first.values()), np.int64))
