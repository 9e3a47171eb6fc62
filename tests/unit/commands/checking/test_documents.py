from __future__ import annotations

from pathlib import Path

from exporter.commands.checking.documents import configuration_finding, settings_findings
from exporter.settings import unknown_names
from tests.fleets.setups import CHAT_DAILY, H100, L40S
from tests.unit.commands.checking.looks import configured, with_spec


def test_what_was_loaded_is_counted(tmp_path: Path) -> None:
    """Two versions of a profile are one."""
    card = {
        "kind": "RateCard",
        "currency": "USD",
        "gpuHour": 2,
        "models": [{"model": "*", "listPerMillionTokens": 1}],
    }
    later = with_spec(H100, validFrom="2027-01-01")
    configuration = configured(tmp_path, [H100, later, L40S, CHAT_DAILY, card])
    assert configuration_finding(configuration).detail == (
        f"2 CostProfiles, 1 UsageReport, a RateCard in USD from {tmp_path}/config.yaml"
    )


def test_misspelt_settings() -> None:
    environ = {"S3_REGON": "eu", "COLLECTION_WHATEVER": "1", "S3_BUCKET": "b", "HOME": "/"}
    found = settings_findings(unknown_names(environ))
    assert [(str(f.result), f.detail, f.fix) for f in found] == [
        ("warn", "COLLECTION_WHATEVER is not a setting", "remove it"),
        ("warn", "S3_REGON is not a setting", "rename it to S3_REGION"),
    ]
