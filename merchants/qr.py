"""The QR code that a store shows: who is to be paid, and nothing of how much.

A static code, EMVCo merchant-presented, with an identifier of this project's own: it is built as
JPQR is and is not JPQR (docs/RULES.md, section 7). The text names the store; what it is called
there is for people who read the code with another program.
"""

import re
from dataclasses import dataclass
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

_STATIC: Final = "11"
_TEMPLATE: Final = "26"
_TEMPLATES: Final = tuple(f"{tag:02}" for tag in range(26, 52))
_RETAIL: Final = "5999"
_YEN: Final = "392"
_JAPAN: Final = "JP"
_OURS: Final = emv.join({"00": GUID})
_HEX_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class StoreQr:
    """What a store's code says: its id, its name (25 characters of it) and its city in ASCII."""

    store_id: UUID
    name: str
    city: str


def encode(store: StoreQr) -> str:
    """The text of the store's code. What is too long for a code is cut."""
    assert _is_plain(store.city), "the city of a code is in ASCII"
    hex_id = store.store_id.hex
    name = store.name[:LONGEST_NAME]
    return emv.write(
        {
            "01": _STATIC,
            _TEMPLATE: emv.join({"00": GUID, "01": hex_id}),
            "52": _RETAIL,
            "53": _YEN,
            "58": _JAPAN,
            # Tag 59 is for Latin letters: a name in others gives way to the end of the id.
            "59": name if _is_plain(name) else f"STORE {hex_id[-8:].upper()}",
            "60": store.city[:LONGEST_CITY],
            "64": emv.join({"00": "JA", "01": name}),
        }
    )


@lru_cache(maxsize=4096)
def parse(text: str) -> StoreQr:
    """The store that a scanned code names.

    Raises qr-foreign when the text does not begin as such codes do, or is a whole code that names
    no store of a Meguri region, and qr-damaged when it is no whole code. Whether there is such a
    store is asked elsewhere.
    """
    fields = emv.read(text)
    template = _own_template(fields)
    hex_id = template.get("01", "")
    # A code with an amount is another kind of code: nobody may pay it as if it named none.
    is_ours = fields.get("01") == _STATIC and fields.get("53") == _YEN and "54" not in fields
    if not is_ours or not _HEX_ID.fullmatch(hex_id):
        raise Problem(QR_DAMAGED)
    latin, city = fields.get("59"), fields.get("60")
    if latin is None or city is None:
        raise Problem(QR_DAMAGED)
    local = emv.split(fields.get("64", ""))
    return StoreQr(UUID(hex_id), local.get("01", latin), city)


def _own_template(fields: dict[str, str]) -> dict[str, str]:
    """Our template among those of all services that share the code; theirs are not looked into."""
    for tag in _TEMPLATES:
        if fields.get(tag, "").startswith(_OURS):
            return emv.split(fields[tag])
    raise Problem(QR_FOREIGN)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()
