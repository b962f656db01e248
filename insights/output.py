"""The bytes of a release: how they are made once of noisy figures, and read ever after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from insights.cells import Cells
from insights.mechanism import (
    CLIP_YEN,
    FEWEST_BUSINESSES,
    MOST_CELLS,
    SENSITIVITY_MILLI,
    VERSION,
    Mechanism,
)
from insights.released import Cell, Figure, Released, TableName

Interval = tuple[int, int, int]
"""A value, and between which two the true one lies in 95 of 100 releases."""

_Z_MILLI: Final = 1_960
"""Of so many thousandths of a standard deviation either way."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CellOut(_Strict):
    """One cell; without figures where it was suppressed."""

    keys: list[str] = Field(examples=[["kitazawa", "food"]])
    payers: Interval | None = Field(examples=[[312, 253, 371]])
    amounts: dict[str, Interval] | None = Field(
        examples=[{"spend_yen": [1_204_000, 765_730, 1_642_270]}]
    )


class MergedOut(_Strict):
    """Keys that are not told by themselves, and in which they are counted."""

    keys: list[str] = Field(examples=[["kitazawa", "books"]])
    into: list[str] = Field(examples=[["kitazawa", "food"]])


class Output(_Strict):
    """A table as it left, with everything that tells how its noise was made."""

    format: Literal[1]
    mechanism: int
    region: str
    table: TableName
    first_day: str
    last_day: str
    plan: str
    """SHA-256 of the plan's document."""
    unit: str
    clip_yen: int
    most_cells: int
    sensitivity_payers_milli: int
    cost_nano_rho: int
    sigma_yen: int
    sigma_payers_milli: int
    fewest_payers: int
    fewest_businesses: int
    cells: list[CellOut]
    merged: list[MergedOut]


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for; the same query has one answer for ever."""

    region: str
    table: TableName
    first_day: date
    last_day: date
    plan: bytes
    """SHA-256 of the plan's document."""

    @property
    def hash(self) -> bytes:
        """SHA-256 of it and of the version of the mechanism."""
        words = [
            "meguri-statistics", VERSION, self.region, self.table, self.first_day, self.last_day,
            self.plan.hex(),
        ]  # fmt: skip
        return sha256("\n".join(map(str, words)).encode()).digest()


def table_hash(mechanism: Mechanism, cells: Cells) -> bytes:
    """SHA-256 of how a table is made: keys, merges, bounds, noise. Of no figure."""
    told = [
        VERSION, mechanism.table, mechanism.weeks, mechanism.amounts, mechanism.cost, CLIP_YEN,
        MOST_CELLS, mechanism.sigma_yen, mechanism.sigma_payers_milli, mechanism.fewest_payers,
        cells.keys, sorted(cells.merged.items()), sorted(cells.withheld),
    ]  # fmt: skip
    return sha256(repr(told).encode()).digest()


def write_output(
    query: Query,
    mechanism: Mechanism,
    cells: Cells,
    amounts: Mapping[str, Sequence[int]],
    payers_milli: Sequence[int],
) -> bytes:
    """The bytes that are stored, of figures that are noisy already: nothing true goes in here."""
    told = []
    for place, keys in enumerate(cells.keys):
        is_told = (
            keys not in cells.withheld and payers_milli[place] >= mechanism.fewest_payers * 1_000
        )
        told.append(
            CellOut(
                keys=list(keys),
                payers=_of_payers(payers_milli[place], mechanism) if is_told else None,
                amounts={
                    name: _of_yen(amounts[name][place], mechanism) for name in mechanism.amounts
                }
                if is_told
                else None,
            )
        )
    output = Output(
        format=1,
        mechanism=VERSION,
        region=query.region,
        table=query.table,
        first_day=query.first_day.isoformat(),
        last_day=query.last_day.isoformat(),
        plan=query.plan.hex(),
        unit="person-week" if mechanism.weeks == 1 else "person-quarter",
        clip_yen=CLIP_YEN,
        most_cells=MOST_CELLS,
        sensitivity_payers_milli=SENSITIVITY_MILLI,
        cost_nano_rho=mechanism.cost,
        sigma_yen=mechanism.sigma_yen,
        sigma_payers_milli=mechanism.sigma_payers_milli,
        fewest_payers=mechanism.fewest_payers,
        fewest_businesses=FEWEST_BUSINESSES,
        cells=told,
        merged=[MergedOut(keys=list(keys), into=list(into)) for keys, into in cells.merged.items()],
    )
    return output.model_dump_json().encode()


def read_output(release_no: int, stored: bytes) -> Released:
    """A release as everybody downstream reads it."""
    output = Output.model_validate_json(stored)
    return Released(
        table=output.table,
        release_no=release_no,
        first_day=date.fromisoformat(output.first_day),
        last_day=date.fromisoformat(output.last_day),
        sigma_yen=output.sigma_yen,
        sigma_payers_milli=output.sigma_payers_milli,
        fewest_payers=output.fewest_payers,
        cells=tuple(map(_cell, output.cells)),
        output_sha256=sha256(stored).digest(),
        merged=tuple((tuple(each.keys), tuple(each.into)) for each in output.merged),
        cost=output.cost_nano_rho,
        plan_digest=bytes.fromhex(output.plan),
    )


def _cell(told: CellOut) -> Cell:
    return Cell(
        keys=tuple(told.keys),
        payers=None if told.payers is None else Figure(*told.payers),
        amounts_yen=None
        if told.amounts is None
        else {name: Figure(*each) for name, each in told.amounts.items()},
    )


def _of_yen(noisy: int, mechanism: Mechanism) -> Interval:
    """Outwards to whole yen."""
    reach = -(-_Z_MILLI * mechanism.sigma_yen // 1_000)
    return noisy, noisy - reach, noisy + reach


def _of_payers(noisy_milli: int, mechanism: Mechanism) -> Interval:
    """The nearest whole number of people, and outwards for the interval."""
    reach = -(-_Z_MILLI * mechanism.sigma_payers_milli // 1_000)
    low, high = (noisy_milli - reach) // 1_000, -(-(noisy_milli + reach) // 1_000)
    return (noisy_milli + 500) // 1_000, low, high
