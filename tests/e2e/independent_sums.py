"""What written files add up to, by DuckDB: nothing is shared with exporter.chargeback."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

#: The same in every layout; of the others a file may have none.
_COST, _TOKENS = "EffectiveCost", ("TokensInput", "TokensOutput")
_FURTHER = ("GpuHours", "EnergyKWh", "AmortizationCost", "MaintenanceCost", "ElectricityCost")


@dataclass(frozen=True, slots=True)
class Files:
    """The data objects of a layout below a folder, and how their extension columns are called."""

    folder: Path
    form: str = "parquet"
    prefix: str = "x-Infer"

    def query(self, what: str, where: str = "true", group: str = "") -> list[tuple[object, ...]]:
        glob = str(self.folder / f"**/*.{self.form}")
        options = ", all_varchar=true, header=true" if self.form == "csv" else ""
        reader = "read_csv" if self.form == "csv" else "read_parquet"
        source = f"{reader}('{glob}', union_by_name=true, hive_partitioning=false{options})"
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            rows: list[tuple[object, ...]] = connection.execute(
                f"SELECT {what} FROM {source} WHERE {where} {group}"
            ).fetchall()
        return rows

    @property
    def columns(self) -> set[str]:
        rows = self.query("*", "false")
        assert rows == []
        return set(self._names())

    def _names(self) -> Iterator[str]:
        glob = str(self.folder / f"**/*.{self.form}")
        with duckdb.connect() as connection:
            described = connection.execute(f"DESCRIBE SELECT * FROM '{glob}'").fetchall()
        yield from (str(name) for name, *_ in described)

    def sums(self, where: str = "true") -> dict[str, Decimal]:
        """Everything that adds up, by the names that a report's JSON has for it."""
        names = [name for name in _FURTHER if self.prefix + name in self.columns]
        sums = [_sum(_COST), *(_sum(self.prefix + name) for name in (*_TOKENS, *names))]
        ((*found,),) = self.query(", ".join(sums), where)
        told = ["cost", "tokensInput", "tokensOutput", *map(_told, names)]
        return {name: Decimal(str(value)) for name, value in zip(told, found, strict=True)}

    def cost_by(self, key: str, where: str = "true") -> dict[str | None, Decimal]:
        """EffectiveCost by an expression of SQL."""
        rows = self.query(f"{key}, {_sum(_COST)}", where, "GROUP BY ALL")
        return {None if k is None else str(k): Decimal(str(cost)) for k, cost in rows}


def _sum(column: str) -> str:
    return f'sum("{column}"::DECIMAL(38, 18))'


def _told(name: str) -> str:
    plain = name.removesuffix("Cost")
    return "energyKwh" if plain == "EnergyKWh" else plain[0].lower() + plain[1:]


def as_decimals(told: dict[str, object], names: Sequence[str]) -> dict[str, Decimal]:
    """Some of the sums that a report's JSON tells."""
    return {name: Decimal(str(told[name])) for name in names}
