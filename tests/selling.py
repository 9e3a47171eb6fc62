"""Ways to sell charges: every version at cost, and what a RateCard and shared pools change."""

from __future__ import annotations

from exporter.cost.sale import AT_COST, SalesTerms
from exporter.documents.rate_card import RateCard
from exporter.focus.columns import SELECTABLE_VERSIONS

#: The llamas are priced apart, one namespace has a contract.
CARD = RateCard.model_validate(
    {
        "currency": "USD",
        "models": [
            {"model": "llama*", "inputPerMillion": 0.5, "outputPerMillion": 1.5},
            {"model": "*", "listPerMillionTokens": 1.25},
        ],
        "gpuHour": 2.5,
        "contracts": [{"namespace": "chat", "discountPercent": 10}],
    }
)

#: Versions with terms that are told apart in them.
WAYS = (
    *((version, AT_COST) for version in SELECTABLE_VERSIONS),
    ("1.0", SalesTerms(CARD)),
    ("1.3", SalesTerms(CARD, contracted=True)),
    ("1.3", SalesTerms(by_pool=True)),
    ("1.4", SalesTerms(CARD, contracted=True, by_pool=True)),
)
