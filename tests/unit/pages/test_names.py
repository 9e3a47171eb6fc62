from __future__ import annotations

import pytest

from exporter.chargeback.figures import Nobodys
from exporter.pages.names import Name, key_words, lower_first, name, readable, shortened


@pytest.mark.parametrize(
    ("value", "key", "expected"),
    [
        ("research", "namespace", ("research", "research", True)),
        ("__idle__", "tag:team", ("__idle__", "__idle__", True)),
        ("(none)", "tag:team", ("(none)", "(none)", True)),
        (None, "cost-profile", ("no cost profile", "no cost profile", False)),
        (None, "tag:Cost-Center", ("no tag Cost-Center", "no tag Cost-Center", False)),
        ("a\x00b\x1b[1m", "model", ("a\ufffdb\ufffd[1m",) * 2 + (True,)),
    ],
)
def test_names_of_users_and_words_of_ours(
    value: str | None, key: str, expected: tuple[str, str, bool]
) -> None:
    shown = name(value, key)
    assert (shown.text, shown.full, shown.given) == expected


def test_time_that_nobody_had_has_words_of_ours_in_its_own_lines_only() -> None:
    idle, unobserved = Nobodys.IDLE, Nobodys.UNOBSERVED
    assert name("__idle__", "tag:team", idle) == Name("Idle", "__idle__", given=False)
    found = name("__unobserved__", "namespace", unobserved)
    assert found == Name("Unobserved", "__unobserved__", given=False)
    assert name("h100-pool", "cost-profile", idle).given
    assert name(None, "model", idle).text == "no model"


def test_keys_are_told_in_words() -> None:
    keys = ("sub-account", "namespace", "model", "cost-profile", "cluster", "tag:team")
    words = ["Sub-account", "Namespace", "Model", "Cost profile", "Cluster", "Tag team"]
    assert [key_words(key) for key in keys] == words
    assert lower_first("Tag CostCenter") == "tag CostCenter"


def test_what_no_document_can_hold_is_replaced() -> None:
    assert readable("tab\tnull\0") == "tab\ufffdnull\ufffd"
    assert readable("half\ud800 last\uffff") == "half\ufffd last\ufffd"
    assert readable("שלום {{x}} 😀 <b>") == "שלום {{x}} 😀 <b>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("twelve signs", "twelve signs"),
        ("other than twelve signs", "other than t…"),
        ("CAPITALS NEED ROOM", "CAPITALS…"),
        ("宽的字符需要更多空间", "宽的字符需要…"),
        ("nobody and no one", "nobody and…"),
        ("0123456789e\u0301tude", "0123456789e\u0301…"),
        ("01234567👩\u200d🔬 lab", "01234567…"),
    ],
)
def test_a_long_name_is_cut_between_two_signs(text: str, expected: str) -> None:
    assert shortened(text, 12) == expected
