"""The QR code that a store shows: who is to be paid, and on a bill also how much and until when.

EMVCo merchant-presented, with an identifier of this project's own: it is built as JPQR is and is
not JPQR (docs/RULES.md, section 7). The text names the store; what it is called there is for
people who read the code with another program.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from core.errors import Problem
from merchants import emv
from merchants.emv import QR_DAMAGED, QR_FOREIGN

GUID: Final = "dev.meguri"
"""Whose template it is; sub-tag 01 of it is the store's id in 32 hexadecimal digits."""

LONGEST_NAME: Final = 25
LONGEST_CITY: Final = 15
LONGEST_LABEL: Final = 25
SEAL_DIGITS: Final = 24

_STATIC: Final = "11"
_DYNAMIC: Final = "12"
_TEMPLATE: Final = "26"
_TEMPLATES: Final = tuple(f"{tag:02}" for tag in range(26, 52))
_BILL_TEMPLATE: Final = "80"
"""Of those that EMVCo leaves to whoever has a GUID: which bill it is, its last second, its seal."""
_RETAIL: Final = "5999"
_YEN: Final = "392"
_JAPAN: Final = "JP"
_OURS: Final = emv.join({"00": GUID})
_HEX_ID: Final = re.compile(r"[0-9a-f]{32}")
_AMOUNT: Final = re.compile(r"[1-9][0-9]{0,9}")
_SECOND: Final = re.compile(r"[1-9][0-9]{9}")
_SEAL: Final = re.compile(rf"[0-9a-f]{{{SEAL_DIGITS}}}")


@dataclass(frozen=True, slots=True)
class Bill:
    """What a dynamic code asks for (請求): it is paid once, whole, and in time."""

    bill_id: UUID
    amount_yen: int
    reference: str
    """The shop's own name for it, up to 25 printable characters of ASCII; may be empty."""
    expires_at: datetime
    """Aware, in whole seconds: the moment from which on it is not paid any more."""
    seal: str = ""
    """24 hexadecimal digits, by which `merchants.bill_seal` knows that the shop asked for this."""


@dataclass(frozen=True, slots=True)
class StoreQr:
    """What a store's code says: its id, its name (25 characters of it) and its city in ASCII."""

    store_id: UUID
    name: str
    city: str
    terminal: str = ""
    """Which till or table it stands at, up to 25 printable characters of ASCII."""
    bill: Bill | None = None
    """None in the code that a shop prints: the resident types the amount."""


def encode(store: StoreQr) -> str:
    """The text of the store's code. A name or city that is too long for a code is cut."""
    assert _is_plain(store.city), "the city of a code is in ASCII"
    hex_id = store.store_id.hex
    name = store.name[:LONGEST_NAME]
    return emv.write(
        {
            "01": _STATIC if store.bill is None else _DYNAMIC,
            _TEMPLATE: emv.join({"00": GUID, "01": hex_id}),
            "52": _RETAIL,
            "53": _YEN,
            **({} if store.bill is None else {"54": str(store.bill.amount_yen)}),
            "58": _JAPAN,
            # Tag 59 is for Latin letters: a name in others gives way to the end of the id.
            "59": name if _is_plain(name) else f"STORE {hex_id[-8:].upper()}",
            "60": store.city[:LONGEST_CITY],
            **_labels(store),
            "64": emv.join({"00": "JA", "01": name}),
            **({} if store.bill is None else {_BILL_TEMPLATE: _bill_template(store.bill)}),
        }
    )


@lru_cache(maxsize=4096)
def parse(text: str) -> StoreQr:
    """The store that a scanned code names, and the bill.

    Raises qr-foreign when the text does not begin as such codes do, or is a whole code that names
    no store of a Meguri region, and qr-damaged when it is no whole code. Whether there is such a
    store, and whether a bill is genuine, was paid or is over, is asked elsewhere.
    """
    fields = emv.read(text)
    template = _own_template(fields)
    hex_id = template.get("01", "")
    if fields.get("53") != _YEN or not _HEX_ID.fullmatch(hex_id):
        raise Problem(QR_DAMAGED)
    latin, city = fields.get("59"), fields.get("60")
    if latin is None or city is None:
        raise Problem(QR_DAMAGED)
    local = emv.split(fields.get("64", ""))
    labels = emv.split(fields.get("62", ""))
    return StoreQr(
        UUID(hex_id),
        local.get("01", latin),
        city,
        _label(labels, "07"),
        _bill(fields, _label(labels, "05")),
    )


def is_label(text: str) -> bool:
    """Whether a text can be a reference or the name of a terminal: ASCII that prints, 1 to 25."""
    return 1 <= len(text) <= LONGEST_LABEL and _is_plain(text)


def _labels(store: StoreQr) -> dict[str, str]:
    reference = store.bill.reference if store.bill else ""
    said = {tag: label for tag, label in (("05", reference), ("07", store.terminal)) if label}
    assert all(map(is_label, said.values())), "labels are checked where they come in"
    return {"62": emv.join(said)} if said else {}


def _bill_template(bill: Bill) -> str:
    second = int(bill.expires_at.timestamp())
    return emv.join({"00": GUID, "01": bill.bill_id.hex, "02": str(second), "03": bill.seal})


def _bill(fields: Mapping[str, str], reference: str) -> Bill | None:
    """The bill of a dynamic code; a code that is neither one nor the other is damaged."""
    said, amount = fields.get(_BILL_TEMPLATE), fields.get("54")
    if fields.get("01") == _STATIC and said is None and amount is None and not reference:
        return None
    if fields.get("01") != _DYNAMIC or said is None or not said.startswith(_OURS):
        raise Problem(QR_DAMAGED)
    template = emv.split(said)
    hex_id, second, seal = (template.get(tag, "") for tag in ("01", "02", "03"))
    is_whole = _HEX_ID.fullmatch(hex_id) and _SECOND.fullmatch(second) and _SEAL.fullmatch(seal)
    if not is_whole or amount is None or not _AMOUNT.fullmatch(amount):
        raise Problem(QR_DAMAGED)
    expires_at = datetime.fromtimestamp(int(second), UTC)
    return Bill(UUID(hex_id), int(amount), reference, expires_at, seal)


def _label(labels: Mapping[str, str], tag: str) -> str:
    label = labels.get(tag, "")
    if label and not is_label(label):
        raise Problem(QR_DAMAGED)
    return label


def _own_template(fields: Mapping[str, str]) -> dict[str, str]:
    """Our template among those of all services that share the code; theirs are not looked into."""
    for tag in _TEMPLATES:
        if fields.get(tag, "").startswith(_OURS):
            return emv.split(fields[tag])
    raise Problem(QR_FOREIGN)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()
