"""What must be the same in all rows of all files that share a name.

Source: the pages of SkuPriceId, SkuPriceDetails, ServiceName and BillingAccountName.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.focus.rules.arithmetic import all_usable
from exporter.focus.rules.coded import Codes
from exporter.focus.rules.dataset_rule import Tallies
from exporter.focus.rules.digests import Digests
from exporter.focus.rules.json_cells import NotJsonError, json_object
from exporter.focus.rules.row_rule import Finding
from exporter.focus.rules.rows import Rows
from exporter.focus.rules.rule import Level, Rule

#: How many names one rule remembers; some 200 bytes each, whatever they go with.
MOST_NAMES = 200_000


class OneParent:
    """A rule that every name of one column goes with one value of another, in all files.

    `alike` gives texts that mean the same one form. Names that come after `most` others are not
    compared, which the result says.
    """

    def __init__(
        self,
        rule: Rule,
        child: str,
        parent: str,
        *,
        alike: Callable[[str], str] = str,
        most: int = MOST_NAMES,
    ) -> None:
        self.rules = (rule,)
        self.needs: tuple[str, ...] = (child, parent)
        self.nobody = f"no row has both {child} and {parent}"
        self._alike = alike
        self._most = most
        self._parents: dict[str, int] = {}

    def check(self, rows: Rows, digests: Digests, tallies: Tallies) -> None:
        """Compares the rows with all those before."""
        tally = tallies[self.rules[0].id]
        child, parent = self.needs
        concerned = all_usable(rows, self.needs)
        names, values = rows.texts(child), rows.texts(parent)
        pairs = names.codes[concerned] * (len(values.values) + 1) + values.codes[concerned]
        distinct, which = _distinct(pairs)
        known = [divmod(pair, len(values.values) + 1) for pair in distinct.tolist()]
        wrong = [not self._fits(names.values[one], values.values[two]) for one, two in known]
        broken = rows.none().copy()
        broken[concerned] = np.array([*wrong, False])[which]
        what = f"goes with another {parent} than in a row before"
        tally.add_rows(rows, Finding(concerned, broken), child, what)
        if len(self._parents) >= self._most:
            tally.partly = f"only the first {self._most} values of {child} were compared"

    def end_file(self, tallies: Tallies) -> None:
        """Names are remembered over all files."""

    def finish(self, files: Sequence[str], tallies: Tallies) -> None:
        """Every row was judged when it came."""

    def _fits(self, name: str, value: str) -> bool:
        parent = hash(self._alike(value))
        known = self._parents.get(name)
        if known is None and len(self._parents) < self._most:
            self._parents[name] = parent
        return known is None or known == parent


def _distinct(pairs: Codes) -> tuple[Codes, Codes]:
    """The distinct pairs in their order, and the place of each pair among them."""
    encoded = pc.dictionary_encode(pa.array(pairs))
    found = encoded.dictionary.to_numpy()
    order = np.argsort(found)
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return found[order], places[encoded.indices.to_numpy()]


def parent_rules(version: str) -> Iterator[OneParent]:
    """The rules of a FOCUS version."""
    yield _one("SkuPriceId", "SkuId", Level.ERROR)
    if version in ("1.0", "1.1"):
        yield _one("BillingAccountName", "BillingAccountId", Level.ERROR)
    else:
        yield _one("ServiceName", "ServiceCategory", Level.ERROR)
    if version != "1.0":
        yield _one("ServiceName", "ServiceSubcategory", Level.WARNING)
        level = Level.ERROR if version == "1.1" else Level.WARNING
        yield _one("SkuPriceId", "SkuPriceDetails", level, alike=_sorted)


def _one(child: str, parent: str, level: Level, alike: Callable[[str], str] = str) -> OneParent:
    text = f"Every {child} goes with one {parent}."
    return OneParent(Rule(f"{child}/one-{parent}", level, text), child, parent, alike=alike)


def _sorted(text: str) -> str:
    try:
        return json.dumps(json_object(text), sort_keys=True, default=str)
    except NotJsonError:
        return text
