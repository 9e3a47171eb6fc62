from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from exporter.documents.agreement import Terms
from exporter.documents.load import load_documents
from exporter.documents.rate_card import Contract, RateCard, RateCardModel
from exporter.errors import ConfigurationError

PROFILE = """\
kind: CostProfile
metadata: {name: h100}
spec:
  hardware: {gpuModel: NVIDIA H100, gpuCount: 8, purchasePriceUSD: 280000}
  electricity: {ratePerKWh: 0.12}
"""
CARD = """\
apiVersion: finops.infercost.ai/v1alpha1
kind: RateCard
metadata: {name: internal, uid: 1f0c, labels: {team: finance}}
currency: USD
models:
- {model: "*Llama-3*", inputPerMillion: 0.6, outputPerMillion: 2.4}
- {model: "*", listPerMillionTokens: 0.8}
gpuHour: 2.5
contracts:
- {namespace: search, discountPercent: 12.5}
- {namespace: chat, perMillionTokens: 0}
"""


def written(folder: Path, *documents: str) -> Path:
    path = folder / "config.yaml"
    path.write_text("---\n".join([PROFILE, *documents]), encoding="utf-8")
    return path


def faults(path: Path, terms: Terms | None = None) -> Sequence[str]:
    """The faults of a configuration, without the path of its folder."""
    with pytest.raises(ConfigurationError) as caught:
        load_documents(path, *([] if terms is None else [terms]))
    return [fault.replace(f"{path.parent}/", "") for fault in caught.value.faults]


def card(**fields: Any) -> str:
    """A rate card whose top-level fields are replaced; one of null is left out."""
    content = yaml.safe_load(CARD) | fields
    return yaml.safe_dump({key: value for key, value in content.items() if value is not None})


def test_a_rate_card_is_read(tmp_path: Path) -> None:
    loaded = load_documents(written(tmp_path, CARD)).rate_card

    assert loaded == RateCard(
        currency="USD",
        models=(
            RateCardModel(
                model="*Llama-3*",
                input_per_million=Decimal("0.6"),
                output_per_million=Decimal("2.4"),
            ),
            RateCardModel(model="*", list_per_million_tokens=Decimal("0.8")),
        ),
        gpu_hour=Decimal("2.5"),
        contracts=(
            Contract(namespace="search", discount_percent=Decimal("12.5")),
            Contract(namespace="chat", per_million_tokens=Decimal(0)),
        ),
    )
    assert [model.priced_apart for model in loaded.models] == [True, False]


def test_without_a_rate_card_there_is_none(tmp_path: Path) -> None:
    assert load_documents(written(tmp_path)).rate_card is None


def test_a_rate_card_may_have_no_contracts(tmp_path: Path) -> None:
    loaded = load_documents(written(tmp_path, card(contracts=None))).rate_card

    assert loaded is not None
    assert loaded.contracts == ()


def test_the_fields_of_a_rate_card_may_stand_under_spec(tmp_path: Path) -> None:
    content = yaml.safe_load(CARD)
    nested = {key: content.pop(key) for key in ("apiVersion", "kind", "metadata")}
    nested["spec"] = content

    loaded = load_documents(written(tmp_path, yaml.safe_dump(nested))).rate_card

    assert loaded == load_documents(written(tmp_path, CARD)).rate_card


def test_a_price_of_zero_is_a_price(tmp_path: Path) -> None:
    free = card(models=[{"model": "*", "inputPerMillion": 0, "outputPerMillion": -0.0}], gpuHour=0)

    loaded = load_documents(written(tmp_path, free)).rate_card

    assert loaded is not None
    assert loaded.models[0].priced_apart
    assert f"{loaded.models[0].output_per_million:f}" == "0.0"
    assert loaded.gpu_hour == 0


def test_null_means_that_a_price_is_not_given(tmp_path: Path) -> None:
    model = {"model": "*", "listPerMillionTokens": 1, "inputPerMillion": None}

    loaded = load_documents(written(tmp_path, card(models=[model]))).rate_card

    assert loaded is not None
    assert loaded.models == (RateCardModel(model="*", list_per_million_tokens=Decimal(1)),)


def test_a_price_has_up_to_nine_fractional_digits(tmp_path: Path) -> None:
    loaded = load_documents(written(tmp_path, card(gpuHour=0.123456789))).rate_card

    assert loaded is not None
    assert loaded.gpu_hour == Decimal("0.123456789")


def test_the_currency_is_written_in_capitals_or_not(tmp_path: Path) -> None:
    loaded = load_documents(written(tmp_path, card(currency="eur")), Terms("EUR")).rate_card

    assert loaded is not None
    assert loaded.currency == "EUR"


PRICE = "expected a number from 0 to 1000000000 with at most 9 fractional digits"
ALL = {"model": "*", "listPerMillionTokens": 1}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(
            {"currency": "EURO"},
            ['currency: got "EURO", expected an ISO 4217 code such as EUR'],
            id="a currency that is none",
        ),
        pytest.param(
            {"currency": 978},
            ["currency: got 978, expected an ISO 4217 code such as EUR"],
            id="a currency's number",
        ),
        pytest.param(
            {"currency": None, "models": None, "gpuHour": None},
            [
                "currency: is required, expected an ISO 4217 code such as EUR",
                "models: is required, expected a list",
                f"gpuHour: is required, {PRICE}",
            ],
            id="nothing",
        ),
        pytest.param(
            {"gpuHour": 0.1234567891}, [f"gpuHour: got 0.1234567891, {PRICE}"], id="too many digits"
        ),
        pytest.param({"gpuHour": -1}, [f"gpuHour: got -1, {PRICE}"], id="a negative price"),
        pytest.param(
            {"gpuHour": 1e9 + 1}, [f"gpuHour: got 1000000001.0, {PRICE}"], id="a large one"
        ),
        pytest.param({"gpuHour": "2.5"}, [f'gpuHour: got "2.5", {PRICE}'], id="a price as text"),
        pytest.param(
            {"gpuhour": 2}, ["gpuhour: unknown field, did you mean gpuHour?"], id="an unknown field"
        ),
        pytest.param(
            {"models": "*"}, ['models: got "*", expected a list'], id="models that are no list"
        ),
        pytest.param(
            {"models": []},
            ['models: no entry is for the model "*", add one as the last'],
            id="no models",
        ),
        pytest.param(
            {"models": [{"model": "llama*", "listPerMillionTokens": 1}]},
            ['models: no entry is for the model "*", add one as the last'],
            id="models without a price",
        ),
        pytest.param(
            {"models": [{"model": 7, "listPerMillionTokens": 1}]},
            ["models[0].model: got 7, expected a text, put it in quotes"],
            id="a model that is no text may be meant for all",
        ),
        pytest.param(
            {"models": [3, ALL]}, ["models[0]: got 3, expected a mapping"], id="no mapping"
        ),
        pytest.param(
            {"models": [{"model": "a", "listPerMillionTokens": 1}, ALL, {**ALL, "model": "b"}]},
            ['models[2].model: "b" can never match, since models[1] is "*", move it before that'],
            id="a model behind all",
        ),
        pytest.param(
            {"models": [{**ALL, "model": "a"}, {**ALL, "model": "a"}, ALL, {**ALL, "model": "a"}]},
            [
                'models[1].model: "a" is given already in models[0], keep one',
                'models[3].model: "a" is given already in models[0], keep one',
            ],
            id="a model three times",
        ),
        pytest.param(
            {"models": [ALL, ALL]},
            ['models[1].model: "*" is given already in models[0], keep one'],
            id="all models twice",
        ),
        pytest.param(
            {"models": [{"model": "*"}]},
            [
                "models[0].listPerMillionTokens: is required, or inputPerMillion and "
                f"outputPerMillion instead, {PRICE}"
            ],
            id="a model without price",
        ),
        pytest.param(
            {"models": [{**ALL, "inputPerMillion": 0}]},
            [
                "models[0].listPerMillionTokens: is given besides inputPerMillion, keep the one "
                "or the other"
            ],
            id="two forms of price",
        ),
        pytest.param(
            {"models": [{"model": "*", "outputPerMillion": 0}]},
            [f"models[0].inputPerMillion: is required, since outputPerMillion is given, {PRICE}"],
            id="half a price",
        ),
        pytest.param(
            {"models": [{"model": "*", "inputPerMillion": 1}]},
            [f"models[0].outputPerMillion: is required, since inputPerMillion is given, {PRICE}"],
            id="the other half of a price",
        ),
        pytest.param(
            {"contracts": [{"namespace": "a"}]},
            ["contracts[0].discountPercent: is required, or perMillionTokens instead"],
            id="a contract about nothing",
        ),
        pytest.param(
            {"contracts": [{"namespace": "a", "discountPercent": 0, "perMillionTokens": 0}]},
            ["contracts[0].discountPercent: is given besides perMillionTokens, keep one of them"],
            id="two contracts in one",
        ),
        pytest.param(
            {"contracts": [{"namespace": "team-*", "discountPercent": 101}]},
            [
                'contracts[0].namespace: got "team-*", expected the name of one namespace',
                "contracts[0].discountPercent: got 101, expected a number from 0 to 100",
            ],
            id="a contract out of bounds",
        ),
        pytest.param(
            {"contracts": [{"namespace": "a", "discountPercent": 1}] * 2},
            ['contracts[1].namespace: "a" is given already in contracts[0], keep one'],
            id="a namespace twice",
        ),
    ],
)
def test_a_fault_names_field_value_and_what_was_expected(
    tmp_path: Path, fields: dict[str, object], expected: list[str]
) -> None:
    path = written(tmp_path, card(**fields))

    place = "config.yaml: document 2 (RateCard/internal)"
    assert faults(path, Terms("USD")) == [f"{place}: {fault}" for fault in expected]


WRONG = """\
kind: RateCard
spec:
  currency: EUR
  models:
  - {model: large, listPerMillionTokens: 1, inputPerMillion: "2"}
  - {model: "*", listPerMillionToken: 1}
  - {model: small, listPerMillionTokens: 1}
  contracts:
  - {namespace: chat, discountPercent: -5}
  - {namespace: chat}
"""


def test_faults_of_fields_and_between_them_are_said_at_once(tmp_path: Path) -> None:
    terms = Terms("USD", card_needed=True)

    place = "config.yaml: document 2 (RateCard): spec"
    assert faults(written(tmp_path, WRONG, CARD), terms) == [
        f'{place}.models[0].inputPerMillion: got "2", {PRICE}',
        f"{place}.models[0].listPerMillionTokens: is given besides inputPerMillion, keep the one "
        "or the other",
        f"{place}.models[1].listPerMillionToken: unknown field, did you mean listPerMillionTokens?",
        f"{place}.models[1].listPerMillionTokens: is required, or inputPerMillion and "
        f"outputPerMillion instead, {PRICE}",
        f"{place}.gpuHour: is required, {PRICE}",
        f"{place}.contracts[0].discountPercent: got -5, expected a number from 0 to 100",
        f"{place}.contracts[1].discountPercent: is required, or perMillionTokens instead",
        f'{place}.models[2].model: "small" can never match, since models[1] is "*", move it '
        "before that",
        f'{place}.contracts[1].namespace: "chat" is given already in contracts[0], keep one',
        "config.yaml: document 3 (RateCard/internal): is the same as config.yaml: document 2 "
        "(RateCard), keep one rate card",
        f'{place}.currency: got "EUR", expected USD, the FOCUS_BILLING_CURRENCY; write the '
        "prices in that",
    ]


def test_a_card_in_another_currency_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, CARD)

    assert faults(path, Terms("EUR")) == [
        'config.yaml: document 2 (RateCard/internal): currency: got "USD", expected EUR, the '
        "FOCUS_BILLING_CURRENCY; write the prices in that"
    ]
    assert load_documents(path, Terms("USD")).rate_card is not None
    assert load_documents(path, Terms(None)).rate_card is not None


def test_contracted_cost_needs_a_card(tmp_path: Path) -> None:
    path = written(tmp_path)

    assert faults(path, Terms("USD", card_needed=True)) == [
        "FOCUS_BILLED_COST: got contracted, expected cost, since there is no RateCard in "
        "config.yaml; add one, or set FOCUS_BILLED_COST=cost"
    ]


def test_a_card_in_a_file_that_cannot_be_read_is_not_missed(tmp_path: Path) -> None:
    """What stands in the file is not known."""
    (tmp_path / "card.yaml").write_text("kind: [")
    written(tmp_path)

    with pytest.raises(ConfigurationError) as caught:
        load_documents(tmp_path, Terms("USD", card_needed=True))

    (fault,) = caught.value.faults
    assert "not readable as YAML" in fault


def test_a_card_made_in_python_is_checked_too() -> None:
    everything = RateCardModel(model="*", list_per_million_tokens=Decimal(1))

    with pytest.raises(ValidationError, match="listPerMillionTokens: is given besides"):
        RateCardModel(model="*", list_per_million_tokens=Decimal(1), output_per_million=Decimal(1))
    with pytest.raises(ValidationError, match="can never match"):
        RateCard(
            currency="USD",
            models=(everything, everything.model_copy(update={"model": "b"})),
            gpu_hour=Decimal(1),
        )


def test_a_card_is_frozen_and_can_be_a_key() -> None:
    made = RateCard(
        currency="USD",
        models=(RateCardModel(model="*", list_per_million_tokens=Decimal(1)),),
        gpu_hour=Decimal(1),
    )

    assert {made: 1}[made.model_copy()] == 1
    with pytest.raises(ValidationError):
        made.gpu_hour = Decimal(2)  # type: ignore[misc]
