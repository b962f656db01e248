"""Read a multiplier such as 1.25 from a command line, in ten thousandths: no float comes near."""

import re
from typing import Final

import typer

_NUMBER: Final = re.compile(r"([0-9]{1,2})(?:\.([0-9]{1,4}))?")


def multiplier_bp(text: str) -> int:
    """Ten thousandths of the number: "1.25" is 12500. Raises typer.BadParameter."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise typer.BadParameter("a multiplier is a number such as 1 or 1.25")
    whole, rest = found.groups()
    return int(whole) * 10_000 + int((rest or "").ljust(4, "0"))
