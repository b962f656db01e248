"""Passwords: what may be one, and whether it is the right one (argon2id, OWASP's parameters).

Any 12 to 128 characters will do (OWASP ASVS 5.0, 6.2): no rule says of which kinds, and nothing
is cut off. Refused is what is tried first by whoever guesses: the passwords, words and names that
zxcvbn counted as the most common ones.
"""

import asyncio
import unicodedata
from functools import cache
from itertools import chain
from typing import Final, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST: Final = 12
MOST: Final = 128
"""Characters of a password, after NFKC: the same text, typed on another keyboard, is the same."""

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODYS: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$ePqSNOJ5/D1BJL0I4Pk1YA"
    "$TlBW8A3cLKDSypI53qAq5siGLFE6fRf+3HlmZnMSgDo"
)
"""Of a password that nobody has: where there is none to compare with, it takes as long."""
_LEAST_OF_EMAIL: Final = 4

Weakness = Literal["common", "personal"]


def normal(password: str) -> str:
    """The password as it is counted, compared and hashed."""
    return unicodedata.normalize("NFKC", password)


def has_length(password: str) -> bool:
    """Whether it has as many characters as a new password must have."""
    return LEAST <= len(normal(password)) <= MOST


def weakness_of(password: str, email_key: str) -> Weakness | None:
    """Why a new password is easily guessed, if it is.

    Common is what stands in the list, also with digits or signs behind it or several times over.
    Personal is what has the e-mail in it, or a good part of it, or the name of this program.
    """
    text = normal(password).casefold()
    local, _, domain = email_key.partition("@")
    parts = (email_key, local, domain.partition(".")[0], "meguri")
    if any(part in text for part in parts if len(part) >= _LEAST_OF_EMAIL):
        return "personal"
    stem = text.rstrip("0123456789!?.,-_#$%&* ")
    if any(one in _common() for one in (text, stem, _repeated(text), _repeated(stem))):
        return "common"
    return None


async def hash_password(password: str) -> str:
    """The hash of a new password; it takes a thread some 20 ms."""
    return await asyncio.to_thread(_HASHER.hash, normal(password))


async def is_password(hashed: str | None, given: str) -> bool:
    """Whether `given` is the password of this hash. Without a hash it is not, as slowly."""
    return await asyncio.to_thread(_verify, hashed or _NOBODYS, normal(given)) and bool(hashed)


def _verify(hashed: str, given: str) -> bool:
    try:
        return _HASHER.verify(hashed, given)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # megabytes: only where passwords are set

    return frozenset(chain.from_iterable(FREQUENCY_LISTS.values()))


def _repeated(text: str) -> str:
    """The shortest text that `text` repeats: `abab` is `ab`, twice."""
    again = (text + text).find(text, 1)
    return text[:again]
