"""E-mail addresses: one spelling of each, in ASCII, so that one person is one login."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

import idna

LONGEST: Final = 254
LONGEST_LOCAL: Final = 64
"""RFC 5321, 4.5.3.1."""

_LOCAL: Final = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


class BadEmailError(ValueError):
    """The text is no address that is taken here. It is never quoted."""


@dataclass(frozen=True, slots=True)
class Email:
    """An address as letters go to it, and the key under which it stands once."""

    address: str
    key: str


def read_email(given: str) -> Email:
    """The address that was given, or BadEmailError.

    Full-width letters are letters (NFKC), capitals make no other person, a domain may be written in
    its own letters (IDNA) and end with a dot. What is not ASCII then is refused: a local part in
    letters that look like others would be a second person whom nobody can tell from the first.
    `+tag` stays: whether it is the same mailbox, only its provider knows. Letters go to the address
    as it was understood here, never as it was typed.
    """
    if len(given) > LONGEST:
        raise BadEmailError("too long")
    text = unicodedata.normalize("NFKC", given).strip(" ")
    local, at, domain = text.rpartition("@")
    if not at or not local.isascii() or len(local) > LONGEST_LOCAL:
        raise BadEmailError("no local part in ASCII")
    if not _LOCAL.fullmatch(local.lower()):
        raise BadEmailError("no local part")
    ascii_domain = _domain(domain)
    address = f"{local}@{ascii_domain}"
    if len(address) > LONGEST:
        raise BadEmailError("too long")
    return Email(address, address.lower())


def _domain(text: str) -> str:
    """The domain's name in ASCII (UTS 46), with two labels or more."""
    try:
        made = idna.encode(text, uts46=True, std3_rules=True).decode().lower().removesuffix(".")
    except (idna.IDNAError, UnicodeError) as error:
        raise BadEmailError("no domain") from error
    if "." not in made or made.rpartition(".")[2].isdigit():
        raise BadEmailError("no domain of two labels")
    return made
