"""From pods to the models they served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import gcd

import numpy as np

from exporter.cost.charges import Ints
from exporter.cost.parts import Bools, Parts, totals
from exporter.documents.kinds import CostProfile
from exporter.usage.identity import Pod
from exporter.usage.tokens import TokenUsage

#: Entry code of a part whose pod shows no model.
NO_MODEL = -1
#: Weights are whole numbers up to this, fewer digits where tokens times weights would pass 2**62.
_LARGEST_WEIGHT, _LARGEST_SUM = 10**9, 2**62


@dataclass(frozen=True, slots=True)
class Serving:
    """Which rows of a TokenUsage belong to each pod code: rows[start[p] : start[p + 1]]."""

    rows: Ints
    start: Ints


def serving(tokens: TokenUsage, codes: Mapping[Pod, int]) -> Serving:
    """Group the (pod, model) rows by pod code; models in sort order within a pod."""
    owner = np.array([codes[pod] for pod in tokens.pods], np.int64)
    order = sorted(range(len(owner)), key=lambda i: (int(owner[i]), tokens.models[i]))
    # At least one, so that a part of nobody finds an empty group where no pod is known.
    counts = np.bincount(owner, minlength=max(len(codes), 1))
    return Serving(np.array(order, np.int64), np.concatenate([[0], np.cumsum(counts)]))


def weighted_tokens(tokens: TokenUsage, column: int, profile: CostProfile) -> Ints:
    """Tokens of an hour times whole numbers in the ratio of the profile's weights."""
    of_input, of_output = weigh(tokens.input[:, column], tokens.output[:, column], profile)
    return of_input + of_output


def weigh(given: Ints, produced: Ints, profile: CostProfile) -> tuple[Ints, Ints]:
    """Input and output tokens, each times a whole number, in the ratio of the profile's weights."""
    most = min(_LARGEST_WEIGHT, _LARGEST_SUM // max(int((given + produced).sum()), 1))
    weights = profile.spec.allocation.token_weights
    of_given, of_produced = _whole_ratio(weights.input, weights.output, most)
    return given * of_given, produced * of_produced


@lru_cache(maxsize=4096)
def _whole_ratio(one: Decimal, other: Decimal, most: int) -> tuple[int, int]:
    """The smallest whole numbers in a ratio, scaled down where they pass `most`."""
    pair = Fraction(one), Fraction(other)
    # Over both denominators the gcd is one of integers; what is left is the reduced ratio.
    unit = Fraction(
        gcd(pair[0].numerator * pair[1].denominator, pair[1].numerator * pair[0].denominator),
        pair[0].denominator * pair[1].denominator,
    )
    unit = max(unit, max(pair) / most)
    first, second = (round(part / unit) if part else 0 for part in pair)
    return first, second


def or_else(weight: Ints, other: Ints, groups: Ints, count: int) -> Ints:
    """The weights, in groups where none weighs anything the other ones."""
    return np.where(totals(weight, groups, count)[groups] == 0, other, weight)


def plain_tokens(tokens: TokenUsage, column: int) -> Ints:
    """Input and output tokens of each row in an hour."""
    total: Ints = (tokens.input + tokens.output)[:, column]
    return total


def served_anything(tokens: TokenUsage, column: int) -> Bools:
    """Which rows have any count in an hour, be it of requests or of the cache alone."""
    counts = plain_tokens(tokens, column) + (tokens.cached + tokens.requests)[:, column]
    found: Bools = counts > 0
    return found


@dataclass(frozen=True, slots=True)
class Expansion:
    """Parts spread over models: entry i is part `part[i]` for the token row `row[i]` or NO_MODEL.

    `counted` marks the entries that carry the row's tokens, each row once.
    """

    part: Ints
    row: Ints
    weight: Ints
    counted: Bools


def expand(
    parts: Parts,
    tokens: TokenUsage,
    served: Serving,
    column: int,
    profiles: Sequence[CostProfile],
) -> Expansion:
    """Give each pod's part to its models: by weighted tokens, else to those it has loaded, equally.

    A part without any known model, or of nobody, stays one entry. A pod with parts in several pools
    has its tokens in the one where it held the most GPU-time.
    """
    pod = np.maximum(parts.holder, 0)
    begin, end = served.start[pod], served.start[pod + 1]
    count = np.where(parts.holder >= 0, end - begin, 0)
    part = np.repeat(np.arange(len(parts)), count)
    offset = np.arange(len(part)) - np.repeat(np.cumsum(count) - count, count)
    row = served.rows[begin[part] + offset] if len(part) else np.empty(0, np.int64)
    weight = _weights(parts, part, row, tokens, column, profiles)
    active = served_anything(tokens, column)
    main = _main_part(parts)
    counted = active[row] & (main[part] == part) if len(row) else np.empty(0, bool)
    keep = (weight > 0) | counted
    bare = np.flatnonzero(totals(weight, part, len(parts)) == 0)
    return Expansion(
        np.concatenate([part[keep], bare]),
        np.concatenate([row[keep], np.full(len(bare), NO_MODEL)]),
        np.concatenate([weight[keep], np.ones(len(bare), np.int64)]),
        np.concatenate([counted[keep], np.zeros(len(bare), bool)]),
    )


def _weights(
    parts: Parts,
    part: Ints,
    row: Ints,
    tokens: TokenUsage,
    column: int,
    profiles: Sequence[CostProfile],
) -> Ints:
    weight = np.zeros(len(part), np.int64)
    for pool in np.unique(parts.pool[part]).tolist():
        chosen = parts.pool[part] == pool
        weight[chosen] = weighted_tokens(tokens, column, profiles[pool])[row[chosen]]
    weight = or_else(weight, plain_tokens(tokens, column)[row], part, len(parts))
    return or_else(weight, tokens.seen[row, column].astype(np.int64), part, len(parts))


def _main_part(parts: Parts) -> Ints:
    """For each part the part of the same pod with the most GPU-time, the first on a tie."""
    order = np.lexsort((-np.arange(len(parts)), parts.nano_hours, parts.holder))
    last: dict[int, int] = dict(zip(parts.holder[order].tolist(), order.tolist(), strict=True))
    return np.array([last[holder] for holder in parts.holder.tolist()], np.int64)
