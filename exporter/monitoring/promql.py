"""Pieces of PromQL in which no name can become part of the expression."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

#: As many digits as a float keeps.
_DIGITS = Context(prec=17, rounding=ROUND_HALF_EVEN)
_GLOB_PART = re.compile(r"\*|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)
_SET_PART = re.compile(r"(.)-(.)|(.)", re.DOTALL)
_NOTHING, _ANYTHING = r"[^\s\S]", r"[\s\S]"


def quoted(text: str) -> str:
    """A string of PromQL: JSON's escapes are among those of PromQL, which are Go's."""
    return json.dumps(text, ensure_ascii=False)


def equals(label: str, value: str) -> str:
    """A matcher for one value; the label name must be a valid one."""
    return f"{label}={quoted(value)}"


def matches(label: str, pattern: str) -> str:
    """A matcher for a regular expression, in which names must be literal()."""
    return f"{label}=~{quoted(pattern)}"


def selected(metric: str, matchers: Iterable[str]) -> str:
    """A metric with matchers, if there are any."""
    inside = ",".join(matchers)
    return f"{metric}{{{inside}}}" if inside else metric


def literal(text: str) -> str:
    """A text as a regular expression that matches nothing else."""
    return re.escape(text).replace(r"\-", "-")


def glob_pattern(glob: str) -> str:
    """A glob (`*`, `?`, `[…]`) as a regular expression; PromQL anchors it at both ends."""
    return "".join(_glob_part(part) for part in _GLOB_PART.findall(glob))


def _glob_part(part: str) -> str:
    if part in ("*", "?"):
        return ".*" if part == "*" else "."
    if len(part) == 1:
        return literal(part)
    negated = part.startswith("[!")
    inside = "".join(_set_part(*found) for found in _SET_PART.findall(part[1 + negated : -1]))
    if not inside:
        return _ANYTHING if negated else _NOTHING
    return f"[{'^' if negated else ''}{inside}]"


def _set_part(first: str, last: str, single: str) -> str:
    """Characters of a set; a range that runs backwards is none, and Go would refuse it."""
    if single:
        return _in_set(single)
    return f"{_in_set(first)}-{_in_set(last)}" if first <= last else ""


def _in_set(character: str) -> str:
    return f"\\{character}" if character in r"\]^[-&~|" else character


def decimal_text(value: Decimal) -> str:
    """A number without an exponent, to 17 significant digits."""
    shortened = _DIGITS.plus(value).normalize(_DIGITS)
    return format(shortened, "f")


@dataclass(frozen=True, slots=True)
class Grouping:
    """The labels by which series are kept apart; with a cluster label that one is always there."""

    cluster_label: str | None = None

    def labels(self, *names: str) -> str:
        """`(cluster, a, b)`."""
        cluster = () if self.cluster_label is None else (self.cluster_label,)
        return f"({', '.join((*cluster, *names))})"

    def by(self, *names: str) -> str:
        """`by (cluster, a, b)`."""
        return f"by {self.labels(*names)}"

    def on(self, *names: str) -> str:
        """`on (cluster, a, b)`."""
        return f"on {self.labels(*names)}"


def renamed(expression: str, target: str, *sources: str) -> str:
    """The label `target` takes the value of the last of the `sources` that has one."""
    for source in sources:
        expression = f'label_replace({expression}, "{target}", "$1", "{source}", "(.+)")'
    return expression
