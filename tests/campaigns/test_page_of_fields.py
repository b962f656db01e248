"""docs/CAMPAIGNS.md has a row for each field that the published schema has, and for no other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from campaigns.terms import terms_schema

PAGE: Final = Path(__file__).parents[2] / "docs" / "CAMPAIGNS.md"
BY_CLASS: Final = {"ClassRates", "ClassAmounts"}
"""Their fields are the classes of merchants, which the page names once."""
EFFECTS: Final = {"Effect", "Rebate", "Bonus"}
"""Theirs stand in tables of their own, wherever in the form an effect is said."""
SCHEMA: Final = terms_schema()


def paths_of(part: dict[str, Any], before: str = "") -> Iterator[str]:
    """Where a form can say something: `caps.per_payment_points`, `near_end.step_down.rebate`."""
    for name, field in part["properties"].items():
        inner = [SCHEMA["$defs"][ref] for ref in refs_of(field) if ref not in BY_CLASS | EFFECTS]
        if not inner:
            yield before + name
        for each in inner:
            yield from paths_of(each, f"{before}{name}.")


def refs_of(field: dict[str, Any]) -> list[str]:
    """The parts that a field is made of, whether it may be null or is a list of them."""
    options = [field, *field.get("anyOf", ())]
    options += [option["items"] for option in options if "items" in option]
    return [option["$ref"].rpartition("/")[2] for option in options if "$ref" in option]


def table(head: str) -> dict[str, str]:
    """For each name in the first cell of a row the rest of that row."""
    _, _, below = PAGE.read_text(encoding="utf-8").partition(f"\n| {head} |")
    rows = below.partition("\n\n")[0].split("\n")[2:]
    cells = (row.strip("| ").partition(" | ") for row in rows)
    return {name: rest for cell, _, rest in cells for name in re.findall(r"`([a-z_.]+)`", cell)}


def unexplained(paths: set[str], rows: dict[str, str]) -> set[str]:
    """The paths that have no row of their own, and are not named in the row of their parent."""
    return {
        path
        for path in paths - rows.keys()
        if f"`{path.rpartition('.')[2]}`" not in rows.get(path.rpartition(".")[0], "")
    }


def without_a_field(paths: set[str], rows: dict[str, str]) -> set[str]:
    """The rows that explain nothing."""
    return {row for row in rows if not any(f"{path}.".startswith(f"{row}.") for path in paths)}


def test_each_field_has_a_row_and_each_row_a_field() -> None:
    paths, rows = set(paths_of(SCHEMA)), table("field")
    assert unexplained(paths, rows) == set()
    assert without_a_field(paths, rows) == set()


def test_each_way_to_give_a_bonus_has_a_row_and_each_row_a_way() -> None:
    paths, rows = set(paths_of(SCHEMA["$defs"]["Bonus"])), table("bonus")
    lists = {name: says for name, says in table("way").items() if name in rows}
    assert unexplained(paths, rows | lists) == set()
    assert without_a_field(paths, rows) == set()


def test_each_way_to_grant_has_a_row_and_each_row_a_way() -> None:
    rows = table("way") | table("beside it")
    for name in ("Effect", "Rebate"):
        paths = set(paths_of(SCHEMA["$defs"][name]))
        mine = {row: says for row, says in rows.items() if "(rebate only)" not in says}
        mine = rows if name == "Rebate" else mine
        assert unexplained(paths, mine) == set()
        assert without_a_field(paths, mine) == set()
