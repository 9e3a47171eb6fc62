from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.sources.exposition import BadLine, read_block, read_series
from exporter.sources.series import Labels

Read = tuple[bytes, int, float]


def read(*lines: str) -> list[Read]:
    """Series text, milliseconds and value of each sample."""
    block = read_block(("\n".join(lines) + "\n").encode())
    return [
        (block.texts[series], time, value)
        for series, time, value in zip(
            block.series.tolist(), block.times_ms.tolist(), block.values.tolist(), strict=True
        )
    ]


def test_samples_come_in_the_order_of_their_lines() -> None:
    assert read(
        "# HELP m help me 1 2",
        "# TYPE m counter",
        'm_total{pod="a"} 1 10',
        "",
        'm_total{pod="b"} 2.5 10.5',
        'm_total{pod="a"} 3 20.001',
        "bare 4 30",
        "# EOF",
    ) == [
        (b'm_total{pod="a"}', 10_000, 1.0),
        (b'm_total{pod="b"}', 10_500, 2.5),
        (b'm_total{pod="a"}', 20_001, 3.0),
        (b"bare", 30_000, 4.0),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0.0),
        ("-1.5", -1.5),
        ("1e+06", 1e6),
        ("1.7976931348623157e308", 1.7976931348623157e308),
        ("0.1", 0.1),
        ("+Inf", math.inf),
        ("-Inf", -math.inf),
    ],
)
def test_values_are_exactly_those_written(text: str, value: float) -> None:
    assert read(f"m {text} 1", f"m {text} 2 # {{}} 1")[0][2] == value
    assert read(f"m {text} 2 # {{}} 1")[0][2] == value


def test_a_value_that_is_no_number_is_read_as_such() -> None:
    assert all(math.isnan(value) for _, _, value in read("m NaN 1", "m nan 2 # {} 1"))


@pytest.mark.parametrize(
    ("seconds", "milliseconds"),
    [
        ("1773144000.001", 1_773_144_000_001),
        ("1773144000.0005", 1_773_144_000_000),
        ("1773144000.0006", 1_773_144_000_001),
        ("1.773144e+09", 1_773_144_000_000),
        ("-1.5", -1500),
        ("0", 0),
    ],
)
def test_times_are_rounded_to_milliseconds(seconds: str, milliseconds: int) -> None:
    assert read(f"m 1 {seconds}")[0][1] == milliseconds


@pytest.mark.parametrize(
    ("line", "sample"),
    [
        (
            'b_bucket{le="0.5",a="# {x=\\"1\\"} 7 8"} 3 10.5 # {trace_id="ab c"} 0.43 10.1',
            (b'b_bucket{le="0.5",a="# {x=\\"1\\"} 7 8"}', 10_500, 3.0),
        ),
        ("c_total 3 10.5 # {} 0.43", (b"c_total", 10_500, 3.0)),
        ("c_total 3 10.5 # {} 1 2", (b"c_total", 10_500, 3.0)),
    ],
)
def test_exemplars_are_passed_over(line: str, sample: Read) -> None:
    assert read(line) == [sample]


def test_a_comment_that_looks_like_a_sample_is_none() -> None:
    assert read("# HELP 1 2", "#m 3 4", "m 5 6") == [(b"m", 6000, 5.0)]


def test_a_hash_or_a_space_or_a_brace_in_a_label_is_part_of_it() -> None:
    assert read('m{a="x # y } z 1 2"} 5 6', 'm{a="x } 3 4"} 7 8') == [
        (b'm{a="x # y } z 1 2"}', 6000, 5.0),
        (b'm{a="x } 3 4"}', 8000, 7.0),
    ]


def test_lines_of_other_systems_are_read() -> None:
    lines = ['m{a="1"} 5 6\r', "m{} 7 8\r", "m\t9\t10", "m  11   12 "]
    assert [(time, value) for _, time, value in read(*lines)] == [
        (6000, 5.0),
        (8000, 7.0),
        (10_000, 9.0),
        (12_000, 11.0),
    ]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('m{a="1"} 5', "a sample without its time: 'm{a=\"1\"} 5'"),
        ("m 5", "a sample without its time: 'm 5'"),
        ('m{a="1 2"} 5', "a sample without its time: 'm{a=\"1 2\"} 5'"),
        ("m five 6", "could not convert string to float: 'five': 'm five 6'"),
        ("m 5 noon", "could not convert string to float: 'noon': 'm 5 noon'"),
        ("m 1_000 6", "not `name{labels} value seconds`: 'm 1_000 6'"),
        ('m{a="1} 5 6 # x', "not `name{labels} value seconds`: 'm{a=\"1} 5 6 # x'"),
        ("word", "not `name{labels} value seconds`: 'word'"),
        ("m 5 1773144000000", "1.77314e+12 is not a time in seconds since 1970"),
        ("m 5 NaN", "nan is not a time in seconds since 1970"),
    ],
)
def test_a_line_that_is_no_sample_is_named(line: str, text: str) -> None:
    with pytest.raises(BadLine) as raised:
        read("# a comment", "good 1 2", line, "good 3 4")
    assert (raised.value.number, str(raised.value)) == (2, text)


@pytest.mark.parametrize(
    ("text", "name", "labels"),
    [
        ("m", "m", {}),
        ("m{}", "m", {}),
        ('m{a="1",b="2"}', "m", {"a": "1", "b": "2"}),
        ('m{ a = "1" , b="2", }', "m", {"a": "1", "b": "2"}),
        ('m{a="",b="2"}', "m", {"b": "2"}),
        ('vllm:m_total{a="x,y}{= z"}', "vllm:m_total", {"a": "x,y}{= z"}),
        (r'm{a="q\"b\\n\nl"}', "m", {"a": 'q"b\\n\nl'}),
        (r'm{a="\t\r\x00\u00a0\U0001f680\d"}', "m", {"a": "\t\r\x00\u00a0🚀d"}),
        ('{"my.metric","my.label"="1",b="2"}', "my.metric", {"my.label": "1", "b": "2"}),
        ('my.metric{"my.label"="1"}', "my.metric", {"my.label": "1"}),
    ],
)
def test_series_are_read_as_written(text: str, name: str, labels: Labels) -> None:
    assert read_series(text.encode()) == (name, labels)


@pytest.mark.parametrize(
    "text",
    [
        *('m{a="1"', "m{a=1}", "m{a}", "m{1}", 'm{a="1" b="2"}', 'm{a="1"}x', 'm x{a="1"}'),
        *(r'm{a="\Uffffffff"}', r'm{a="\ud800"}'),
        *("{a}", '{a="1"}', 'm{a="1",a="2"}', 'm{"n"}', 'm{a="1}', "", 'm{="1"}'),
    ],
)
def test_what_is_no_series_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"label|metric|not `name|no character"):
        read_series(text.encode())


@given(
    st.dictionaries(
        st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]*", fullmatch=True),
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
        max_size=3,
    )
)
def test_any_label_value_survives(labels: Labels) -> None:
    pairs = ",".join(
        f'{name}="{value}"'
        for name, value in (
            (name, value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n"))
            for name, value in labels.items()
        )
    )
    (sample,) = read(f"m{{{pairs}}} 5 6")
    assert read_series(sample[0]) == ("m", labels)
    assert sample[1:] == (6000, 5.0)
