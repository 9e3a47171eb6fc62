from __future__ import annotations

import pytest

from exporter.commands.locations import check_for_athena, location_of
from exporter.errors import ConfigurationError
from exporter.settings import Settings, load_settings

ARN = "arn:aws:s3:eu-west-1:123456789012:accesspoint/finops"


def settings(**environ: str) -> Settings:
    given = {"CLUSTER_NAME": "prod", **environ}
    return load_settings(given, needs_destination=False, needs_source=False)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("s3://bucket/focus/", "s3://bucket/focus/"),
        ("s3://bucket/focus", "s3://bucket/focus/"),
        ("s3://bucket", "s3://bucket/"),
        ("out/focus", "out/focus/"),
        ("/data/focus///", "/data/focus/"),
        (".", "./"),
        ("/", "/"),
        ("it's", "it's/"),
    ],
)
def test_a_given_place_ends_with_a_slash(given: str, place: str) -> None:
    assert location_of(settings(S3_BUCKET="other", S3_PREFIX="x"), given) == place


@pytest.mark.parametrize(
    ("environ", "place"),
    [
        ({"S3_BUCKET": "finops"}, "s3://finops/focus/"),
        ({"S3_BUCKET": "finops", "S3_PREFIX": "gpu/a"}, "s3://finops/gpu/a/"),
        ({"S3_BUCKET": "finops", "S3_PREFIX": "/"}, "s3://finops/"),
        ({"OUTPUT_DIR": "/data/out"}, "/data/out/focus/"),
        ({"OUTPUT_DIR": "out", "S3_PREFIX": "/"}, "out/"),
    ],
)
def test_without_one_it_is_the_destination_of_the_settings(
    environ: dict[str, str], place: str
) -> None:
    assert location_of(settings(**environ), None) == place


@pytest.mark.parametrize(
    ("environ", "named"),
    [({}, "neither"), ({"S3_BUCKET": "finops", "OUTPUT_DIR": "out"}, "both")],
)
def test_without_any_the_flag_is_named(environ: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        location_of(settings(**environ), None)

    assert str(raised.value) == (
        f"--location: is required, since {named} of S3_BUCKET and OUTPUT_DIR is set, "
        "give the place of the files such as --location s3://bucket/focus/"
    )


def test_an_access_point_needs_its_alias() -> None:
    with pytest.raises(ConfigurationError) as raised:
        location_of(settings(S3_BUCKET=ARN), None)

    assert str(raised.value) == (
        f'S3_BUCKET: got "{ARN}", which readers cannot open, give the alias of the access point: '
        "--location s3://alias/focus/"
    )


@pytest.mark.parametrize(
    ("given", "shown", "expected"),
    [
        ("", '""', "a folder or an address such as s3://bucket/focus/"),
        ("  ", '"  "', "a folder or an address such as s3://bucket/focus/"),
        ("a\nb", '"a\\nb"', "a folder or an address such as s3://bucket/focus/"),
        ("https://x/y", '"https://x/y"', "a folder or an address such as s3://bucket/focus/"),
        ("s3://", '"s3://"', "a bucket, as in s3://bucket/focus/"),
        ("s3:///focus", '"s3:///focus"', "a bucket, as in s3://bucket/focus/"),
        (
            "s3://b/focus/version=focus-1.3/",
            '"s3://b/focus/version=focus-1.3/"',
            "the folder above version=…",
        ),
        ("version=focus-1.3", '"version=focus-1.3"', "the folder above version=…"),
    ],
)
def test_a_place_that_is_none_is_refused(given: str, shown: str, expected: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        location_of(settings(), given)

    assert str(raised.value) == f"--location: got {shown}, expected {expected}"


@pytest.mark.parametrize("place", ["s3://bucket/", "s3://bucket/it's $5/focus/"])
def test_athena_takes_folders_of_s3(place: str) -> None:
    check_for_athena(place)


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("out/focus/", "Athena reads S3 only, give --location s3://bucket/focus/"),
        ("s3://b//focus/", "Athena reads no folders without a name, give --location without //"),
        ("s3://b/${x}/", "Athena would take ${ for a partition, write to another S3_PREFIX"),
    ],
)
def test_athena_takes_no_other_place(place: str, fault: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        check_for_athena(place)

    assert str(raised.value) == f'--format athena: the files lie in "{place}", {fault}'
