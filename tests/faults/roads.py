"""Bad roads to a Prometheus, by the fault of the matrix that each is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.faults.proxy import (
    Exchange,
    Rule,
    Spoil,
    Wanted,
    answered,
    changed,
    cut,
    dropped,
    flooded,
    late,
    trickled,
)
from tests.faults.running import Environment
from tests.fleets.fleet import HOUR
from tests.fleets.token_scenarios import T0

#: Two hours of one day and two of the next: read one day after the other.
START, MIDNIGHT, END = T0 + 22 * HOUR, T0 + 24 * HOUR, T0 + 26 * HOUR
TOO_MANY_SAMPLES = "query processing would load too many samples into memory in query execution"
TOO_MANY_POINTS = "exceeded maximum resolution of 11,000 points per timeseries."
LOGIN = "https://login.example.com/start?state=secret"


def about_second_day(exchange: Exchange) -> bool:
    return any(f"{name}={END}".encode() in exchange.body.split(b"&") for name in ("end", "time"))


def about_anything(_exchange: Exchange) -> bool:
    return True


def about_several_hours(exchange: Exchange) -> bool:
    form = dict(part.split(b"=", 1) for part in exchange.body.split(b"&") if b"=" in part)
    return form.get(b"start", b"") != form.get(b"end", b"")


def about_power(exchange: Exchange) -> bool:
    """One request of the second day: nobody has to wait for many."""
    return about_second_day(exchange) and b"sum_over_time" in exchange.body


def api_error(status: int, text: str) -> Spoil:
    said = {"status": "error", "errorType": "execution", "error": text}
    return answered(status, json.dumps(said), Content_Type="application/json")


def telling(exchange: Exchange) -> None:
    """A page for developers, which shows what it was sent."""
    said = f"panic in a handler, authorization was: {exchange.headers['authorization']}"
    answered(500, said, Retry_After="0")(exchange)


def without_series(body: bytes) -> bytes:
    told = json.loads(body)
    told["data"]["result"] = []
    return json.dumps(told).encode()


def beside(more: str) -> Callable[[bytes], bytes]:
    """The answer with something said beside its data."""
    return lambda body: body.strip()[:-1] + b"," + more.encode() + b"}"


@dataclass(frozen=True, slots=True)
class Road:
    """What happens to the requests that are wanted, and further settings of the command."""

    spoils: Sequence[Spoil]
    wanted: Wanted = about_second_day
    times: int | None = None
    settings: Environment = field(default_factory=dict)

    @property
    def rules(self) -> list[Rule]:
        return [Rule(spoil, self.wanted, self.times) for spoil in self.spoils]


def always(spoil: Spoil, wanted: Wanted = about_second_day, **settings: str) -> Road:
    return Road([spoil], wanted, settings=settings)


def without_retries(spoil: Spoil, wanted: Wanted = about_second_day, **settings: str) -> Road:
    return always(spoil, wanted, PROMETHEUS_MAX_RETRIES="0", **settings)


def every_time(status: int, body: str = "") -> Road:
    """Without a pause: it is not about the pauses."""
    return always(answered(status, body, Retry_After="0"))


def at_first(*spoils: Spoil, times: int = 1) -> Road:
    return Road(spoils, times=times, settings={"PROMETHEUS_MAX_RETRIES": "5"})


ROADS: Mapping[str, Road] = {
    "status-401": always(answered(401, "<html>Who are you?"), about_anything),
    "status-403": always(answered(403, "no"), about_anything),
    "status-404": always(answered(404, "404 page not found"), about_anything),
    "redirect": always(answered(302, Location=LOGIN), about_anything),
    "token-expired": always(answered(401, "<html>Who are you?")),
    "too-many-samples": always(api_error(422, TOO_MANY_SAMPLES)),
    "too-many-points": always(api_error(400, TOO_MANY_POINTS)),
    "status-429": every_time(429, "slow down"),
    "status-500": always(telling),
    "status-502": every_time(502),
    "status-503": every_time(503, "<html>\n Service not ready"),
    "no-answer": without_retries(late(60), about_power, PROMETHEUS_TIMEOUT_SECONDS="2"),
    "trickle": without_retries(trickled(0.05), about_power, PROMETHEUS_TIMEOUT_SECONDS="2"),
    "reset": always(dropped()),
    "cut-body": always(cut),
    "truncated-json": always(changed(lambda body: body[: len(body) // 2])),
    "invalid-json": without_retries(changed(lambda body: body.replace(b'"metric"', b"metric"))),
    "html": without_retries(answered(200, "<html>\n<title>Sign in</title>")),
    "odd-values": always(changed(lambda body: re.sub(rb'"[\d.]+"\]', b'"280 W"]', body))),
    "status-error": always(api_error(200, "a store cannot be read")),
    "warnings": without_retries(changed(beside('"warnings":["store 10.0.0.7 is away"]'))),
    "partial": without_retries(changed(beside('"isPartial":true'))),
    "large-answer": always(flooded(64 * 2**20), about_power, PROMETHEUS_MAX_ANSWER_MIB="1"),
    "empty": always(changed(without_series)),
    "beyond-retention": always(changed(without_series)),
    "series-lost": always(changed(without_series), lambda e: b"GPU" in e.body),
    "halved": always(api_error(422, TOO_MANY_SAMPLES), about_several_hours),
    "busy-with-retry-after": at_first(answered(429, "slow down", Retry_After="1"), times=2),
    "busy": at_first(answered(429, "slow down"), times=2),
    "restarting": at_first(answered(500), answered(502), answered(503), dropped()),
    "cut-once": at_first(cut),
    "garbled-once": at_first(
        changed(lambda body: body[:-20]),
        answered(200, "<html>"),
        changed(beside('"warnings":["x"]')),
    ),
}
