"""`infer-focus report`: what exported rows add up to, for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exporter import log
from exporter.chargeback.figures import Chargeback
from exporter.commands.building import documents_of, plans_of
from exporter.commands.moments import named_period
from exporter.commands.outputs import print_bytes, whole_file
from exporter.commands.reporting.clusters import globs_of
from exporter.commands.reporting.making import Made, make
from exporter.commands.reporting.places import Place, open_place
from exporter.commands.reporting.publishing import publish_page
from exporter.commands.reporting.telling import tell
from exporter.commands.reporting.terms import Terms
from exporter.commands.terminal import terminal_width
from exporter.documents.load import default_prices
from exporter.errors import ConfigurationError, UnusableError
from exporter.settings import Settings, load_settings, unknown_names

Form = Literal["table", "csv", "json", "html"]

_FAILED = 3
_USUAL_KEYS = "sub-account"


@dataclass(frozen=True, slots=True)
class ReportArguments:
    """What is asked for; null where nothing is said.

    `by`, `cluster` and `namespace` are comma lists.
    """

    period: str = "this-month"
    by: str = _USUAL_KEYS
    compare: bool = False
    comparison: bool = False
    form: Form = "table"
    out: Path | None = None
    publish: bool = False
    location: str | None = None
    cluster: str | None = None
    namespace: str | None = None
    layout: str | None = None


def report(environ: Mapping[str, str], arguments: ReportArguments, now: int) -> int:
    """Read what is exported, print or write the report; 3 if some object could not be read.

    Raises ConfigurationError for settings, documents and arguments that are wrong and where there
    are no rows, UnusableError for a place that cannot be read or written.
    """
    _check(arguments)
    settings = _settings(environ)
    terms = _terms(settings, environ, arguments, now)
    with open_place(settings, arguments.location) as place:
        made = make(place, terms)
        tell(place, terms, made)
        width = terminal_width() if arguments.out is None else None
        content = _encoded(made.chargeback, arguments.form, width)
        _deliver(content, arguments)
        if arguments.publish:
            _publish(place, made, content, arguments)
    return _FAILED if made.faults else 0


def _publish(place: Place, made: Made, content: bytes, arguments: ReportArguments) -> None:
    """A page with rows missing that are there must not take the place of a whole one."""
    if made.faults:
        log.get_logger().error(
            "report not published, since objects could not be read",
            objects=len(made.faults),
            fix="make the objects readable, or export their periods again, and repeat the command",
        )
        return
    by = "" if arguments.by == _USUAL_KEYS else f"by {arguments.by}"
    clusters = "" if arguments.cluster is None else f"of {arguments.cluster}"
    namespaces = "" if arguments.namespace is None else f"in {arguments.namespace}"
    selection = " ".join(filter(None, (clusters, namespaces, by)))
    publish_page(place, made.chargeback.scope.name, content, selection)


def _check(arguments: ReportArguments) -> None:
    if arguments.publish and arguments.form != "html":
        raise ConfigurationError(
            f"--publish: publishes a page, not {arguments.form}; add --format html"
        )


def _settings(environ: Mapping[str, str]) -> Settings:
    settings = load_settings(environ, needs_destination=False, needs_source=False)
    log.configure(settings.log_level, settings.log_format)
    for sentence in unknown_names(environ):
        log.get_logger().warning(sentence)
    return settings


def _terms(
    settings: Settings, environ: Mapping[str, str], arguments: ReportArguments, now: int
) -> Terms:
    keys = tuple(part.strip() for part in arguments.by.split(","))
    documented = environ.get("CONFIG_PATH", "").strip() or settings.config_path.exists()
    documents = documents_of(settings, makes_rows=False) if documented else None
    return Terms(
        period=named_period(arguments.period, now),
        keys=keys,
        compare=arguments.compare,
        every_entry=arguments.comparison,
        layout=arguments.layout,
        clusters=globs_of(arguments.cluster, "--cluster"),
        namespaces=globs_of(arguments.namespace, "--namespace"),
        documented=documents is not None,
        now=now,
        settle_minutes=settings.collection_settle_minutes,
        lookback_hours=settings.collection_lookback_hours,
        currency=settings.focus_billing_currency,
        usd_rate=settings.focus_usd_rate,
        budgets=() if documents is None else documents.token_budgets,
        pricing=default_prices() if documents is None else documents.cloud_pricing,
        plans=() if documents is None else plans_of(settings, documents),
        home=settings.cluster_name,
    )


def _encoded(chargeback: Chargeback, form: Form, width: int | None) -> bytes:
    """The bytes of a form, for a terminal of a width; the same rows give the same bytes."""
    match form:
        case "table":
            from exporter.commands.reporting.table import report_table

            return report_table(chargeback, width).encode(errors="backslashreplace")
        case "csv":
            from exporter.commands.reporting.lines import group_lines

            return group_lines(chargeback)
        case "json":
            from exporter.commands.reporting.document import report_document

            return report_document(chargeback).encode()
        case "html":
            from exporter.pages.page import page

            return page(chargeback).encode()


def _deliver(content: bytes, arguments: ReportArguments) -> None:
    """To the file, else to stdout; a published page without a file is not printed too."""
    try:
        if arguments.out is not None:
            with whole_file(arguments.out) as sink:
                sink.write(content)
        elif not arguments.publish:
            print_bytes(content)
    except BrokenPipeError:
        raise
    except OSError as error:
        place = arguments.out or "to stdout"
        raise UnusableError(
            f"cannot write {place}: {error.strerror}; choose another --out"
        ) from error
