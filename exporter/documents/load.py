"""Configuration documents from a file or folder, complete and checked, or every fault at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from exporter.documents.agreement import (
    ProfileKey,
    Terms,
    catch_all_faults,
    currency_faults,
    missing_card_faults,
    name_faults,
    reference_faults,
    resolve,
)
from exporter.documents.entries import Entry, entries_of
from exporter.documents.kinds import CloudPricing, CostProfile, TokenBudget, UsageReport
from exporter.documents.parse import read_documents
from exporter.documents.rate_card import RateCard
from exporter.errors import ConfigurationError

_SUFFIXES = (".yaml", ".yml", ".json")
_EXAMPLE = (
    "{apiVersion: finops.infercost.ai/v1alpha1, kind: CostProfile, metadata: {name: h100}, "
    "spec: {hardware: {gpuModel: NVIDIA H100, gpuCount: 8, purchasePriceUSD: 280000}, "
    "electricity: {ratePerKWh: 0.12}}}"
)
_ANY_TERMS = Terms()
#: So many faults at once are those of a file that is no configuration.
_MOST_FAULTS = 500


@dataclass(frozen=True, slots=True)
class Documents:
    """All documents of a configuration; each reference in it leads to a profile."""

    cost_profiles: tuple[CostProfile, ...]
    usage_reports: tuple[UsageReport, ...]
    token_budgets: tuple[TokenBudget, ...]
    cloud_pricing: CloudPricing
    rate_card: RateCard | None = None

    def profile_versions(self, name: str, namespace: str | None) -> tuple[CostProfile, ...]:
        """The versions of a profile by rising validFrom; one without it comes first."""
        versions = [p for p in self.cost_profiles if (p.name, p.namespace) == (name, namespace)]
        return tuple(sorted(versions, key=_start))

    def resolve_profile(self, report: UsageReport) -> ProfileKey:
        """Name and namespace of the profile a report reads."""
        known = {(profile.name, profile.namespace) for profile in self.cost_profiles}
        key = resolve(report.spec.cost_profile_ref, report.namespace, known)
        if key is None:
            raise ConfigurationError(
                f"UsageReport {report.name}: no CostProfile {report.spec.cost_profile_ref}"
            )
        return key


def _start(profile: CostProfile) -> float:
    start = profile.spec.valid_from
    return float("-inf") if start is None else start


def load_documents(path: Path, terms: Terms = _ANY_TERMS) -> Documents:
    """The documents of a file or of a folder's *.yaml, *.yml and *.json, hidden entries left out.

    Without a CloudPricing the price list of the package is used. A RateCard must fit the terms.
    Raises ConfigurationError with one line per fault.
    """
    unreadable: list[str] = []
    faults: list[str] = []
    entries: list[Entry] = []
    for file in _files(path, unreadable):
        documents, file_faults = read_documents(file)
        unreadable.extend(file_faults)
        for raw in documents:
            entries.extend(entries_of(raw, faults))
    complete = not unreadable and all(entry.kind for entry in entries)
    faults += _disagreements(path, entries, terms, complete=complete)
    if unreadable or faults:
        raise ConfigurationError(_bounded(path, [*unreadable, *faults]))
    return _assembled(entries)


def _bounded(path: Path, faults: list[str]) -> list[str]:
    """The first faults, and how many there are besides."""
    more = len(faults) - _MOST_FAULTS
    if more <= 0:
        return faults
    return [*faults[:_MOST_FAULTS], f"{path}: has {more} more faults"]


def _disagreements(
    path: Path, entries: list[Entry], terms: Terms, *, complete: bool
) -> Iterator[str]:
    """Faults between documents; what is missing is only said where every document is known."""
    yield from name_faults(entries)
    yield from catch_all_faults(entries)
    yield from currency_faults(entries, terms)
    if not complete:
        return
    yield from missing_card_faults(path, entries, terms)
    if not terms.profiles_needed:
        return
    yield from reference_faults(entries)
    if not any(entry.kind == "CostProfile" for entry in entries):
        yield f"{path}: no CostProfile found, write one for each GPU pool, such as: {_EXAMPLE}"


def _assembled(entries: list[Entry]) -> Documents:
    documents = [entry.document for entry in entries]
    prices = [document for document in documents if isinstance(document, CloudPricing)]
    cards = [document for document in documents if isinstance(document, RateCard)]
    return Documents(
        tuple(d for d in documents if isinstance(d, CostProfile)),
        tuple(d for d in documents if isinstance(d, UsageReport)),
        tuple(d for d in documents if isinstance(d, TokenBudget)),
        prices[0] if prices else default_prices(),
        cards[0] if cards else None,
    )


def default_prices() -> CloudPricing:
    """The dated price list that comes with the package."""
    catalog = resources.files("exporter") / "data" / "cloud-pricing.yaml"
    with resources.as_file(catalog) as path:
        documents, _ = read_documents(path)
    entries = [entry for raw in documents for entry in entries_of(raw, [])]
    return next(e.document for e in entries if isinstance(e.document, CloudPricing))


def _files(path: Path, faults: list[str]) -> list[Path]:
    try:
        if path.is_dir():
            return sorted(_in_folder(path, frozenset()))
        if path.exists():
            return [path]
    except OSError as error:
        faults.append(f"{error.filename}: cannot be read ({error.strerror}), check its permissions")
        return []
    faults.append(f"{path}: no such file or folder, set CONFIG_PATH to where the CostProfiles are")
    return []


def _in_folder(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    """Follows links, as those of a mounted ConfigMap, but not into a folder it came from."""
    real = folder.resolve()
    if real in above:
        return
    for child in folder.iterdir():
        if child.name.startswith("."):
            continue
        if child.is_dir():
            yield from _in_folder(child, above | {real})
        elif child.suffix in _SUFFIXES and (child.is_file() or not child.exists()):
            yield child  # a link to nothing is reported when it is read
