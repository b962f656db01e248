"""Reads transfer files (総合振込) by the columns of the bank's table, and knows none of our code.

Written from the layout alone: positions counted from 1 and inclusive, one byte a column. What is
not as the table has it is an AssertionError that says which record, and what of it.
"""

from dataclasses import dataclass

LENGTH = 120

# Columns of each kind of record: N are digits, C is text from the left, then spaces; the rest is
# what must stand there.
HEADER = """
    1-1=1 2-3=21 4-4=0 sender_code:5-14:N sender:15-54:C day:55-58:N bank:59-62:N
    bank_name:63-77:C branch:78-80:N branch_name:81-95:C type:96-96:N number:97-103:N 104-120=
"""
DATA = """
    1-1=2 bank:2-5:N bank_name:6-20:C branch:21-23:N branch_name:24-38:C 39-42=0000 type:43-43:N
    number:44-50:N holder:51-80:C yen:81-90:N new:91-91:N customer:92-111:N 112-112=7 114-120=
    mark:113-113:C
"""
TRAILER = "1-1=8 count:2-7:N yen:8-19:N 20-120="
END = "1-1=9 2-120="

DIGITS = set(b"0123456789")
CAPITALS = set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
# Half-width kana of one byte each: b1 to dd are ｱ to ﾝ, de and df the marks. a6 is ｦ, a7 to af are
# small, b0 is the long vowel: none of them stands in a name.
KANA = set(range(0xB1, 0xE0))
NAMES = DIGITS | CAPITALS | KANA | set(b" ().-")
NAMES_OF_BANKS = DIGITS | CAPITALS | KANA | set(b" -")
VOICED_MARK, HALF_VOICED_MARK = 0xDE, 0xDF
TAKE_A_MARK = {
    VOICED_MARK: {0xB3, *range(0xB6, 0xC5), *range(0xCA, 0xCF)},  # ｳ, ｶ to ﾄ, ﾊ to ﾎ
    HALF_VOICED_MARK: set(range(0xCA, 0xCF)),  # ﾊ to ﾎ
}


@dataclass(frozen=True)
class ReadFile:
    """What a file says: the fields of its head, those of each transfer, and its sum."""

    head: dict[str, bytes]
    transfers: list[dict[str, bytes]]
    yen: int


def read_by_column(content: bytes, separator: bytes) -> ReadFile:
    """All fields as bytes, texts without the spaces that fill them up."""
    step = LENGTH + len(separator)
    assert len(content) % step == 0, "a file is whole records"
    records = []
    for at in range(0, len(content), step):
        records.append(content[at : at + LENGTH])
        assert content[at + LENGTH : at + step] == separator, f"what stands after record {at}"
    assert len(records) > 3, "a head, transfers, a trailer, an end"
    head, *transfers, trailer, end = records
    first = _fields(HEADER, head)
    found = [_fields(DATA, record) for record in transfers]
    said = _fields(TRAILER, trailer)
    _fields(END, end)
    _check_names(first, ("sender",))
    for each in found:
        _check_names(each, ("holder",))
        assert each["type"] in {b"1", b"2", b"4", b"9"}, "type of account"
        assert each["new"] in {b"0", b"1", b"2"}, "new code"
        assert each["mark"] in {b"", b"Y"}, "mark"
        assert int(each["yen"]) > 0, "no amount of nothing"
    assert first["type"] in {b"1", b"2", b"9"}, "type of the own account"
    yen = sum(int(each["yen"]) for each in found)
    assert (int(said["count"]), int(said["yen"])) == (len(found), yen), "totals"
    return ReadFile(first, found, yen)


def _fields(layout: str, record: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    seen: set[int] = set()
    for word in layout.split():
        name, _, fixed = word.partition("=")
        parts = name.split(":")
        first, last = map(int, parts[-1 if len(parts) == 1 else 1].split("-"))
        raw = record[first - 1 : last]
        columns = set(range(first, last + 1))
        assert not seen & columns, f"the table itself: {word}"
        seen |= columns
        if len(parts) == 1:
            assert raw.decode("latin-1") == fixed.ljust(last - first + 1), f"{word}: {raw!r}"
        elif parts[2] == "N":
            assert set(raw) <= DIGITS, f"{word}: {raw!r}"
            found[parts[0]] = raw
        else:
            text = raw.rstrip(b" ")
            assert not text.startswith(b" "), f"{word}: {raw!r}"
            found[parts[0]] = text
    assert seen == set(range(1, LENGTH + 1)), "the table has every column"
    return found


def _check_names(fields: dict[str, bytes], names: tuple[str, ...]) -> None:
    for name, allowed in (
        *((each, NAMES) for each in names),
        ("bank_name", NAMES_OF_BANKS),
        ("branch_name", NAMES_OF_BANKS),
    ):
        text = fields[name]
        assert text, f"{name} is empty"
        assert set(text) <= allowed, f"{name}: {text!r}"
        for before, mark in zip(b" " + text, text, strict=False):
            assert mark not in TAKE_A_MARK or before in TAKE_A_MARK[mark], f"{name}: {text!r}"
