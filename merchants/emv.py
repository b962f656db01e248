"""EMVCo merchant-presented codes as text: tags, lengths, and the check at the end.

The layout (docs/RULES.md, section 7): tag of two digits, length of two digits in characters, value;
first `000201`, last `6304` and a CRC over the UTF-8 bytes of everything before its value.
"""

from binascii import crc_hqx
from collections.abc import Iterable, Mapping
from typing import Final

from core.errors import Problem, problem

QR_DAMAGED: Final = problem("qr-damaged", 422, "This QR code is damaged or incomplete.")
QR_FOREIGN: Final = problem("qr-foreign", 422, "This QR code belongs to another payment service.")

MOST_BYTES: Final = 512
LONGEST_VALUE: Final = 99

_FIRST: Final = "000201"
_CHECK: Final = "6304"
_CHECK_LENGTH: Final = len(_CHECK) + 4


def write(fields: Mapping[str, str]) -> str:
    """The code of `fields` by tag, in their order, between its first tag and its check.

    Values have 1 to 99 characters, the whole at most 512 bytes; anything else is a bug.
    """
    unsigned = _FIRST + join(fields) + _CHECK
    text = unsigned + f"{crc16(unsigned.encode()):04X}"
    assert len(text.encode()) <= MOST_BYTES, "the code is too long"
    return text


def read(text: str) -> dict[str, str]:
    """The fields of a code by tag, without its first tag and its check.

    Raises qr-foreign for what does not begin as a code does: many services have an address in
    theirs. Raises qr-damaged: too long, not ended as a code is, a wrong CRC (its digits are upper
    case), a length that does not fit, a tag that stands twice.
    """
    if not text.startswith(_FIRST):
        raise Problem(QR_FOREIGN)
    content = text.encode("utf-8", "surrogatepass")
    if len(content) > MOST_BYTES:
        raise Problem(QR_DAMAGED)
    unsigned, given = text[:-4], text[-4:]
    is_whole = unsigned.endswith(_CHECK) and len(text) >= len(_FIRST) + _CHECK_LENGTH
    if not is_whole or given != f"{crc16(content[:-4]):04X}":
        raise Problem(QR_DAMAGED)
    return split(text[len(_FIRST) : -_CHECK_LENGTH])


def join(fields: Mapping[str, str]) -> str:
    """Fields as text, without a check: also what stands inside of a template."""
    return "".join(_field(tag, value) for tag, value in fields.items())


def split(text: str) -> dict[str, str]:
    """The fields of a text without a check, by tag, in their order. Raises qr-damaged."""
    fields: dict[str, str] = {}
    place = 0
    while place < len(text):
        tag, length = text[place : place + 2], text[place + 2 : place + 4]
        if not _are_digits((tag, length)) or tag in fields:
            raise Problem(QR_DAMAGED)
        place += 4 + int(length)
        value = text[place - int(length) : place]
        if not value or len(value) != int(length):
            raise Problem(QR_DAMAGED)
        fields[tag] = value
    return fields


def crc16(content: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, starts at 0xFFFF; b"123456789" gives 0x29B1."""
    return crc_hqx(content, 0xFFFF)


def _field(tag: str, value: str) -> str:
    assert _are_digits((tag,)), tag
    assert 1 <= len(value) <= LONGEST_VALUE, tag
    return f"{tag}{len(value):02}{value}"


def _are_digits(pairs: Iterable[str]) -> bool:
    return all(len(pair) == 2 and pair.isascii() and pair.isdigit() for pair in pairs)
