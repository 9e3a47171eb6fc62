"""One Prometheus HTTP API: form in, checked answer out, with retries and bounds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_attempt,
    stop_when_event_set,
    wait_exponential,
    wait_random,
)

from exporter.errors import UnusableError
from exporter.log import get_logger
from exporter.sources.access import PrometheusAccess, open_client
from exporter.sources.faults import (
    LIMIT_SETTING,
    Fault,
    NoConnection,
    Passing,
    TooMuch,
    status_fault,
    transport_fault,
)
from exporter.sources.replies import Data, checked, names_of, status_of

#: Sent with every query. Thanos: fail rather than leave a store out, and no averages in place of
#: counters from downsampled blocks. VictoriaMetrics: do not move the range for its cache.
_ALWAYS = {"partial_response": "false", "max_source_resolution": "0s", "nocache": "1"}
_BACKOFF = wait_exponential(multiplier=0.5, max=30.0) + wait_random(0.0, 0.5)

_Answer = TypeVar("_Answer")


class PrometheusApi:
    """Asks one endpoint; safe to use from several threads.

    `sleep` replaces the wait between two attempts, `clock` the monotonic seconds that bound how
    long an answer may take to arrive.
    """

    def __init__(
        self,
        access: PrometheusAccess,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._access = access
        self._client = open_client(access, transport)
        self._sleep = sleep
        self._clock = clock
        self._closed = threading.Event()
        self._form = _ALWAYS | {"timeout": f"{round(access.timeout_seconds * 1000)}ms"}

    def ask(self, path: str, form: Mapping[str, str], abandoned: threading.Event) -> Data:
        """The data of the answer to a query.

        Raises TooMuch and Final at once, Passing when the last attempt failed so or this was
        closed, and UnusableError when no request can succeed. Set `abandoned` to make it give up
        early.
        """
        return self._answered(path, form, abandoned, checked)

    def ask_names(self, path: str, form: Mapping[str, str], abandoned: threading.Event) -> set[str]:
        """The names in the answer of a path that lists some; raises what `ask` raises.

        Asked with GET: the values of a label cannot be had otherwise.
        """
        return self._answered(path, form, abandoned, names_of, "GET")

    def status(self, name: str) -> dict[str, str]:
        """The texts that `status/{name}` shows; nothing where a server has no such page.

        Not every server has these pages, so it is asked once, and no failure means anything.
        """
        try:
            with self._client.stream("GET", self._access.endpoint(f"status/{name}")) as response:
                body = self._read(response)
        except (httpx.HTTPError, Fault) as error:
            get_logger().debug("prometheus_status_unknown", name=name, reason=type(error).__name__)
            return {}
        return status_of(body) if response.status_code == httpx.codes.OK else {}

    def _answered(
        self,
        path: str,
        form: Mapping[str, str],
        abandoned: threading.Event,
        read: Callable[[bytes], _Answer],
        method: Literal["GET", "POST"] = "POST",
    ) -> _Answer:
        attempts = 1 + self._access.max_retries
        retrying = Retrying(
            stop=stop_after_attempt(attempts)
            | stop_when_event_set(abandoned)
            | stop_when_event_set(self._closed),
            wait=_pause,
            retry=retry_if_exception_type(Passing),
            sleep=self._sleep or sleep_using_event(abandoned),
            before_sleep=self._log_retry,
            reraise=True,
        )
        try:
            answer: _Answer = retrying(self._ask_once, method, path, form, read)
        except NoConnection as fault:
            raise UnusableError(f"{self._access.address} cannot be reached: {fault}") from fault
        return answer

    def close(self) -> None:
        """Ends the connections; a thread that still asks gives up without a word in the log."""
        self._closed.set()
        self._client.close()

    def _refuse_if_closed(self) -> None:
        if self._closed.is_set():
            raise Passing("the connections were closed before the answer came")

    def _ask_once(
        self, method: str, path: str, form: Mapping[str, str], read: Callable[[bytes], _Answer]
    ) -> _Answer:
        url = self._access.endpoint(path)
        place = "data" if method == "POST" else "params"
        asked: dict[str, Any] = {place: {**self._form, **form}}
        self._refuse_if_closed()
        try:
            with self._client.stream(method, url, **asked) as response:
                body = self._read(response)
        except httpx.HTTPError as error:
            raise transport_fault(error, self._access.address) from error
        self._refuse_if_closed()
        get_logger().debug(
            "prometheus_answer",
            query=form.get("query", path),
            status=response.status_code,
            bytes=len(body),
        )
        if response.status_code != httpx.codes.OK:
            said = self._access.hidden(body)
            headers = self._access.hidden_headers(response.headers)
            raise status_fault(response.status_code, headers, said, self._access.address)
        try:
            return read(body)
        except Fault:
            # Its words go into messages: once more, without what nobody may see there.
            return read(self._access.hidden(body))

    def _read(self, response: httpx.Response) -> bytes:
        """The whole body; of one above the limit never more is kept than that."""
        deadline = self._clock() + self._access.timeout_seconds
        body = bytearray()
        self._refuse_above_limit(_length_of(response))
        for part in response.iter_bytes():
            self._refuse_above_limit(len(body) + len(part))
            body += part
            if self._clock() > deadline:
                raise Passing("the answer came too slowly; raise PROMETHEUS_TIMEOUT_SECONDS")
        return bytes(body)

    def _refuse_above_limit(self, size: int) -> None:
        limit = self._access.max_answer_mib
        if size > limit * 2**20:
            raise TooMuch(f"the answer is larger than {LIMIT_SETTING}={limit}")

    def _log_retry(self, state: RetryCallState) -> None:
        get_logger().warning(
            "prometheus_retry",
            url=self._access.address,
            attempt=state.attempt_number,
            reason=str(_fault_in(state)),
        )


def _length_of(response: httpx.Response) -> int:
    """The bytes that are announced; 0 where nothing is."""
    told = response.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() else 0


def _pause(state: RetryCallState) -> float:
    """What the server asked for, else a growing pause with jitter, seconds."""
    fault = _fault_in(state)
    if isinstance(fault, Passing) and fault.retry_after is not None:
        return fault.retry_after
    return _BACKOFF(state)


def _fault_in(state: RetryCallState) -> BaseException | None:
    return None if state.outcome is None else state.outcome.exception()
