"""Names that users gave, as the page shows them: nothing of theirs can change the page.

Whatever they hold is text: Jinja2 and the writer of the drawings escape it. Left to do here are
characters that no document may hold, and length.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from exporter.chargeback.figures import Nobodys
from exporter.focus.names import IDLE, UNOBSERVED

_ELLIPSIS = "…"
#: Room in small letters, of signs that need more or less than one; as in wide system fonts.
_ROOM = dict.fromkeys("#%+<=>@MW_mw~", 1.75)
_ROOM |= dict.fromkeys("()-/[]frt", 0.7) | dict.fromkeys(" !'.,:;ijl|", 0.55)
_JOINER = "\N{ZERO WIDTH JOINER}"
_KEYS = {
    "sub-account": "Sub-account",
    "namespace": "Namespace",
    "model": "Model",
    "cost-profile": "Cost profile",
    "cluster": "Cluster",
}
_NOBODYS = {Nobodys.IDLE: (IDLE, "Idle"), Nobodys.UNOBSERVED: (UNOBSERVED, "Unobserved")}
_TAG = "tag:"


@dataclass(frozen=True, slots=True)
class Name:
    """A name to show; `full` is the whole of it, `given` tells that a user chose it."""

    text: str
    full: str
    given: bool

    def within(self, most: int) -> str:
        """In the room of so many small letters, with an ellipsis where some were cut."""
        return shortened(self.text, most)


def name(value: str | None, key: str, nobodys: Nobodys | None = None) -> Name:
    """What a key's value is called; null, idle and unobserved in words of ours.

    `nobodys` is that of the value's line: a tag may be spelled as idle time is.
    """
    if value is None:
        words = f"no {lower_first(key_words(key))}"
        return Name(words, words, given=False)
    if (stands := stands_for(value, nobodys)) is not None:
        return Name(_NOBODYS[stands][1], value, given=False)
    return Name(readable(value), readable(value), given=True)


def key_words(key: str) -> str:
    """`Sub-account`, or `Tag team`."""
    return f"Tag {_of_tag(key)}" if key.startswith(_TAG) else _KEYS[key]


def lower_first(words: str) -> str:
    """For the middle of a sentence; a tag's key keeps its spelling."""
    return words[:1].lower() + words[1:]


def stands_for(value: str | None, nobodys: Nobodys | None) -> Nobodys | None:
    """What GPU-time that nobody held or nobody saw a value of such a line is the name of."""
    return None if nobodys is None or value != _NOBODYS[nobodys][0] else nobodys


def readable(text: str) -> str:
    """The text without characters that an HTML or XML document cannot hold."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _unfit(sign) else sign for sign in text)


def shortened(text: str, most: float) -> str:
    """Not cut inside what is one sign to the eye, such as a letter and its accent.

    `most` is the room in small letters: drawings are made where no font can be asked.
    """
    ends = list(accumulate(map(_room, text)))
    if not ends or ends[-1] <= most:
        return text
    end = bisect_right(ends, most - 1)
    while end > 1 and _belongs_before(text, end):
        end -= 1
    return text[:end].rstrip() + _ELLIPSIS


def _room(sign: str) -> float:
    if unicodedata.combining(sign):
        return 0
    if unicodedata.east_asian_width(sign) in "WF":
        return 1.75
    return _ROOM.get(sign, 1.3 if sign.isupper() else 1)


def _of_tag(key: str) -> str:
    return readable(key.removeprefix(_TAG))


def _unfit(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cs") or ord(sign) & 0xFFFE == 0xFFFE


def _belongs_before(text: str, at: int) -> bool:
    """Whether the character at a place is drawn as one with the one before it."""
    marks = ("Mn", "Me", "Mc", "Sk")
    joined = _JOINER in (text[at - 1], text[at])
    return joined or unicodedata.category(text[at]) in marks
