"""Answers and dumps with any byte changed: a right result or a clear fault, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exporter.periods import HOUR_SECONDS, HourRange
from exporter.sources.exposition import BadLine, read_block, read_series
from exporter.sources.faults import Fault
from exporter.sources.replies import (
    checked,
    hourly_of,
    instant_of,
    names_of,
    raw_of,
    status_of,
)
from tests.faults.hostile_names import HOSTILE, START, hostile_fleet
from tests.faults.measured import note
from tests.servers import REPOSITORY

HOURS = HourRange(START, START + 3 * HOUR_SECONDS)
RUNS = 200_000


def reply(kind: str, *results: object) -> bytes:
    return json.dumps(
        {"status": "success", "data": {"resultType": kind, "result": results}}
    ).encode()


def _ranged(name: str, value: str) -> dict[str, object]:
    points = [[START + hour * HOUR_SECONDS, value] for hour in (1, 2, 3)]
    return {"metric": {"__name__": "a", "pod": name}, "values": points}


#: Answers of the forms that servers give.
ANSWERS: Sequence[bytes] = (
    *(reply("matrix", *(_ranged(name, "1.5") for name in HOSTILE[n : n + 3])) for n in (0, 9, 27)),
    reply("matrix", _ranged("NaN", "NaN"), _ranged("inf", "+Inf"), _ranged("big", "1e+308")),
    reply("matrix"),
    reply("vector", {"metric": {}, "value": [START, "2"]}),
    b'{"status":"success","data":["a","b"]}',
    b'{"status":"success","data":{"storageRetention":"15d"}}',
    b'{"status":"error","errorType":"execution","error":"too many samples"}',
    b'{"status":"success","isPartial":true,"warnings":["x"],"data":{"resultType":"matrix",'
    b'"result":[]}}',
    b"<html>502 Bad Gateway</html>",
)
DUMPS: Sequence[bytes] = (
    hostile_fleet(HOSTILE[:3], hours=1).text[:4000].rpartition(b"\n")[0] + b"\n",
    b'a{b="c"} 1 1790812800\na{b="c"} NaN 1790812860.5 # {t="x"} 1 1\n'
    b'{"a.b",c="d"} +Inf 1\n# EOF\n',
)


def read_answer(body: bytes) -> None:
    """Each way in which an answer is read; a Fault is what each may raise."""
    readings: tuple[Callable[[bytes], object], ...] = (
        lambda text: hourly_of(checked(text), HOURS).values,
        lambda text: raw_of(checked(text), START, HOURS.end).times_ms,
        lambda text: instant_of(checked(text)),
        names_of,
        status_of,
    )
    for read in readings:
        try:
            read(body)
        except Fault as fault:
            said = str(fault)
        else:
            said = ""
        assert "\n" not in said


def read_dump(text: bytes) -> None:
    """A dump's lines and then its series."""
    try:
        block = read_block(text if text.endswith(b"\n") else text + b"\n")
    except BadLine:
        return
    assert len(block.line) == len(block.series) == len(block.times_ms) == len(block.values)
    assert np.all(np.abs(block.times_ms) < 1e14)
    for series in block.texts:
        try:
            name, labels = read_series(series)
        except ValueError:
            continue
        assert name
        assert "".join([name, *labels, *labels.values()]).encode()
        assert all(labels.values())


@st.composite
def mutations(draw: st.DrawFn, texts: Sequence[bytes]) -> bytes:
    """One of the texts, in which a few pieces are left out, repeated or replaced."""
    text = draw(st.sampled_from(texts))
    pieces = st.binary(max_size=4) | st.sampled_from(
        [b"null", b"1e999", b"NaN", b"-1", b'"', b"[", b"{}", b"\\", b"\xff", b"\0", b"\n", b" "]
    )
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 6)))
        text = text[:start] + draw(pieces) + text[end:]
    return text


@settings(max_examples=200)
@given(mutations(ANSWERS))
@example(reply("matrix", {"metric": {}, "values": [["NaN", "1"]]}))
@example(reply("matrix", {"metric": {}, "values": [[1e300, "1"]]}))
@example(reply("matrix", {"metric": {}, "values": [["inf", "1"]]}))
@example(reply("vector", {"metric": {}, "value": [1e999, "x"]}))
def test_a_changed_answer_is_read_or_refused(body: bytes) -> None:
    read_answer(body)


@settings(max_examples=200)
@given(mutations(DUMPS))
@example(b"a 1 NaN\n")
@example(b"a 1 1e300\n")
@example(b"a 1 -1\n")
@example(b'a{b="\\x"} 1 1\n')
@example(b'a{b="\\Uffffffff"} 1 1\n')
@example(b'a{b="\\ud800"} 1 1\n')
@example(b"\n\n\n")
@example(b"")
def test_a_changed_dump_is_read_or_refused(text: bytes) -> None:
    read_dump(text)


FUZZ = """
import sys, warnings
warnings.simplefilter("error")
import atheris
with atheris.instrument_imports(include=["exporter.sources"]):
    import exporter.sources.exposition, exporter.sources.replies, exporter.sources.faults
from tests.faults import test_fuzz_answers as tests
atheris.Setup([sys.argv[0], f"-runs={sys.argv[2]}", "-seed=7", "-max_len=4096", "-timeout=20",
    "-rss_limit_mb=2048", "-verbosity=0", sys.argv[3]], getattr(tests, sys.argv[1]))
atheris.Fuzz()
"""


@pytest.mark.long
@pytest.mark.parametrize(("target", "texts"), [("read_answer", ANSWERS), ("read_dump", DUMPS)])
def test_atheris_finds_nothing(
    target: str, texts: Sequence[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Hundreds of thousands of inputs, led by which lines of the decoders they reach."""
    pytest.importorskip("atheris", reason="NOT TESTED: atheris has no wheel for this machine")
    corpus = tmp_path_factory.mktemp("corpus")
    for number, text in enumerate(texts):
        (corpus / f"{number}").write_bytes(text)
    done = subprocess.run(
        [sys.executable, "-c", FUZZ, target, f"{RUNS}", str(corpus)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    note(f"fuzz {target}", inputs=RUNS)
