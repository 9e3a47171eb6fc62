from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from exporter.errors import ConfigurationError, UnreadablePeriod, UnusableError
from exporter.sources.access import PrometheusAccess
from exporter.sources.api import PrometheusApi
from exporter.sources.census import CountQuery, Group
from exporter.sources.dump_census import DumpCensus
from exporter.sources.prometheus_census import PrometheusCensus
from exporter.sources.promql import count_text
from exporter.sources.series import Matcher
from tests.unit.sources.answers import (
    NOON,
    URL,
    Answer,
    FakeServer,
    failure,
    in_turn,
    success,
    text_answer,
    vector,
)


def census(server: FakeServer) -> PrometheusCensus:
    access = PrometheusAccess(url=URL, concurrency=1, max_retries=1)
    transport = httpx.MockTransport(server)
    return PrometheusCensus(access, transport=transport, sleep=server.pauses.append)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (CountQuery("up", NOON, 600), "count(last_over_time(up[600s]))"),
        (
            CountQuery("up", NOON, 600, ("job",), (Matcher("pod", "=~", "a.*"),), latest=0.0),
            'count by (job) (last_over_time(up{pod=~"a.*"}[600s]) == 0.0)',
        ),
        (
            CountQuery("m", NOON, 3600, ("node",), distinct=("UUID", "uuid")),
            "count by (node) (count by (node,UUID,uuid) (last_over_time(m[3600s])))",
        ),
    ],
)
def test_a_question_is_one_small_instant_query(query: CountQuery, text: str) -> None:
    assert count_text(query) == text


def test_a_label_that_promql_cannot_hold_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="label name 'a-b' cannot stand in a query"):
        count_text(CountQuery("m", NOON, 60, ("a-b",)))


def test_counts_come_with_their_labels() -> None:
    series = [{"metric": {"node": "a"}, "value": [NOON, "3"]}, {"metric": {}, "value": [NOON, "1"]}]
    server = FakeServer(lambda _: success("vector", series))
    with closing(census(server)) as found:
        answer = found.count([CountQuery("m", NOON, 60, ("node",))])
    assert answer == [[Group({"node": "a"}, 3), Group({}, 1)]]
    assert server.forms[0]["time"] == f"{NOON}"


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (failure(422, "parse error"), UnreadablePeriod, "Prometheus query count.*parse error"),
        (failure(401, "x"), UnusableError, "refused the access"),
        (
            text_answer(200, "<html>Log in"),
            UnreadablePeriod,
            "not JSON of a Prometheus API: <html>",
        ),
        (httpx.ConnectError("x"), UnusableError, "cannot be reached"),
    ],
    ids=["query", "access", "page", "connection"],
)
def test_a_count_that_is_not_answered(answer: Answer, error: type[Exception], says: str) -> None:
    with closing(census(FakeServer(in_turn(answer)))) as found, pytest.raises(error, match=says):
        found.count([CountQuery("m", NOON, 60)])


def test_the_time_is_the_server_s_own() -> None:
    server = FakeServer(in_turn(vector(f"{NOON}.6")))
    with closing(census(server)) as found:
        assert found.now() == NOON + 1
    assert "time" not in server.forms[0]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (text_answer(502, "bad gateway"), "HTTP 502 Bad Gateway: bad gateway; the next run tries"),
        (text_answer(200, "<html>"), "the answer is not JSON"),
    ],
)
def test_a_server_that_cannot_tell_the_time_is_no_source(answer: Answer, says: str) -> None:
    server = FakeServer(in_turn(answer))
    with closing(census(server)) as found, pytest.raises(UnreadablePeriod, match=says):
        found.now()
    assert len(server.pauses) == 1


def status_server(answers: dict[str, Answer]) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.method == "GET"
        found = answers[request.url.path.rpartition("/")[2]]
        if isinstance(found, Exception):
            raise found
        return found

    return httpx.MockTransport(answer)


def page(**data: object) -> httpx.Response:
    return httpx.Response(200, json={"status": "success", "data": data})


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        (page(version="2.42.0", goVersion="go1.19", count=7), "2.42.0"),
        (page(version="2.14.0", application="Grafana Mimir"), "Grafana Mimir 2.14.0"),
        (page(revision="x"), None),
        (text_answer(404, "no such page"), None),
        (text_answer(200, "<html>"), None),
        (httpx.ReadTimeout("x"), None),
    ],
    ids=["prometheus", "mimir", "without", "missing", "html", "slow"],
)
def test_the_version_is_told_or_not(answer: Answer, version: str | None) -> None:
    transport = status_server({"buildinfo": answer})
    with closing(PrometheusCensus(PrometheusAccess(url=URL), transport=transport)) as found:
        assert found.version() == version


def test_the_retention_is_told_or_not() -> None:
    for answer, told in ((page(storageRetention="15d"), "15d"), (page(storageRetention=""), None)):
        transport = status_server({"runtimeinfo": answer})
        with closing(PrometheusCensus(PrometheusAccess(url=URL), transport=transport)) as found:
            assert found.retention() == told


def test_label_names_are_asked_for_one_metric() -> None:
    def labels(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/api/v1/labels"
        assert request.url.params["match[]"] == 'm{cluster="eu"}'
        return httpx.Response(200, json={"status": "success", "data": ["__name__", "node"]})

    access = PrometheusAccess(url=URL)
    with closing(PrometheusCensus(access, transport=httpx.MockTransport(labels))) as found:
        condition = (Matcher("cluster", "=", "eu"),)
        found_names = found.label_names("m", NOON, 3600, condition)
    assert found_names == frozenset({"__name__", "node"})


def test_a_server_that_lists_no_labels_does_not_know_them() -> None:
    with closing(census(FakeServerOfLabels(failure(400, "unknown parameter")))) as found:
        assert found.label_names("m", NOON, 3600) is None


def test_labels_that_are_answered_in_part_are_not_believed() -> None:
    partial = httpx.Response(
        200, json={"status": "success", "data": ["a"], "warnings": ["a store is away"]}
    )
    found = census(FakeServerOfLabels(partial))
    with closing(found), pytest.raises(UnreadablePeriod, match="a store is away"):
        found.label_names("m", NOON, 3600)


class FakeServerOfLabels(FakeServer):
    """Gives one answer to everything; a question for labels is no query."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(lambda _: answer)
        self._one = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if isinstance(self._one, Exception):
            raise self._one
        return self._one


def test_a_page_that_never_ends_is_given_up() -> None:
    """The time of the whole answer is bounded, not only that of its pieces."""
    seconds = iter(range(0, 10_000, 40))

    def endless() -> Iterator[bytes]:
        while True:
            yield b" "

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=endless())

    access = PrometheusAccess(url=URL)
    api = PrometheusApi(
        access, transport=httpx.MockTransport(answer), clock=lambda: float(next(seconds))
    )
    with closing(api):
        assert api.status("buildinfo") == {}


DUMP = """\
# TYPE up gauge
up{job="a",instance="1",pod=""} 0 1773143700
up{job="a",instance="1",pod=""} 1 1773144000
up{job="a",instance="2"} 0 1773143990
up{job="b",instance="3"} 1 1773100000
# TYPE m gauge
m{UUID="x",node="n"} 1 1773143000.5
m{UUID="x",node="n",pod="p"} 1 1773143990
m{UUID="y",node="n"} 1 1773143990
# EOF
"""


@pytest.fixture
def dump(tmp_path: Path) -> Iterator[DumpCensus]:
    file = tmp_path / "dump.om"
    file.write_text(DUMP)
    with closing(DumpCensus(file)) as found:
        yield found


@pytest.mark.parametrize(
    ("query", "groups"),
    [
        (CountQuery("up", NOON, 600), [Group({}, 2)]),
        (CountQuery("up", NOON, 600, ("job", "pod")), [Group({"job": "a"}, 2)]),
        (CountQuery("up", NOON, 600, ("instance",), latest=0.0), [Group({"instance": "2"}, 1)]),
        (CountQuery("m", NOON, 3600, ("node",)), [Group({"node": "n"}, 3)]),
        (CountQuery("m", NOON, 3600, ("node",), distinct=("UUID",)), [Group({"node": "n"}, 2)]),
        (CountQuery("m", NOON, 600, (), (Matcher("pod", "!=", ""),)), [Group({}, 1)]),
        (CountQuery("nothing", NOON, 600), []),
    ],
)
def test_a_dump_is_counted_alike(dump: DumpCensus, query: CountQuery, groups: list[Group]) -> None:
    assert dump.count([query]) == [groups]


def test_a_dump_ends_with_its_newest_sample(dump: DumpCensus) -> None:
    assert (dump.now(), dump.version(), dump.retention()) == (NOON, None, None)
    assert dump.label_names("m", NOON, 3600) == frozenset({"UUID", "node", "pod"})


def test_an_empty_dump_has_no_end(tmp_path: Path) -> None:
    file = tmp_path / "empty.om"
    file.write_text("# EOF\n")
    with closing(DumpCensus(file)) as found:
        assert found.now() is None
