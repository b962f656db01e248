"""Records of a transfer file: 120 bytes each, field by field, as the Zengin layout has them.

Numbers stand at the right and are filled up with zeros, texts at the left with spaces.
"""

from dataclasses import dataclass
from typing import Final, Literal

LENGTH: Final = 120
ENCODING: Final = "cp932"
"""Half-width kana and capital letters are one byte each in it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, whether it is a number, and how many bytes it has."""

    name: str
    kind: Literal["N", "C"]
    length: int


def _record(text: str) -> tuple[Field, ...]:
    fields = []
    for word in text.split():
        name, kind_and_length = word.split(":")
        kind: Literal["N", "C"] = "N" if kind_and_length[0] == "N" else "C"
        fields.append(Field(name, kind, int(kind_and_length[1:])))
    assert sum(field.length for field in fields) == LENGTH, "a record has 120 bytes"
    return tuple(fields)


HEADER: Final = _record(
    "record:N1 type:N2 code:N1 sender_code:N10 sender_name:C40 day:N4 bank:N4 bank_name:C15"
    " branch:N3 branch_name:C15 account_type:N1 account_number:N7 rest:C17"
)
DATA: Final = _record(
    "record:N1 bank:N4 bank_name:C15 branch:N3 branch_name:C15 clearing:N4 account_type:N1"
    " account_number:N7 holder:C30 amount:N10 new:N1 customer_1:N10 customer_2:N10 way:N1 mark:C1"
    " rest:C7"
)
TRAILER: Final = _record("record:N1 count:N6 total:N12 rest:C101")
END: Final = _record("record:N1 rest:C119")

LAYOUTS: Final = {"1": HEADER, "2": DATA, "8": TRAILER, "9": END}
"""By the first byte of a record."""


class UnwritableError(ValueError):
    """What does not fit into a field; its name is the argument."""


def write_record(layout: tuple[Field, ...], **values: str | int) -> bytes:
    """One record of 120 bytes. Raises UnwritableError for what has no room in its field."""
    written = b"".join(_write(field, values.get(field.name, "")) for field in layout)
    assert len(written) == LENGTH, "a record has 120 bytes"
    return written


def read_record(layout: tuple[Field, ...], record: bytes) -> dict[str, str]:
    """The fields of a record, without what fills them up on the right."""
    values, at = {}, 0
    for field in layout:
        raw = record[at : at + field.length]
        values[field.name] = raw.decode(ENCODING).rstrip(" ")
        at += field.length
    return values


def _write(field: Field, value: str | int) -> bytes:
    try:
        raw = str(value).encode(ENCODING)
    except UnicodeEncodeError:
        raise UnwritableError(field.name) from None
    if field.kind == "N":
        if not (raw.isdigit() or not raw):
            raise UnwritableError(field.name)
        raw = raw.rjust(field.length, b"0")
    else:
        raw = raw.ljust(field.length, b" ")
    if len(raw) != field.length:
        raise UnwritableError(field.name)
    return raw
