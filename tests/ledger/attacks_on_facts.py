"""What may be tried with facts about people on ledger.write(), beside the other attacks."""

import json
from hashlib import sha256
from typing import Final

from tests.ledger import attacks
from tests.ledger.attacks import CHECK, Spoil, put, set_to, spoiled
from tests.ledger.batches import Batch, World

ATTACKS: Final = attacks.ATTACKS
"""All of them: those here are added."""
SALT: Final = bytes(range(16))
KNOWN: Final = '{"tier":"unverified"}'


def _held(salt: bytes = SALT, known: str = KNOWN) -> str:
    return json.dumps({"person_facts": sha256(salt + known.encode()).hexdigest()})


def _apart(salt: bytes | None = SALT, known: str | None = KNOWN) -> Spoil:
    def put(batch: Batch, _: World) -> None:
        batch.f_salt, batch.f_facts = [salt], [known]

    return put


def _all(*spoils: Spoil) -> Spoil:
    def spoil(batch: Batch, world: World) -> None:
        for each in spoils:
            each(batch, world)

    return spoil


spoiled("MG011", "a_commitment_to_facts_that_are_not_there", put("e_facts", 0, _held()))
spoiled("MG011", "facts_about_a_person_without_a_commitment", _apart())
for name, of_it in {
    "other_facts": _apart(known="{}"),
    "another_salt": _apart(salt=bytes(16)),
    "no_salt": _apart(salt=None),
    "no_facts": _apart(known=None),
    "a_salt_too_many": _all(_apart(), set_to("f_salt", [SALT, SALT])),
    "facts_too_many": _all(_apart(), set_to("f_facts", [KNOWN, KNOWN])),
}.items():
    spoiled("MG011", f"a_commitment_with_{name}", _all(put("e_facts", 0, _held()), of_it))
spoiled(
    "MG011",
    "a_second_commitment_without_facts",
    _all(put("e_facts", 0, _held()), _apart(), put("e_facts", 1, _held())),
)
spoiled(
    CHECK,
    "a_salt_that_can_be_guessed",
    _all(put("e_facts", 0, _held(b"short")), _apart(salt=b"short")),
)
spoiled(
    "MG011",
    "facts_of_two_entries_in_the_wrong_order",
    _all(
        put("e_facts", 0, _held()),
        put("e_facts", 1, _held(known="{}")),
        set_to("f_salt", [SALT, SALT]),
        set_to("f_facts", ["{}", KNOWN]),
    ),
)
spoiled("MG007", "facts_about_a_person_in_no_list", set_to("f_facts", None))
