"""Drawings that fit into a table's cell: a trend, the use of a budget, where a pool's cost went."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from exporter.chargeback.figures import BudgetLine, PoolLine
from exporter.pages.drawing import Spec

_LINE = (120, 30)
_BUDGET = (220, 26)
_POOL = (160, 16)


def line_spec(values: Sequence[Decimal | None], low: float, high: float) -> Spec:
    """A line through the days, broken where a day has no value; a dot at the last one."""
    width, height = _LINE
    last = max(at for at, value in enumerate(values) if value is not None)
    points = [
        {
            "at": at,
            "value": None if value is None else float(value),
            "dot": 18 if at == last else 4 if _stands_alone(values, at) else 0,
        }
        for at, value in enumerate(values)
    ]
    across = {"domain": [0, max(1, len(values) - 1)], "range": [4, width - 4]}
    up = {"domain": [low, high if high > low else low + 1], "range": [height - 4, 4]}
    colour = "var(--accent)"
    return {
        "width": width,
        "height": height,
        "padding": 0,
        "data": {"values": points},
        "encoding": {
            "x": {"field": "at", "type": "quantitative", "axis": None, "scale": across},
            "y": {"field": "value", "type": "quantitative", "axis": None, "scale": up},
        },
        "layer": [
            {"mark": {"type": "line", "stroke": colour, "strokeWidth": 1.6}},
            {
                "transform": [{"filter": {"field": "dot", "gt": 0}}],
                "mark": {"type": "circle", "fill": colour, "opacity": 1},
                "encoding": {"size": {"field": "dot", "type": "quantitative", "scale": None}},
            },
        ],
    }


def trend_domain(values: Sequence[Decimal | None]) -> tuple[float, float]:
    """From a quarter of the highest value below the lowest: a small change stays small."""
    known = [float(value) for value in values if value is not None]
    return max(0.0, min(known) - max(known) / 4), max(known)


def budget_spec(line: BudgetLine) -> Spec:
    """The spend as a bar, the forecast as a dashed frame, the limit as a stroke across."""
    width, height = _BUDGET
    amounts = (line.spend, line.limit, line.forecast or Decimal(0))
    most = max(amounts) if max(amounts) > 0 else Decimal(1)
    spend, limit, forecast = (float(max(Decimal(0), amount) / most) for amount in amounts)
    scale = {"domain": [0, 1], "range": [1, width - 3], "nice": False}
    colour = f"var(--{budget_colour(line)})"
    dashed = {"stroke": colour, "strokeDash": [3, 2], "fill": "none"}
    return {
        "width": width,
        "height": height,
        "padding": 0,
        "layer": [
            _part(0, limit, scale, (6, height - 6), {"fill": "var(--track)"}),
            _part(0, forecast, scale, (6, height - 6), dashed),
            _part(0, spend, scale, (8, height - 8), {"fill": colour}),
            {
                "data": {"values": [{"limit": limit}]},
                "mark": {"type": "rule", "stroke": "var(--text)", "strokeWidth": 2},
                "encoding": {"x": _across("limit", scale)},
            },
        ],
    }


def budget_colour(line: BudgetLine) -> str:
    """By what has been reached, not by what may come."""
    if line.spend > line.limit:
        return "bad"
    return "accent" if line.reached_percent is None else "warn"


def pool_spec(line: PoolLine) -> Spec:
    """The pool's cost: used, idle, unobserved."""
    width, height = _POOL
    idle, unobserved = float(line.idle_cost), float(line.unobserved_cost)
    used = max(0.0, float(line.cost) - idle - unobserved)
    scale = {"domain": [0, used + idle + unobserved or 1.0], "range": [0, width], "nice": False}
    ends = [0.0, used, used + idle, used + idle + unobserved]
    colours = ("accent", "idle", "unobserved")
    return {
        "width": width,
        "height": height,
        "padding": 0,
        "layer": [
            _part(start, end, scale, (1, height - 1), {"fill": f"var(--{colour})"})
            for start, end, colour in zip(ends, ends[1:], colours, strict=False)
        ],
    }


def _stands_alone(values: Sequence[Decimal | None], at: int) -> bool:
    before = values[at - 1] if at else None
    after = values[at + 1] if at + 1 < len(values) else None
    return values[at] is not None and before is None and after is None


def _across(field: str, scale: Spec) -> Spec:
    return {"field": field, "type": "quantitative", "axis": None, "scale": scale}


def _part(start: float, end: float, scale: Spec, rows: tuple[int, int], look: Spec) -> Spec:
    return {
        "data": {"values": [{"start": start, "end": end}]},
        "mark": {"type": "rect", **look},
        "encoding": {
            "x": _across("start", scale),
            "x2": {"field": "end"},
            "y": {"value": rows[0]},
            "y2": {"value": rows[1]},
        },
    }
