"""Input and output tokens of a charge told apart, where they have prices of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from exporter.cost.amounts import block_of, columns_of, split_block
from exporter.cost.charges import Bools, Charges, Ints, Meter, taken
from exporter.cost.models import weigh


def meter_apart(charges: Charges, apart: Bools) -> tuple[Charges, Ints]:
    """One charge for the input and one for the output of each marked charge; others stay whole.

    Also the index of the charge that each of them was. Cost, energy and GPU-time are split by
    weighted tokens, so that they add up exactly; a kind of which there are no tokens has no
    charge. Requests stand with the output, which ends them.
    """
    present = {
        Meter.ALL: ~apart,
        Meter.INPUT: apart & (charges.tokens_input > 0),
        Meter.OUTPUT: apart & (charges.tokens_output > 0),
    }
    marks = np.stack(list(present.values()), axis=1)
    whole, meter = np.nonzero(marks)
    parts = taken(charges, whole)
    block = split_block(block_of(charges), _weights(charges, whole, meter), whole)
    is_input, is_output = meter == Meter.INPUT, meter == Meter.OUTPUT
    ended_elsewhere = is_input & present[Meter.OUTPUT][whole]
    cached_elsewhere = is_output & present[Meter.INPUT][whole]
    amounts: dict[str, Any] = dict(columns_of(block))
    return (
        replace(
            parts,
            **amounts,
            meter=meter,
            tokens_input=np.where(is_output, 0, parts.tokens_input),
            tokens_output=np.where(is_input, 0, parts.tokens_output),
            tokens_cached=np.where(cached_elsewhere, 0, parts.tokens_cached),
            requests=np.where(ended_elsewhere, 0, parts.requests),
        ),
        whole,
    )


def _weights(charges: Charges, whole: Ints, meter: Ints) -> Ints:
    """The weighted tokens of each part; plain ones where the weights leave nothing of a charge."""
    given, produced = _weighted(charges)
    nothing = given + produced == 0
    given = np.where(nothing, charges.tokens_input, given)
    produced = np.where(nothing, charges.tokens_output, produced)
    of_input_or_all = np.where(meter == Meter.INPUT, given[whole], 1)
    return np.where(meter == Meter.OUTPUT, produced[whole], of_input_or_all)


def _weighted(charges: Charges) -> tuple[Ints, Ints]:
    """Input and output tokens of each charge times the weights of its profile."""
    given, produced = charges.tokens_input.copy(), charges.tokens_output.copy()
    for profile in {each for each in charges.profile if each is not None}:
        rows = np.array([each == profile for each in charges.profile], np.bool_)
        given[rows], produced[rows] = weigh(given[rows], produced[rows], profile)
    return given, produced
