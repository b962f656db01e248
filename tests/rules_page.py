"""The tables of docs/RULES.md, for the tests that run their rows."""

from pathlib import Path
from typing import Final

_PAGE: Final = Path(__file__).parent.parent / "docs" / "RULES.md"


def table_under(head: str) -> list[list[str]]:
    """The cells of each row of the table that has this head, as it stands on the page."""
    lines = iter(_PAGE.read_text().splitlines())
    for line in lines:
        if line == head:
            break
    else:
        raise AssertionError(f"docs/RULES.md has no table {head}")
    assert next(lines).startswith("|--"), "below a head stands its rule"
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def number_of(cell: str) -> int:
    """¥1,000 is 1000."""
    return int(cell.removeprefix("¥").replace(",", ""))
