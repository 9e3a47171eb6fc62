"""Bars that lie: cost by team, and cost per million tokens, amortized beside marginal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from exporter.pages.drawing import Spec

_WHITE_SPACE = 14  # between one group of bars and the next, in pixels


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `shown` stands beside it, `said` is its whole sentence.

    `label` is empty for a second bar of the same name. `gap` asks for room above it.
    """

    label: str
    size: Decimal
    shown: str
    said: str
    colour: str
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """Where things are, in pixels. `above`: the name stands over its bar, not left of it."""

    width: int
    names: int
    values: int
    step: int
    thick: int
    above: bool


#: From a tablet up and in print, and on a phone.
WIDE = Shape(width=960, names=232, values=190, step=30, thick=20, above=False)
WIDE_PAIRS = Shape(width=960, names=300, values=176, step=19, thick=14, above=False)
NARROW = Shape(width=340, names=0, values=4, step=42, thick=14, above=True)


def bars_spec(bars: Sequence[Bar], shape: Shape) -> Spec:
    """Bars from zero, all by one scale."""
    tops = _tops(bars, shape)
    rows = [_row(bar, top, shape) for bar, top in zip(bars, tops, strict=True)]
    sizes = [float(bar.size) for bar in bars]
    low, high = min(0.0, *sizes), max(0.0, *sizes)
    across = {
        "domain": [low, high if high > low else 1.0],
        "range": [shape.names, shape.width - shape.values],
        "nice": False,
    }
    return {
        "width": shape.width,
        "height": tops[-1] + _step(bars[-1], shape),
        "padding": 0,
        "data": {"values": rows},
        "layer": [_rectangles(across), _names(shape), _values(shape, across)],
    }


def _tops(bars: Sequence[Bar], shape: Shape) -> list[int]:
    tops, top = [], 0
    for at, bar in enumerate(bars):
        top += _WHITE_SPACE if bar.gap and at else 0
        tops.append(top)
        top += _step(bar, shape)
    return tops


def _step(bar: Bar, shape: Shape) -> int:
    """A second bar needs no line for a name above it."""
    return shape.thick + 8 if shape.above and not bar.label else shape.step


def _row(bar: Bar, top: int, shape: Shape) -> Spec:
    below_name = shape.above and bool(bar.label)
    first = top + (22 if below_name else 4)
    return {
        "size": float(bar.size),
        "end": max(0.0, float(bar.size)),
        "top": first,
        "bottom": first + shape.thick,
        "middle": top + 13 if below_name else first + shape.thick / 2,
        "name": bar.label,
        "shown": bar.shown,
        "said": bar.said,
        "fill": f"var(--{bar.colour})",
    }


def _place(field: str) -> Spec:
    """A place that is given in pixels."""
    return {"field": field, "type": "quantitative", "scale": None, "axis": None}


def _rectangles(across: Spec) -> Spec:
    return {
        "mark": {"type": "rect", "aria": True, "cornerRadius": 2},
        "encoding": {
            "x": {"field": "size", "type": "quantitative", "scale": across, "axis": None},
            "x2": {"datum": 0},
            "y": _place("top"),
            "y2": {"field": "bottom"},
            "fill": {"field": "fill", "scale": None},
            "description": {"field": "said"},
        },
    }


def _names(shape: Shape) -> Spec:
    side = "left" if shape.above else "right"
    return {
        "mark": {"type": "text", "align": side, "baseline": "middle", "limit": 0},
        "encoding": {
            "x": {"value": 0 if shape.above else shape.names - 10},
            "y": _place("middle"),
            "text": {"field": "name"},
        },
    }


def _values(shape: Shape, across: Spec) -> Spec:
    """At the page's right edge on a phone, else behind the end of the bar."""
    side: Spec = {"align": "right"} if shape.above else {"align": "left", "dx": 8}
    end = {"field": "end", "type": "quantitative", "axis": None, "scale": across}
    return {
        "mark": {"type": "text", "baseline": "middle", "limit": 0, **side},
        "encoding": {
            "x": {"value": shape.width} if shape.above else end,
            "y": _place("middle"),
            "text": {"field": "shown"},
        },
    }
