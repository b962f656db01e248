"""Read a file of bulk transfers back, and say by which record and which rule one is broken."""

from dataclasses import dataclass
from typing import Final

from core.errors import Problem, problem
from merchants.bank_record import ENCODING, LAYOUTS, LENGTH, read_record

BANK_FILE_BROKEN: Final = problem("bank-file-broken", 409, "This is no whole file of transfers.")

_MOST_RECORDS: Final = 1_000_002


@dataclass(frozen=True, slots=True, repr=False)
class WrittenTransfer:
    """One transfer as a file has it. It has no repr, lest an account number stand in a log."""

    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    account_type: str
    account_number: str
    holder: str
    amount_yen: int


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """What a file says."""

    sender_code: str
    sender_name: str
    month_and_day: str
    transfers: tuple[WrittenTransfer, ...]

    @property
    def total_yen(self) -> int:
        """What is transferred in all."""
        return sum(transfer.amount_yen for transfer in self.transfers)


def read_bank_file(content: bytes) -> WrittenFile:
    """What the file says. Refuses bank-file-broken with the record, from 1, and the rule.

    `length`: not 120 bytes; `order`: not one header, transfers, a trailer, an end; `number`: one
    that is none; `text`: not one byte each; `count`, `total`: not what the trailer says;
    `amount`: 0.
    """
    records = _records(content)
    kinds = "".join(chr(record[0]) for record in records)
    expected = "1" + "2" * (len(records) - 3) + "89"
    for place, (found, wanted) in enumerate(zip(kinds, expected, strict=False), start=1):
        if found != wanted:
            raise _broken(place, "order")
    if len(records) < 4 or kinds != expected:
        raise _broken(len(records), "order")
    fields = [_fields(record, place) for place, record in enumerate(records, start=1)]
    head, trailer = fields[0], fields[-2]
    transfers = tuple(_transfer(each, place) for place, each in enumerate(fields[1:-2], start=2))
    if int(trailer["count"]) != len(transfers):
        raise _broken(len(records) - 1, "count")
    found_file = WrittenFile(head["sender_code"], head["sender_name"], head["day"], transfers)
    if int(trailer["total"]) != found_file.total_yen:
        raise _broken(len(records) - 1, "total")
    return found_file


def _records(content: bytes) -> list[bytes]:
    step = LENGTH + 2 if content[LENGTH : LENGTH + 2] == b"\r\n" else LENGTH
    if not content or len(content) > _MOST_RECORDS * step:
        raise _broken(1, "length")
    records = []
    for place, at in enumerate(range(0, len(content), step), start=1):
        record = content[at : at + step]
        is_whole = len(record) == step and (step == LENGTH or record.endswith(b"\r\n"))
        if not is_whole or b"\r" in record[:LENGTH] or b"\n" in record[:LENGTH]:
            raise _broken(place, "length")
        records.append(record[:LENGTH])
    return records


def _fields(record: bytes, place: int) -> dict[str, str]:
    layout = LAYOUTS[chr(record[0])]
    try:
        fields = read_record(layout, record)
    except UnicodeDecodeError:
        raise _broken(place, "text") from None
    if any(len(text.encode(ENCODING)) != len(text) for text in fields.values()):
        raise _broken(place, "text")
    for field in layout:
        text = fields[field.name]
        is_number = len(text) == field.length and text.isascii() and text.isdigit()
        if field.kind == "N" and not is_number:
            raise _broken(place, "number")
    return fields


def _transfer(fields: dict[str, str], place: int) -> WrittenTransfer:
    if int(fields["amount"]) == 0:
        raise _broken(place, "amount")
    return WrittenTransfer(
        fields["bank"],
        fields["bank_name"],
        fields["branch"],
        fields["branch_name"],
        fields["account_type"],
        fields["account_number"],
        fields["holder"],
        int(fields["amount"]),
    )


def _broken(record: int, rule: str) -> Problem:
    return Problem(BANK_FILE_BROKEN, record=record, rule=rule)
