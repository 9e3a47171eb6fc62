"""The metrics of a run, sent to a Prometheus Pushgateway; what fails there fails nothing else."""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import httpx
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed
from tenacity.nap import sleep as nap

from exporter import __version__
from exporter.chargeback.figures import BudgetLine
from exporter.commands.running import Ran
from exporter.log import get_logger
from exporter.monitoring.run_metrics import JOB
from exporter.monitoring.run_samples import (
    FAMILIES,
    Sample,
    budget_samples,
    export_samples,
    moment_samples,
)
from exporter.pipeline.outcomes import Ending, Summary
from exporter.settings import Settings

_ATTEMPTS = 2
_PAUSE_SECONDS = 1.0
#: What can stand in the path of an address as it is.
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_REASON_LENGTH = 200
_ADVICE = {
    301: "set PUSHGATEWAY_URL to the address it redirects to",
    401: "check user and password in PUSHGATEWAY_URL",
    404: "set PUSHGATEWAY_URL to the address whose page shows the Pushgateway, without /metrics",
}
_ADVICE |= dict.fromkeys((302, 303, 307, 308), _ADVICE[301])
_ADVICE |= {403: _ADVICE[401], 405: _ADVICE[404]}
_USUAL_ADVICE = "check PUSHGATEWAY_URL and the Pushgateway"


class PushFailed(Exception):
    """Pushing the same again changes nothing; the text says why in one line."""

    def __init__(self, reason: str, advice: str = _USUAL_ADVICE, status: int | None = None) -> None:
        super().__init__(reason)
        self.advice = advice
        self.status = status


class _Passing(PushFailed):
    """Pushing again may help."""


def push_run(
    settings: Settings, began: int, ran: Ran | None, budgets: Sequence[BudgetLine] | None
) -> None:
    """Push what there is to say of a run that began then: null for what came to no end.

    Only the metrics of a run that wrote everything and knows its budgets replace all older ones;
    else those stay that it cannot tell, the last success above all.
    """
    if settings.pushgateway_url is None:
        return
    succeeded = ran is not None and ran.exit_code == 0
    samples = [*moment_samples(began, succeeded=succeeded)]
    if ran is not None:
        samples += _of_export(ran.summary)
    for line in budgets or ():
        samples += _of_budget(line, settings.focus_billing_currency)
    cluster = settings.cluster_name if settings.collection_cluster_label is None else None
    gateway = Pushgateway(settings.pushgateway_url.get_secret_value())
    gateway.push(samples, cluster, whole=succeeded and budgets is not None)


def _of_export(summary: Summary) -> Iterator[Sample]:
    return export_samples(
        {str(ending): len(summary.of(ending)) for ending in Ending},
        rows=sum(one.rows for one in summary.made),
        tokens_without_gpu=summary.notes["tokens_unpriced"],
        gpu_hours_unmatched=summary.notes["gpu_hours_unmatched"],
    )


def _of_budget(line: BudgetLine, currency: str) -> Iterator[Sample]:
    return budget_samples(
        line.name,
        line.namespace,
        currency,
        spend=line.spend,
        limit=line.limit,
        forecast=line.forecast,
    )


@dataclass(frozen=True, slots=True)
class Pushgateway:
    """Where to push: `url` may hold user:password@, which its text does not show.

    `timeout_seconds` is for each step of a request, `sleep` waits between two of them.
    """

    url: str = field(repr=False)
    timeout_seconds: float = 10.0
    transport: httpx.BaseTransport | None = None
    sleep: Callable[[float], None] = nap

    @property
    def address(self) -> str:
        """The address as it may be shown, without a slash at its end."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")

    def push(self, samples: Iterable[Sample], cluster: str | None, *, whole: bool) -> None:
        """Send the samples of one job and cluster, no cluster for those of several.

        With `whole` they replace all that was pushed before, else only metrics of the same name.
        A failure is one warning.
        """
        try:
            group = f"{self.address}/metrics/job/{JOB}{_cluster_path(cluster)}"
            self._send("PUT" if whole else "POST", group, exposition(samples))
        except PushFailed as failed:
            get_logger().warning(
                "metrics were not pushed, which does not change what was exported",
                pushgateway=self.address,
                reason=str(failed),
                fix=failed.advice,
            )

    def _send(self, method: str, url: str, body: bytes) -> None:
        retrying = Retrying(
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_fixed(_PAUSE_SECONDS),
            retry=retry_if_exception_type(_Passing),
            sleep=self.sleep,
            reraise=True,
        )
        retrying(self._send_once, method, url, body)

    def refusal(self) -> tuple[str, str] | None:
        """Why it could not be pushed to and what to do, without pushing; null if nothing is seen.

        Asks for its readiness, and where a proxy hides that for its metrics.
        """
        try:
            self._ask("/-/ready", "/metrics")
        except PushFailed as failed:
            return str(failed), failed.advice
        return None

    def _ask(self, path: str, *others: str) -> None:
        try:
            self._send("GET", f"{self.address}{path}", b"")
        except PushFailed as failed:
            if not others or failed.status != httpx.codes.NOT_FOUND:
                raise
            self._ask(*others)

    def _send_once(self, method: str, url: str, body: bytes) -> None:
        headers = {
            "Content-Type": CONTENT_TYPE_PLAIN_0_0_4,
            "User-Agent": f"infer-focus/{__version__}",
        }
        try:
            with (
                self._client() as client,
                client.stream(method, url, content=body, headers=headers) as response,
            ):
                _check(response, self._hidden)
        except httpx.HTTPError as error:
            raise _Passing(self._words_of(error)) from error
        except httpx.InvalidURL as error:
            raise PushFailed("it is no address") from error
        except (OSError, ValueError) as error:  # of SSL_CERT_FILE or HTTPS_PROXY
            raise PushFailed(_root_words(error), "check SSL_CERT_FILE and HTTPS_PROXY") from error

    def _words_of(self, error: httpx.HTTPError) -> str:
        if isinstance(error, httpx.TimeoutException):
            return f"no answer within {self.timeout_seconds:g} seconds"
        if isinstance(error, httpx.LocalProtocolError):  # its text may hold a header's password
            return "the request cannot be sent"
        return _root_words(error)

    def _hidden(self, said: str) -> str:
        """What a server said, without the password that it may have repeated."""
        base = httpx.URL(self.url)
        basic = b64encode(f"{base.username}:{base.password}".encode()).decode()
        for secret in (basic, base.password, quote(base.password)) if base.password else ():
            said = said.replace(secret, "***")
        return said

    def _client(self) -> httpx.Client:
        base = httpx.URL(self.url)
        known = bool(base.username or base.password)
        auth = httpx.BasicAuth(base.username, base.password) if known else None
        return httpx.Client(auth=auth, timeout=self.timeout_seconds, transport=self.transport)


def exposition(samples: Iterable[Sample]) -> bytes:
    """The samples in Prometheus' text format."""
    registry = CollectorRegistry()
    known = {family.name: family for family in FAMILIES}
    gauges: dict[str, Gauge] = {}
    for sample in samples:
        family = known[sample.name]
        if sample.name not in gauges:
            gauges[sample.name] = Gauge(
                family.name, family.meaning, family.labels, registry=registry
            )
        gauge = gauges[sample.name]
        (gauge.labels(**sample.labels) if family.labels else gauge).set(sample.value)
    return generate_latest(registry)


def _cluster_path(cluster: str | None) -> str:
    if cluster is None:
        return ""
    if _PLAIN.fullmatch(cluster):
        return f"/cluster/{cluster}"
    return f"/cluster@base64/{urlsafe_b64encode(cluster.encode()).decode()}"


def _check(response: httpx.Response, hidden: Callable[[str], str]) -> None:
    """Raises what follows from an answer other than that all is well."""
    status = response.status_code
    if response.is_success:
        return
    said = _one_line(hidden(next(response.iter_bytes(), b"").decode(errors="replace")))
    reason = f"HTTP {status} {httpx.codes.get_reason_phrase(status)}".strip()
    reason += f": {said}" if said else ""
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
        raise _Passing(reason)
    raise PushFailed(reason, _ADVICE.get(status, _USUAL_ADVICE), status)


def _root_words(error: BaseException) -> str:
    """What the socket or the server said, below what httpx made of it."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return _one_line(str(error)) or type(error).__name__


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _REASON_LENGTH else f"{line[:_REASON_LENGTH]}…"
