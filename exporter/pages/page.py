"""The chargeback report as one HTML file: no script, nothing fetched, to be mailed and printed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from exporter import __version__
from exporter.chargeback.cloud_figures import CloudLine
from exporter.chargeback.decimals import share
from exporter.chargeback.figures import BudgetLine, Chargeback, GroupLine, ModelLine, Sums
from exporter.pages import bands, charts, names, numbers
from exporter.pages.days import Missing, days

_DAY = 86_400
_MOST_BARS = 16
_MOST_BANDS = len(bands.COLOURS)


def page(chargeback: Chargeback) -> str:
    """The whole document, the same text for the same figures."""
    return _environment().get_template("page.html").render(_given(chargeback))


def _given(chargeback: Chargeback) -> dict[str, object]:
    """What the templates name."""
    of_days = days(chargeback)
    return {
        "report": chargeback,
        "scope": chargeback.scope,
        "currency": names.readable(chargeback.scope.currency),
        "total": chargeback.total,
        "compared": chargeback.total_before is not None,
        "paid": [line for line in chargeback.groups if line.nobodys is None],
        "unpaid": [line for line in chargeback.groups if line.nobodys is not None],
        "bars": bands.bands(chargeback, _MOST_BARS),
        "bands": bands.bands(chargeback, _MOST_BANDS),
        "days": of_days,
        "missing_days": [day for day in of_days if day.missing is not Missing.NOTHING],
        "over_limit": [line for line in chargeback.budgets if line.spend > line.limit],
        "forecast_over": [line for line in chargeback.budgets if _will_be_over(line)],
        "version": __version__,
    }


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("exporter", "data/report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = (
        *(numbers.money, numbers.price, numbers.counted, numbers.whole, numbers.measured),
        *(numbers.percent, numbers.change, numbers.difference, numbers.nothing),
        *(names.readable, names.key_words, names.lower_first, moment),
    )
    environment.filters |= {function.__name__: function for function in shown}
    environment.globals |= {
        "chart": charts,
        "name": names.name,
        "beside": _beside,
        "share": share,
        "by_model": _by_model,
        "last": _last,
        "hours": _hours,
    }
    return environment


def moment(seconds: int) -> Markup:
    """A time in UTC, as a date where it is midnight."""
    at = datetime.fromtimestamp(seconds, UTC)
    shown = at.strftime("%Y-%m-%d" if seconds % _DAY == 0 else "%Y-%m-%d %H:%M")
    return Markup('<time datetime="{}">{}</time>').format(at.strftime("%Y-%m-%dT%H:%MZ"), shown)


def _last(end: int) -> int:
    """Of an end that is not included, the start of the last day that is."""
    return (end - 1) // _DAY * _DAY


def _hours(seconds: int) -> Decimal:
    return Decimal(seconds) / 3600


def _beside(line: GroupLine | ModelLine) -> Sums:
    """What stands beside the period before."""
    return line.compared or line.sums


def _will_be_over(line: BudgetLine) -> bool:
    return line.forecast is not None and line.forecast > line.limit


def _by_model(lines: Sequence[CloudLine]) -> list[tuple[str, list[CloudLine]]]:
    """In the order in which the models come first."""
    of_models: dict[str, list[CloudLine]] = {}
    for line in lines:
        of_models.setdefault(line.model, []).append(line)
    return list(of_models.items())
