"""A rate card that is wrong, or does not fit the settings: every fault in one go, nothing done."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.job import Ended, infer_focus
from tests.e2e.scene import Scene

BACKFILL = ("backfill", "--start", "2026-10-01", "--end", "2026-10-02")
PRICE = "expected a number from 0 to 1000000000 with at most 9 fractional digits"
WRONG = """\
kind: RateCard
currency: EUR
models:
  - {model: "*Qwen*", inputPerMillion: 0.5}
  - {model: "*", listPerMillionTokens: 0.0000000001}
  - {model: small, listPerMillionTokens: 1}
contracts:
  - {namespace: search, discountPercent: 5, perMillionTokens: 1}
"""


@pytest.fixture
def settings(team: Scene, tmp_path: Path) -> dict[str, str]:
    """Those that work, of a folder of documents that a test may add to."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "pools.yaml").write_text(team.config.read_text("utf-8"), "utf-8")
    return team.settings(CONFIG_PATH=str(config), OUTPUT_DIR=str(tmp_path / "out"))


def refused(run: Ended, settings: dict[str, str], *lines: str) -> None:
    """The run said these lines, nothing else, and wrote nothing."""
    assert run.stderr == "".join(f"infer-focus: {line}\n" for line in lines)
    assert (run.code, run.stdout) == (2, "")
    assert not Path(settings["OUTPUT_DIR"]).exists()


def wrong_card(settings: dict[str, str]) -> tuple[Path, str]:
    card = Path(settings["CONFIG_PATH"]) / "card.yaml"
    card.write_text(WRONG, "utf-8")
    return card, f"{card}: document 1 (RateCard): "


def test_all_faults_of_a_card_are_said_beside_its_currency(settings: dict[str, str]) -> None:
    _, place = wrong_card(settings)
    refused(
        infer_focus(*BACKFILL, env=settings),
        settings,
        f"{place}models[0].outputPerMillion: is required, since inputPerMillion is given, {PRICE}",
        f"{place}models[1].listPerMillionTokens: got 1e-10, {PRICE}",
        f"{place}gpuHour: is required, {PRICE}",
        f"{place}contracts[0].discountPercent: is given besides perMillionTokens, keep one of them",
        f'{place}models[2].model: "small" can never match, since models[1] is "*",'
        " move it before that",
        f'{place}currency: got "EUR", expected USD, the FOCUS_BILLING_CURRENCY;'
        " write the prices in that",
    )


@pytest.fixture
def card_in_euro(settings: dict[str, str]) -> str:
    """A card without a fault; where it stands."""
    card, place = wrong_card(settings)
    card.write_text(
        'kind: RateCard\ncurrency: EUR\nmodels: [{model: "*", listPerMillionTokens: 1}]\n'
        "gpuHour: 1\n",
        "utf-8",
    )
    return place


def test_a_card_is_compared_with_the_settings_that_are_right(
    settings: dict[str, str], card_in_euro: str
) -> None:
    """The rate is missing; that the currency is the pound is known all the same."""
    refused(
        infer_focus(*BACKFILL, env={**settings, "FOCUS_BILLING_CURRENCY": "GBP"}),
        settings,
        "FOCUS_USD_RATE: is required, since FOCUS_BILLING_CURRENCY is GBP;"
        " set the US dollars per GBP, such as 1.08",
        f'{card_in_euro}currency: got "EUR", expected GBP, the FOCUS_BILLING_CURRENCY;'
        " write the prices in that",
    )


@pytest.mark.usefixtures("card_in_euro")
def test_a_card_is_not_compared_with_a_setting_that_is_wrong(settings: dict[str, str]) -> None:
    """Nor with its default, the dollar."""
    refused(
        infer_focus(*BACKFILL, env={**settings, "FOCUS_BILLING_CURRENCY": "Euro"}),
        settings,
        'FOCUS_BILLING_CURRENCY: got "Euro", expected an ISO 4217 code such as EUR',
    )


def test_contracted_cost_without_a_card(settings: dict[str, str]) -> None:
    """Beside what is wrong elsewhere, which a card would not mend."""
    wrong = {"FOCUS_BILLED_COST": "contracted", "FOCUS_BILLING_CURRENCY": "Dollar"}
    refused(
        infer_focus(*BACKFILL, env={**settings, **wrong}),
        settings,
        'FOCUS_BILLING_CURRENCY: got "Dollar", expected an ISO 4217 code such as EUR',
        "FOCUS_BILLED_COST: got contracted, expected cost, since there is no RateCard in"
        f" {settings['CONFIG_PATH']}; add one, or set FOCUS_BILLED_COST=cost",
    )


def test_a_layout_in_which_another_issuer_cannot_be(settings: dict[str, str]) -> None:
    """`export focus` has a layout of its own, whatever FOCUS_VERSION is."""
    other = {"FOCUS_INVOICE_ISSUER_NAME": "Finance", "FOCUS_VERSION": "1.4"}
    refused(
        infer_focus("export", "focus", "--layout", "1.2", env={**settings, **other}),
        settings,
        'FOCUS_INVOICE_ISSUER_NAME: got "Finance", expected the service provider "Self-Hosted"'
        " (FOCUS_SERVICE_PROVIDER_NAME), since --layout is 1.2, in which BilledCost would have to"
        " be 0",
    )
