"""Cost by day: stacked bars, with the days that lack data marked behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exporter.pages.bands import Band
from exporter.pages.days import Day, Missing
from exporter.pages.drawing import Spec
from exporter.pages.numbers import rounded

_FEW = 10  # days that have room for month and day
_RIGHT = 2  # pixels beside the last day
_BROADEST = 72  # pixels for a day


@dataclass(frozen=True, slots=True)
class Frame:
    """Sizes in pixels; `labels` is how many days can be written below the bars."""

    width: int
    height: int
    left: int
    labels: int


WIDE = Frame(width=960, height=300, left=66, labels=31)
NARROW = Frame(width=340, height=230, left=52, labels=8)


def trend_spec(days: Sequence[Day], bands: Sequence[Band], currency: str, frame: Frame) -> Spec:
    """One bar for each day, one part of it for each band."""
    return {
        "width": frame.width,
        "height": frame.height,
        "padding": {"left": frame.left, "right": _RIGHT, "top": 8, "bottom": 26},
        "encoding": {"x": _across(days, frame)},
        "layer": [_missing(days), _stacks(days, bands, currency)],
    }


def _across(days: Sequence[Day], frame: Frame) -> Spec:
    dates = [day.date.isoformat() for day in days]
    every = -(-len(dates) // frame.labels)
    start = 5 if len(dates) <= _FEW else 8
    room = min(frame.width - frame.left - _RIGHT, len(dates) * _BROADEST)
    return {
        "field": "date",
        "type": "ordinal",
        "scale": {
            **{"domain": dates, "range": [0, room]},
            **{"paddingInner": 0.22, "paddingOuter": 0.1},
        },
        "axis": {
            "labelAngle": 0,
            "labelOverlap": False,
            "labelExpr": f"slice(datum.value, {start})",
            "values": dates[::every],
            "ticks": False,
            "labelPadding": 7,
        },
    }


def _missing(days: Sequence[Day]) -> Spec:
    marked = [day for day in days if day.missing is not Missing.NOTHING]
    said = [{"date": f"{day.date}", "said": f"{day.date}: {day.missing.value}"} for day in marked]
    look = {"fill": "var(--missing)", "stroke": "var(--warn)", "strokeDash": [3, 3]}
    return {
        "data": {"values": said},
        "mark": {"type": "rect", "aria": True, **look},
        "encoding": {"description": {"field": "said"}},
    }


def _stacks(days: Sequence[Day], bands: Sequence[Band], currency: str) -> Spec:
    parts = [
        {
            "date": day.date.isoformat(),
            "cost": float(band.days[at]),
            "order": order,
            "fill": f"var(--{band.colour})",
            "said": f"{day.date}, {band.name.full}: {currency} {rounded(band.days[at], 2)}",
        }
        for at, day in enumerate(days)
        for order, band in enumerate(bands)
        if band.days[at]
    ]
    up = {"format": ",.4~f", "tickCount": 5, "domain": False, "ticks": False, "labelPadding": 8}
    return {
        "data": {"values": parts},
        "mark": {"type": "bar", "aria": True, "stroke": "var(--page)", "strokeWidth": 0.7},
        "encoding": {
            "y": {"field": "cost", "type": "quantitative", "stack": "zero", "axis": up},
            "fill": {"field": "fill", "scale": None},
            "order": {"field": "order", "type": "quantitative"},
            "detail": {"field": "order"},
            "description": {"field": "said"},
        },
    }
