from __future__ import annotations

from pathlib import Path

import pytest

from exporter.commands.reporting.places import open_place
from exporter.errors import ConfigurationError, UnusableError
from exporter.settings import Settings, load_settings

ARN = "arn:aws:s3:eu-west-1:123456789012:accesspoint/finops"


def settings(**environ: str) -> Settings:
    given = {"CLUSTER_NAME": "prod", "S3_REGION": "eu-west-1", **environ}
    return load_settings(given, needs_destination=False, needs_source=False)


@pytest.mark.parametrize(
    ("environ", "given", "place"),
    [
        ({"S3_BUCKET": "finops"}, None, "s3://finops/focus/"),
        ({"S3_BUCKET": ARN}, None, f"s3://{ARN}/focus/"),
        ({"S3_BUCKET": "finops", "S3_PREFIX": "/"}, None, "s3://finops/"),
        ({"OUTPUT_DIR": "out"}, None, "out/focus/"),
        ({"OUTPUT_DIR": "out"}, "s3://other/gpu", "s3://other/gpu/"),
        ({"S3_BUCKET": "finops"}, "s3://other", "s3://other/"),
        ({}, "s3://other/gpu/costs/", "s3://other/gpu/costs/"),
    ],
)
def test_the_place_is_the_one_given_or_the_destination(
    environ: dict[str, str], given: str | None, place: str
) -> None:
    with open_place(settings(**environ), given) as opened:
        assert str(opened) == place


def test_a_folder_can_be_given(tmp_path: Path) -> None:
    with open_place(settings(S3_BUCKET="finops"), str(tmp_path)) as opened:
        assert (str(opened), opened.prefix) == (f"{tmp_path}/", "")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    with (
        pytest.raises(ConfigurationError, match=f"--location: {missing}: there is no such folder"),
        open_place(settings(), missing),
    ):
        raise AssertionError


@pytest.mark.parametrize("environ", [{}, {"S3_BUCKET": "finops", "OUTPUT_DIR": "out"}])
def test_without_a_place_the_flag_is_named(environ: dict[str, str]) -> None:
    with (
        pytest.raises(ConfigurationError, match="--location: is required"),
        open_place(settings(**environ), None),
    ):
        raise AssertionError


def test_a_folder_that_cannot_be_used_is_called_what_the_user_gave(tmp_path: Path) -> None:
    """Somebody put a file where the folder should be."""
    (tmp_path / "focus").write_text("")
    for environ, given, named in (
        ({"OUTPUT_DIR": "/elsewhere"}, str(tmp_path), "--location needs a folder"),
        ({"OUTPUT_DIR": str(tmp_path)}, None, "OUTPUT_DIR needs room and write access"),
    ):
        with (
            open_place(settings(**environ), given) as opened,
            pytest.raises(UnusableError, match=named),
        ):
            opened.store.get("focus/a")
