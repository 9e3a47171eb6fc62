"""A folder of broken files, one fault each: the rule, the file and the row are named."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.e2e.foreign_files import (
    GOOD,
    Row,
    csv_bytes,
    good,
    in_parquet,
    infercost_rows,
    other,
    parquet_table,
)
from tests.e2e.job import infer_focus


@dataclass(frozen=True, slots=True)
class Fault:
    """A file, the rules that it breaks, and the row that is named (None: none).

    `warnings` are rules of that level, of which there may be more; `rules` are all other ones.
    """

    content: bytes
    rules: tuple[str, ...]
    row: int | None = None
    ending: str = ".csv"
    warnings: tuple[str, ...] = ()


def second(*rules: str, **changes: str | None) -> Fault:
    """A CSV whose second row is another one with these changes."""
    return Fault(csv_bytes([good(), other(2, **changes)]), rules, 2)


def warned_of(warning: str, *rows: Row) -> Fault:
    """A CSV whose last row is to be warned of."""
    return Fault(csv_bytes(rows), (), len(rows), warnings=(warning,))


def with_column(name: str, *rules: str, instead_of: str = "") -> Fault:
    """A CSV with one more column, or one by another name."""
    value = GOOD.get(instead_of) or "a"
    row = {(name if key == instead_of else key): text for key, text in GOOD.items()}
    return Fault(csv_bytes([{**row, name: value}]), rules)


def unreadable(content: bytes, row: int | None = None, ending: str = ".csv") -> Fault:
    return Fault(content, ("files/readable",), row, ending)


PARQUET_TYPES: dict[str, pa.DataType] = {
    **{
        name: pa.decimal128(38, 18)
        for name in GOOD
        if name.endswith(("Cost", "Quantity", "UnitPrice"))
    },
    **{
        name: pa.timestamp("us", "UTC")
        for name in GOOD
        if "PeriodStart" in name or "PeriodEnd" in name
    },
}
GOOD_TABLE = parquet_table([good()], PARQUET_TYPES)


def with_cells(name: str, cells: pa.Array, *rules: str) -> Fault:
    """A good row in Parquet but for the type of one column."""
    table = GOOD_TABLE.set_column(GOOD_TABLE.schema.get_field_index(name), name, cells)
    return Fault(in_parquet(table), rules, ending=".parquet")


FAULTS = {
    # numbers
    "exponent": second("BilledCost/type", BilledCost="1e-07"),
    "plus": second("PricingQuantity/type", PricingQuantity="+5"),
    "thousands": second("ConsumedQuantity/type", ConsumedQuantity="5,000,000"),
    "nan": second("EffectiveCost/type", EffectiveCost="NaN"),
    "dollar": second("ListCost/type", ListCost="$2.5"),
    "list-price": second("ListUnitPrice/product", ListUnitPrice="0.51"),
    "contracted-price": second("ContractedUnitPrice/product", ContractedCost="2.6"),
    "negative-price": second("ListUnitPrice/not-negative", ListUnitPrice="-0.5", ListCost="-2.5"),
    "uncovered": warned_of("EffectiveCost/billed", good(), other(2, EffectiveCost="2.4")),
    "raw-tokens": second(
        *("PricingQuantity/counts-units", "ListUnitPrice/product", "ContractedUnitPrice/product"),
        PricingQuantity="5000000",
    ),
    # times
    "offset": second("ChargePeriodStart/type", ChargePeriodStart="2026-10-01T00:00:00+00:00"),
    "fraction": second("ChargePeriodEnd/type", ChargePeriodEnd="2026-10-01T01:00:00.000Z"),
    "date-only": second("BillingPeriodEnd/type", BillingPeriodEnd="2026-11-01"),
    "no-such-day": second("BillingPeriodStart/type", BillingPeriodStart="2026-02-30T00:00:00Z"),
    "no-time": second("ChargePeriodEnd/after-start", ChargePeriodEnd="2026-10-01T00:00:00Z"),
    "over-month": second(
        "ChargePeriodEnd/in-billing-period", ChargePeriodEnd="2026-11-02T00:00:00Z"
    ),
    # null, and what stands for it
    "null-cost": second("BilledCost/not-null", BilledCost=None),
    "empty-text": second("InvoiceId/stand-in", InvoiceId=""),
    "not-available": second("AvailabilityZone/stand-in", AvailabilityZone="N/A"),
    "name-alone": second("SubAccountName/together", SubAccountName=None),
    "region-alone": second("RegionName/together", RegionName=None),
    "no-sku": second("SkuId/filled", "SkuMeter/only-with", SkuId=None),
    "no-unit": second("PricingUnit/together", PricingUnit=None),
    "no-host": second("HostProviderName/filled", HostProviderName=None),
    # allowed values and codes
    "frequency-as-category": second("PricingCategory/allowed", PricingCategory="Usage-Based"),
    "near-miss": second(
        "ServiceCategory/allowed", "ServiceName/one-ServiceCategory", ServiceCategory="AI and ML"
    ),
    "small-usage": second(
        "ChargeCategory/allowed", "ConsumedQuantity/usage-only", ChargeCategory="usage"
    ),
    "blank": warned_of("SubAccountName/blank", good(SubAccountName="  ")),
    "unit": warned_of("PricingUnit/unit", good(PricingUnit="1M Tokens")),
    "unit-of-energy": warned_of("ConsumedUnit/unit", good(ConsumedUnit="kWh")),
    "no-currency": second("BillingCurrency/currency", BillingCurrency="Dollar"),
    "other-parent": second("ServiceSubcategory/parent", ServiceSubcategory="Virtual Machines"),
    "invoiced-by-others": second("BilledCost/third-party", InvoiceIssuerName="Bank"),
    # JSON
    "pairs": second("Tags/key-value", Tags="team=search;env=prod"),
    "nested": second("Tags/key-value", Tags='{"team": {"name": "search"}}'),
    "repeated-key": second("Tags/key-value", Tags='{"team": "a", "team": "b"}'),
    "free-key": second("SkuPriceDetails/keys", SkuPriceDetails='{"GpuModel": "H100"}'),
    # columns
    "older-name": with_column("Region", "columns/older-name", instead_of="RegionId"),
    "no-prefix": with_column("Team", "columns/prefix"),
    "other-version": with_column("InvoiceDetailId", "columns/version"),
    "missing": Fault(
        csv_bytes([{name: text for name, text in GOOD.items() if name != "BillingAccountId"}]),
        ("BillingAccountId/present",),
    ),
    "twice": Fault(
        csv_bytes([good(), other(2)]).replace(b",PublisherName", b",ProviderName"),
        ("columns/once", "PublisherName/present"),
    ),
    # rows together
    "duplicate": warned_of("rows/once", good(), other(2), good()),
    "overlap": warned_of("rows/no-overlap", good(), good(ChargePeriodEnd="2026-10-02T00:00:00Z")),
    "two-categories": second(
        "ServiceName/one-ServiceCategory",
        ServiceCategory="Compute",
        ServiceSubcategory="Containers",
    ),
    # types of Parquet
    "map-of-tags": with_cells(
        "Tags", pa.array([[("team", "search")]], pa.map_("string", "string")), "Tags/type"
    ),
    "text-cost": with_cells("BilledCost", pa.array(["2.5"]), "BilledCost/type"),
    "time-without-zone": with_cells(
        "ChargePeriodEnd",
        GOOD_TABLE["ChargePeriodEnd"].cast(pa.timestamp("us")),
        "ChargePeriodEnd/type",
    ),
    # the file itself
    "cut": unreadable(in_parquet(GOOD_TABLE)[:-7], ending=".parquet"),
    "cut-gzip": unreadable(gzip.compress(csv_bytes([good()]))[:-20], ending=".csv.gz"),
    "ragged": unreadable(csv_bytes([good()]) + b"a,b\n", 2),
    "open-quote": unreadable(csv_bytes([good()]) + b'a,"b', 2),
    "latin": unreadable(
        csv_bytes([good(), other(2, SubAccountName="Zürich")]).replace("ü".encode(), b"\xfc"), 2
    ),
    "empty": unreadable(b""),
    "no-header": unreadable(csv_bytes([good()]).split(b"\n", 1)[1]),
}


def folder_of(root: Path, faults: Mapping[str, Fault]) -> Path:
    """Each file is a dataset of its own, so that no rule speaks of two of them."""
    for name, fault in faults.items():
        path = root / name / "version=focus-1.3" / f"rows{fault.ending}"
        path.parent.mkdir(parents=True)
        path.write_bytes(fault.content)
    return root


def told(folder: Path, *arguments: str) -> dict[str, Any]:
    run = infer_focus("validate", str(folder), *arguments, "--format", "json", env={})
    assert (run.code, run.stderr) == (3, "")
    document: dict[str, Any] = json.loads(run.stdout)
    return document


def broken(document: dict[str, Any], level: str = "error") -> dict[str, dict[str, int | None]]:
    """By file: the rules of a level that it breaks, with the row named first."""
    groups = [document["rules"], *(one["rules"] for one in document["datasets"])]
    found: dict[str, dict[str, int | None]] = {}
    for rule in (rule for group in groups for rule in group if rule["level"] == level):
        for example in rule["examples"]:
            found.setdefault(example["file"], {}).setdefault(rule["id"], example["row"])
    return found


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return told(folder_of(tmp_path_factory.mktemp("faults"), FAULTS))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_file_row_and_rule(name: str, document: dict[str, Any]) -> None:
    """And no other rule is broken, but for warnings."""
    fault = FAULTS[name]
    file = f"{name}/version=focus-1.3/rows{fault.ending}"
    assert broken(document).get(file, {}) == dict.fromkeys(fault.rules, fault.row)
    warnings = broken(document, "warning").get(file, {})
    assert {rule: warnings.get(rule) for rule in fault.warnings} == dict.fromkeys(
        fault.warnings, fault.row
    )


def test_a_row_without_fault_breaks_no_rule(tmp_path: Path) -> None:
    """Nor is it warned of; so it is the fault that is found, above."""
    for name, content in (("csv", csv_bytes([good()])), ("parquet", in_parquet(GOOD_TABLE))):
        (tmp_path / f"rows.{name}").write_bytes(content)
        run = infer_focus("validate", str(tmp_path / f"rows.{name}"), "--layout", "1.3", env={})
        assert (run.code, run.stderr) == (0, "")
        assert ", 0 failed, 0 warnings, " in run.stdout


def test_the_faults_of_infercost_s_own_export_are_found(tmp_path: Path) -> None:
    """As rows of FOCUS 1.0, which is what that export calls itself."""
    (tmp_path / "infercost.csv").write_bytes(csv_bytes(infercost_rows()))
    document = told(tmp_path, "--layout", "1.0")
    assert document["datasets"][0]["versionKnown"] == ["as --layout says"]
    errors = broken(document)["infercost.csv"]
    columns = ("BillingAccountId", "BillingAccountName", "BillingCurrency", "PricingQuantity")
    expected = {
        **dict.fromkeys((f"{name}/present" for name in columns), None),
        "columns/older-name": None,
        "PricingCategory/allowed": 1,
        "SkuId/filled": 3,
        "SkuPriceId/filled": 3,
        "Tags/key-value": 2,
    }
    assert errors == expected
    warnings = broken(document, "warning")["infercost.csv"]
    assert warnings.items() >= {"PricingUnit/unit": 1, "columns/hyphen": None}.items()
    (older,) = (
        rule for rule in document["datasets"][0]["rules"] if rule["id"] == "columns/older-name"
    )
    assert [one["column"] for one in older["examples"]] == [
        *("Currency", "Region", "UsageQuantity", "UsageUnit")
    ]


def test_infercost_s_own_export_is_known_by_its_columns(tmp_path: Path) -> None:
    """Then it is judged by its own column list, and its Tags are broken still."""
    (tmp_path / "infercost.csv").write_bytes(csv_bytes(infercost_rows()))
    document = told(tmp_path)
    (dataset,) = document["datasets"]
    assert (dataset["version"], dataset["versionKnown"]) == (
        "infercost-1.0",
        ["guessed from the columns"],
    )
    errors = broken(document)["infercost.csv"]
    assert errors["Tags/key-value"] == 2
    assert not {name for name in errors if name.startswith(("Currency", "Region", "Pricing"))}


@pytest.mark.parametrize(("flags", "code"), [((), 0), (("--strict",), 3)])
def test_the_hyphen_in_a_custom_column_is_a_matter_of_strictness(
    flags: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_bytes(csv_bytes([{**GOOD, "x-Foo": "a"}]))
    run = infer_focus("validate", str(tmp_path), "--layout", "1.3", *flags, env={})
    assert run.code == code
    (line,) = (line for line in run.stdout.splitlines() if "columns/hyphen" in line)
    assert line.split()[0] == ("FAILED" if code else "WARNING")
    assert "rows.csv x-Foo starts with x-" in line


def test_names_and_values_of_strangers_stay_in_their_line(tmp_path: Path) -> None:
    """And are no markup, no terminal codes and no traceback."""
    rows = [good(Tags="[bold]\x1b[31m\nTraceback")]
    (tmp_path / "a\nb[red]\x07.csv").write_bytes(csv_bytes(rows))
    (tmp_path / os.fsdecode(b"\xff.csv")).write_bytes(b"")
    run = infer_focus("validate", str(tmp_path), "--layout", "1.3", env={})
    assert (run.code, run.stderr) == (3, "")
    assert run.stdout.isprintable() is False  # the line ends only:
    assert all(line.isprintable() for line in run.stdout.splitlines())
    assert r'a\nb[red]\x07.csv:1 Tags "[bold]\x1b[31m\nTraceback" ' in run.stdout
    assert r"\udcff.csv is empty, without a header" in run.stdout
    assert infer_focus("validate", str(tmp_path), "--format", "json", env={}).code == 3


def test_every_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """One line each, however many; the others are checked."""
    for number in range(12):
        (tmp_path / f"{number:02d}.csv").write_bytes(b"")
    (tmp_path / "good.csv").write_bytes(csv_bytes([good()]))
    run = infer_focus("validate", str(tmp_path), env={})
    assert run.code == 3
    assert run.stdout.count("is empty, without a header\n") == 12
    assert "12 of 13" in run.stdout
    assert "\nFOCUS 1.3 (guessed from the columns): 1 file, 1 row\n" in run.stdout
