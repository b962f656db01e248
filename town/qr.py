"""A shop's QR text gone wrong: damaged, or of a shop that does not exist (EMVCo MPM)."""

from typing import Final

_ACCOUNT: Final = "26"
_CRC: Final = "6304"
_TURNED: Final = str.maketrans("0123456789abcdef", "5678901234fedcba")


def damaged(qr: str) -> str:
    """The text with one character changed in the middle; its CRC does not fit any more."""
    middle = len(qr) // 2
    other = "8" if qr[middle] != "8" else "3"
    return qr[:middle] + other + qr[middle + 1 :]


def of_unknown_shop(qr: str) -> str:
    """A well-formed code with a right CRC for a store that does not exist."""
    fields = _split(qr)
    account = _split(fields[_ACCOUNT])
    named = {tag: value if tag == "00" else _other_id(value) for tag, value in account.items()}
    fields[_ACCOUNT] = _join(named)
    del fields["63"]
    unsigned = _join(fields) + _CRC
    return unsigned + f"{crc16(unsigned.encode()):04X}"


def crc16(content: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, starts at 0xFFFF; b"123456789" gives 0x29B1."""
    crc = 0xFFFF
    for byte in content:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def _other_id(value: str) -> str:
    """Another id of the same shape: the last four characters that are hexadecimal are turned."""
    return value[:-4] + value[-4:].translate(_TURNED)


def _split(text: str) -> dict[str, str]:
    fields, place = {}, 0
    while place < len(text):
        tag, length = text[place : place + 2], int(text[place + 2 : place + 4])
        fields[tag] = text[place + 4 : place + 4 + length]
        place += 4 + length
    return fields


def _join(fields: dict[str, str]) -> str:
    return "".join(f"{tag}{len(value):02d}{value}" for tag, value in fields.items())
