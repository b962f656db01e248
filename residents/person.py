"""A person in the ledger, by id alone: what decisions about payments read of who pays."""

from typing import Final

from core.errors import problem

PERSON_UNKNOWN: Final = problem("person-unknown", 404, "There is no such person.")
CONFIRMATION_NEEDED: Final = problem(
    "confirmation-needed", 403, "This must be confirmed: by a device's signature, or by the PIN."
)
