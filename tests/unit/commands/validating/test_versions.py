"""The version of a file comes from the one who asks, its folder, its footer or its columns."""

from __future__ import annotations

import pytest

from exporter.commands.validating.versions import Known, Origin, version_of
from exporter.errors import UnreadableFile
from exporter.focus.columns import SELECTABLE_VERSIONS, columns_for
from exporter.focus.schema_identity import footer as footer_of

#: Enough to be nearer to 1.0 if only their number counted.
OPTIONAL_IN_1_3 = (
    "CapacityReservationId",
    "CapacityReservationStatus",
    "SkuMeter",
    "SkuPriceDetails",
)
NOWHERE = "/data/rows.parquet"


def names(version: str, prefix: str = "x-Infer") -> list[str]:
    return [column.name for column in columns_for(version, prefix)]


def footer(version: str) -> dict[str, str]:
    return dict(footer_of(version, "x-Infer", "test", "1"))


@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_a_layout_that_is_asked_for_comes_first(version: str) -> None:
    place = "/out/focus/version=focus-1.1/rows.parquet"
    known = version_of(place, footer("1.2"), names("1.3"), version)
    assert known == Known(version, Origin.LAYOUT, "/out/focus/", None)


@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_the_folder_comes_before_the_footer(version: str) -> None:
    folder = version if version.startswith("infercost") else f"focus-{version}"
    place = f"/out/focus/version={folder}/year=2026/rows.parquet"
    known = version_of(place, footer("1.2"), names("1.3"), None)
    assert known == Known(version, Origin.PATH, "/out/focus/", "1.2")


def test_the_last_folder_that_names_a_version_counts() -> None:
    place = "/version=focus-1.0/reports/a/version=focus-1.3/version=7/rows.csv"
    known = version_of(place, {}, names("1.3"), None)
    assert known == Known("1.3", Origin.PATH, "/version=focus-1.0/reports/a/", None)


@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_the_footer_comes_before_the_columns(version: str) -> None:
    """InferCost's layout calls itself 1.0 there, and is known by its columns."""
    of_file = names(version if version in ("1.0", "infercost-1.0") else "1.3")
    known = version_of(NOWHERE, footer(version), of_file, None)
    assert known == Known(version, Origin.FOOTER, "", None)


@pytest.mark.parametrize("prefix", ["x-Infer", "x_Infer"])
@pytest.mark.parametrize("version", SELECTABLE_VERSIONS)
def test_the_columns_of_a_version_are_known(version: str, prefix: str) -> None:
    known = version_of(NOWHERE, {}, names(version, prefix), None)
    assert known == Known(version, Origin.COLUMNS, "", None)


@pytest.mark.parametrize(
    ("added", "removed", "version"),
    [
        (["x_Team", "x-Cost"], [], "1.1"),
        (["InvoiceId"], ["Tags", "RegionId"], "1.2"),
        (["HostProviderName"], [*OPTIONAL_IN_1_3], "1.3"),
        ([], ["CommitmentDiscountQuantity", "CommitmentDiscountUnit"], "1.1"),
    ],
)
def test_the_nearest_columns_decide(added: list[str], removed: list[str], version: str) -> None:
    columns = [name for name in [*names("1.1"), *added] if name not in removed]
    assert version_of(NOWHERE, {}, columns, None).version == version


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"FocusVersion": 1.2}', "{}", "[" * 100_000], ids=lambda text: text[:9]
)
def test_a_footer_that_says_nothing_is_passed_over(text: str) -> None:
    assert version_of(NOWHERE, {"focus": text}, names("1.3"), None).origin is Origin.COLUMNS


def test_a_version_that_does_not_exist_is_named() -> None:
    known = "1.0, 1.1, 1.2, 1.3, 1.4, infercost-1.0"
    with pytest.raises(UnreadableFile) as caught:
        version_of(NOWHERE, {"focus": '{"FocusVersion": "2.0"}'}, names("1.3"), None)
    assert str(caught.value) == f"is of version 2.0, not one of {known}; try --layout"
    with pytest.raises(UnreadableFile) as caught:
        version_of("/version=focus-9/a.csv", {}, names("1.3"), None)
    assert str(caught.value) == f"is of version focus-9, not one of {known}; try --layout"


def test_a_file_without_any_column_of_focus_is_refused() -> None:
    """Most likely its first line is a row."""
    with pytest.raises(
        UnreadableFile, match=r'^has no column of FOCUS, its first column is "0\.5"$'
    ):
        version_of("/version=focus-1.3/a.csv", {}, ["0.5", "billedcost"], "1.3")
