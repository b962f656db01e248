"""Which places of a week's tables a notice could go to, as the end screen says it."""

from datetime import date

from insights.gate import smallest_estimate
from insights.released import Cell, Figure, Released, TableName
from town.week import count_suppressed, places_of

MONDAY, SUNDAY = date(2026, 11, 16), date(2026, 11, 22)


def a_table(name: TableName, *cells: Cell) -> Released:
    return Released(name, 1, MONDAY, SUNDAY, 316_228, 42_164, 105, cells, bytes(32))


def a_cell(payers: int, *keys: str) -> Cell:
    return Cell(keys, Figure(payers, payers - 83, payers + 83), {})


def test_a_place_passes_from_its_tables_own_estimate_on_and_the_largest_come_first() -> None:
    fewest = smallest_estimate("district")
    table = a_table(
        "district", a_cell(fewest - 1, "a"), Cell(("b",), None, None), a_cell(fewest, "c")
    )
    places = places_of([a_table("area_age_band", a_cell(900, "x", "75+")), table])
    assert [(place.keys, place.passes) for place in places] == [(("c",), True), (("a",), False)]
    assert count_suppressed([table]) == 1
