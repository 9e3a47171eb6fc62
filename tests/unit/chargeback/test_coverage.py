"""Time that rows are of."""

from __future__ import annotations

from random import Random

from exporter.chargeback.coverage import Coverage


def test_spans_that_touch_or_overlap_are_one() -> None:
    coverage = Coverage()
    coverage.add([(10, 20), (0, 10), (30, 40)])
    coverage.add([(15, 18), (35, 50)])
    assert coverage.spans == ((0, 20), (30, 50))
    assert (coverage.seconds, coverage.until) == (40, 50)


def test_no_span_covers_nothing() -> None:
    assert (Coverage().spans, Coverage().seconds, Coverage().until) == ((), 0, None)


def test_a_year_of_hours_in_any_order_is_one_span() -> None:
    hours = [(start, start + 3600) for start in range(0, 365 * 86_400, 3600)]
    Random(7).shuffle(hours)
    coverage = Coverage()
    for at in range(0, len(hours), 73):
        coverage.add(hours[at : at + 73])
    assert coverage.spans == ((0, 365 * 86_400),)
