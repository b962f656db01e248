"""The commitment (コミットメント) that an entry holds to facts about a person, which stand apart.

SHA-256 of a salt and the facts. With the row of `ledger.person_facts` anybody can tell that these
were the facts; once the row is erased the commitment tells nothing: nobody guesses 16 random bytes.
"""

import os
from hashlib import sha256
from typing import Final, NamedTuple

import orjson

from ledger.books import Facts

COMMITMENT: Final = "person_facts"
"""The fact of an entry that holds it, as hexadecimal digits."""
SALT_BYTES: Final = 16


class Apart(NamedTuple):
    """What stands apart of one entry."""

    salt: bytes
    facts: str
    """JSON with sorted names and no spaces: these very bytes were hashed."""

    @property
    def commitment(self) -> str:
        """What the entry holds of it; `ledger.write()` computes the same and compares."""
        return sha256(self.salt + self.facts.encode()).hexdigest()


def set_apart(facts: Facts) -> Apart:
    """These facts with a new salt: the same facts twice have nothing in common."""
    written = orjson.dumps(facts, option=orjson.OPT_SORT_KEYS).decode()
    return Apart(os.urandom(SALT_BYTES), written)
