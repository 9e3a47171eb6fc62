"""Whether documents agree: names are unique, references lead somewhere, money is as set."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from exporter.documents.entries import Entry
from exporter.documents.faults import shown
from exporter.documents.kinds import CostProfile, UsageReport
from exporter.documents.rate_card import CURRENCY
from exporter.periods import rfc3339

#: A profile's name and namespace (None: without one).
ProfileKey = tuple[str, str | None]

#: The report that writes what no other report names.
IMPLICIT_REPORT = "default"

#: The kinds of which one document applies to everything, and what to do about a second one.
_ONLY_ONE = {"CloudPricing": "keep one price list", "RateCard": "keep one rate card"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a command wants of the documents: whether it prices with profiles, and its RateCard.

    A currency of null is not known.
    """

    currency: str | None = None
    card_needed: bool = False
    profiles_needed: bool = True


def resolve(
    reference: str, namespace: str | None, known: Collection[ProfileKey]
) -> ProfileKey | None:
    """The profile a report means: in its own namespace, then without one; null if neither is."""
    candidates: tuple[ProfileKey, ...] = ((reference, namespace), (reference, None))
    return next((key for key in candidates if key in known), None)


def name_faults(entries: Sequence[Entry]) -> Iterator[str]:
    """Documents that have the identity of an earlier one, or a reserved name."""
    first: dict[object, Entry] = {}
    for entry in entries:
        if entry.kind == "UsageReport" and entry.name == IMPLICIT_REPORT:
            yield (
                f'{entry.place}: metadata.name: "{IMPLICIT_REPORT}" is taken by the report '
                "that writes what no other report names, choose another name"
            )
        if entry.document is None and entry.kind not in _ONLY_ONE:
            continue
        earlier = first.setdefault(_identity(entry), entry)
        if earlier is not entry:
            yield f"{entry.place}: is the same as {earlier.place}, {_remedy(entry)}"


def _identity(entry: Entry) -> object:
    if entry.kind in _ONLY_ONE:
        return entry.kind
    if isinstance(entry.document, CostProfile):
        return entry.kind, entry.name, entry.namespace, entry.document.spec.valid_from
    return entry.kind, entry.name, entry.namespace


def _remedy(entry: Entry) -> str:
    if isinstance(entry.document, CostProfile):
        start = entry.document.spec.valid_from
        since = (
            "both without spec.validFrom" if start is None else f"both valid from {rfc3339(start)}"
        )
        return f"{since}; remove one or give it a spec.validFrom of its own"
    return _ONLY_ONE.get(entry.kind, "remove or rename one")


def reference_faults(entries: Sequence[Entry]) -> Iterator[str]:
    """Reports whose profile is not there; a profile with faults of its own counts as there."""
    profiles = {(e.name, e.namespace) for e in entries if e.kind == "CostProfile"}
    known = ", ".join(sorted("/".join(filter(None, [space, name])) for name, space in profiles))
    for entry in entries:
        if isinstance(entry.document, UsageReport):
            reference = entry.document.spec.cost_profile_ref
            if resolve(reference, entry.namespace, profiles) is None:
                where = (
                    f"in namespace {entry.namespace} or without one"
                    if entry.namespace
                    else "without namespace"
                )
                yield (
                    f"{entry.place}: spec.costProfileRef: got {shown(reference)}, "
                    f"expected the name of a CostProfile {where}; there are: {known or 'none'}"
                )


def catch_all_faults(entries: Sequence[Entry]) -> Iterator[str]:
    """Profiles without nodeSelector besides another one: both would stand for every node."""
    first: CostProfile | None = None
    for entry in entries:
        profile = entry.document
        if not isinstance(profile, CostProfile) or profile.spec.node_selector:
            continue
        first = first or profile
        if (profile.name, profile.namespace) != (first.name, first.namespace):
            yield (
                f"{entry.place}: spec.nodeSelector: is empty, as that of {first.name}; "
                "only one profile may stand for all nodes, name the labels of this one's nodes"
            )


def currency_faults(entries: Sequence[Entry], terms: Terms) -> Iterator[str]:
    """Rate cards in another currency than the billing currency, also those with other faults."""
    for entry in entries:
        if entry.kind != "RateCard" or not isinstance(entry.body, dict) or terms.currency is None:
            continue
        try:
            currency = CURRENCY.convert(entry.body.get("currency"))
        except ValueError:  # a fault of its own
            continue
        if currency != terms.currency:
            yield (
                f"{entry.place}: {entry.prefix}currency: got {shown(currency)}, expected "
                f"{terms.currency}, the FOCUS_BILLING_CURRENCY; write the prices in that"
            )


def missing_card_faults(path: Path, entries: Sequence[Entry], terms: Terms) -> Iterator[str]:
    """No rate card at all where one is needed; one with faults counts as there."""
    if terms.card_needed and not any(entry.kind == "RateCard" for entry in entries):
        yield (
            f"FOCUS_BILLED_COST: got contracted, expected cost, since there is no RateCard in "
            f"{path}; add one, or set FOCUS_BILLED_COST=cost"
        )
