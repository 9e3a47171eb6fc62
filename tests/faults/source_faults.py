"""What can go wrong on the side of the source, and what it leads to; see test_source_faults.py."""

from __future__ import annotations

from functools import partial

from tests.faults.fault import Fault

_NOTHING = "what was there before, without a manifest of this run"
_OTHERS = "every period of the other days; of the failed ones what was there before, or nothing"
_ALL = "every period"
_WRITES = "writes every period"
_MISSING = "writes the failed periods"
_NO_NEED = "nothing to repair"

_unusable = partial(Fault, group="source", code=4, after=_NOTHING, next_run=_WRITES)
_failing = partial(Fault, group="source", code=3, after=_OTHERS, next_run=_MISSING)
_overcome = partial(Fault, group="source", code=0, after=_ALL, next_run=_NO_NEED)

#: No request can succeed.
UNUSABLE = (
    _unusable(
        "refused",
        happens="nothing listens at the address",
        message="cannot be reached: no connection ([Errno 111] Connection refused); check "
        "PROMETHEUS_URL and the network",
    ),
    _unusable(
        "name-unknown",
        happens="the name has no address (DNS)",
        message="cannot be reached: its name cannot be resolved",
    ),
    _unusable(
        "certificate-unknown",
        happens="the certificate is signed by itself",
        message="certificate verify failed: self-signed certificate (_ssl.c:1006)); set "
        "PROMETHEUS_CA_FILE to the authority that signed it",
    ),
    _unusable(
        "no-tls",
        happens="the address says https, the server speaks plain http",
        message="check PROMETHEUS_CLIENT_CERT and the scheme",
    ),
    _unusable(
        "status-401",
        happens="the token is not accepted",
        message="refused the access (HTTP 401 Unauthorized); check PROMETHEUS_BEARER_TOKEN, "
        "PROMETHEUS_USERNAME and _PASSWORD, PROMETHEUS_TENANT or PROMETHEUS_SIGV4_REGION",
    ),
    _unusable(
        "status-403",
        happens="the token may not query",
        message="refused the access (HTTP 403 Forbidden); check PROMETHEUS_BEARER_TOKEN, "
        "PROMETHEUS_USERNAME and _PASSWORD, PROMETHEUS_TENANT or PROMETHEUS_SIGV4_REGION",
    ),
    _unusable(
        "status-404",
        happens="the address is not that of the API",
        message="(HTTP 404 Not Found); is a path prefix missing in PROMETHEUS_URL?",
    ),
    _unusable(
        "redirect",
        happens="a login page takes every request",
        message="redirects to 'https://login.example.com/start' (HTTP 302 Found); set "
        "PROMETHEUS_URL to the API itself",
    ),
)
#: No request can succeed from some moment on: the run ends with what it has.
STOPPING = (
    Fault(
        "token-expired",
        group="source",
        happens="the token is no longer accepted when half of the time is read",
        message="the run stopped: ",
        code=4,
        after="the periods written until then, and a manifest that names the others",
        next_run=_MISSING,
    ),
)
#: What one day needs is not answered, with all retries; the other days are.
FAILING = (
    _failing(
        "too-many-samples",
        happens="the server's limit of samples refuses even one hour of few series (422)",
        message="HTTP 422 Unprocessable Entity: query processing would load too many samples into "
        "memory in query execution; raise the server's limit (--query.max-samples in Prometheus "
        "and Thanos)",
    ),
    _failing(
        "too-many-points",
        happens="a limit that even one step is above (400)",
        message="HTTP 400 Bad Request: exceeded maximum resolution of 11,000 points per "
        "timeseries.; raise that limit of the server",
    ),
    _failing(
        "status-429",
        happens="too many requests, for good",
        message="HTTP 429 Too Many Requests: slow down; the next run tries again",
    ),
    _failing(
        "status-500",
        happens="the server fails, for good; its page repeats the request's token",
        message="HTTP 500 Internal Server Error: panic in a handler, authorization was: Bearer "
        "***; the next run tries again",
    ),
    _failing(
        "status-502",
        happens="nothing behind the gateway, for good",
        message="HTTP 502 Bad Gateway: an empty answer; the next run tries again",
    ),
    _failing(
        "status-503",
        happens="the server is starting, for good",
        message="HTTP 503 Service Unavailable: <html> Service not ready; the next run tries again",
    ),
    _failing(
        "no-answer",
        happens="an answer takes longer than PROMETHEUS_TIMEOUT_SECONDS to begin",
        message="no answer in time; raise PROMETHEUS_TIMEOUT_SECONDS; the next run tries again",
    ),
    _failing(
        "trickle",
        happens="an answer takes longer than that to arrive",
        message="the answer came too slowly; raise PROMETHEUS_TIMEOUT_SECONDS; the next run tries "
        "again",
    ),
    _failing(
        "reset",
        happens="the connection is reset before the answer, for good",
        message="the connection broke ([Errno 104] Connection reset by peer); the next run tries "
        "again",
    ),
    _failing(
        "cut-body",
        happens="the connection is cut in the middle of every answer",
        message="the connection broke (",
    ),
    _failing(
        "truncated-json",
        happens="answers end in the middle, and say that they are whole",
        message="the answer is broken JSON (Input data was truncated; ",
    ),
    _failing(
        "invalid-json",
        happens="answers are no JSON",
        message="the answer is broken JSON (JSON is malformed: ",
    ),
    _failing(
        "html",
        happens="a page of HTML in place of JSON, with status 200",
        message="the answer is not JSON of a Prometheus API: <html> <title>Sign in</title>; the "
        "next run tries again",
    ),
    _failing(
        "odd-values",
        happens="values that are no numbers",
        message="the answer's values cannot be read (",
    ),
    _failing(
        "status-error",
        happens="`status: error` inside an answer with status 200",
        message="status error execution: a store cannot be read; try the query in the server's "
        "own web page",
    ),
    _failing(
        "warnings",
        happens="success, with `warnings`: a store is away",
        message="answered with a warning: store 10.0.0.7 is away; the next run tries again",
    ),
    _failing(
        "partial",
        happens="success, with `isPartial`",
        message="answered only in part (isPartial); the next run tries again",
    ),
    _failing(
        "large-answer",
        happens="an answer that does not end: of each no more than PROMETHEUS_MAX_ANSWER_MIB is "
        "read, hours and series are halved until one of an hour is too large",
        message="the answer is larger than PROMETHEUS_MAX_ANSWER_MIB=1; raise it and the memory, "
        "or find out what makes the answer so large",
    ),
    _failing(
        "empty",
        happens="success without any series, for a while",
        message="the source holds no sample of any metric for this period (retention or outage): "
        "lengthen its retention, or write the cost as unobserved with backfill --accept-gaps",
    ),
)
#: What the source shows less of, after it was written.
POORER = (
    Fault(
        "beyond-retention",
        group="source",
        happens="success without any series: the source has forgotten the time",
        message="the source holds no sample of any metric for this period (retention or outage): "
        "lengthen its retention, or write the cost as unobserved with backfill --accept-gaps",
        code=3,
        after="what was written while the source held it, unchanged; nothing of what was never",
        next_run="nothing; `backfill --accept-gaps` writes the cost of it as unobserved",
    ),
    Fault(
        "series-lost",
        group="source",
        happens="the source shows fewer series than when the object was written",
        message="is not written: what is stored saw more (",
        code=3,
        after="the richer object",
        next_run="finds it unchanged once the source shows everything again",
    ),
)
#: What retries and halving overcome within the run.
OVERCOME = (
    _overcome(
        "halved",
        happens="a limit refuses more than one hour at a time (422)",
        message="prometheus_query_halved",
    ),
    _overcome(
        "busy-with-retry-after",
        happens="429 with Retry-After, twice",
        message="prometheus_retry: HTTP 429 Too Many Requests: slow down",
    ),
    _overcome(
        "busy",
        happens="429 without Retry-After, twice",
        message="prometheus_retry: HTTP 429 Too Many Requests: slow down",
    ),
    _overcome(
        "restarting",
        happens="500, 502, 503, then a reset, then answers",
        message="prometheus_retry: HTTP 503 Service Unavailable: an empty answer",
    ),
    _overcome(
        "cut-once",
        happens="the connection is cut in the middle of one answer",
        message="prometheus_retry: the connection broke (",
    ),
    _overcome(
        "garbled-once",
        happens="one answer ends in the middle, one is a page of HTML, one has `warnings`",
        message="prometheus_retry: the answer is broken JSON (Input data was truncated; ",
    ),
)
_same = partial(_overcome, message="backfill finished")
#: Odd samples: the rows are those of a source without them.
ODD_SAMPLES = (
    _same("counter-nan", happens="counters that are NaN now and then"),
    _same("counter-infinite", happens="counters that are +Inf now and then"),
    _same("counter-negative", happens="counters that are negative now and then"),
    _same("ha-pair", happens="every series twice, from two Prometheus servers (HA)"),
    _same("two-kube-state-metrics", happens="two kube-state-metrics"),
    _same(
        "relabelled",
        happens="labels of the scrape, or the driver's version, change in the middle of a period",
    ),
    _overcome(
        "exporter-renamed",
        happens="the job that scrapes the GPUs gets another name in the middle of an hour",
        message="backfill finished",
        after="every period; tokens, energy and total cost are exact, of the GPU-time of that hour "
        "the longer part counts and the rest is `__unobserved__`, with Completeness below 1",
    ),
    _same("clock-ahead", happens="the source's clock is ahead: it has samples of the future"),
    _overcome(
        "clock-behind",
        happens="the source's clock, or its ingestion, is behind by more than "
        "COLLECTION_SETTLE_MINUTES",
        message="backfill finished",
        after="every period, the latest as far as the source showed it, with Completeness below 1",
        next_run="replaces the latest by the whole one, within COLLECTION_LOOKBACK_HOURS",
    ),
)

FAULTS: tuple[Fault, ...] = (*UNUSABLE, *STOPPING, *FAILING, *POORER, *OVERCOME, *ODD_SAMPLES)
