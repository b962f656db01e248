"""What the application's role may do with each whole table, as `torture/roles/allowed.py` says it.

That list is the only one that is written by hand. It is compared twice: with the catalog, by the
tests beside this file, and with what PostgreSQL really lets each role do, by `tests/torture/`.
"""

from typing import Final

from torture.roles.allowed import ALLOWED

RIGHTS: Final = {
    relation: frozenset(operation for operation, columns in rights.items() if columns is None)
    for relation, rights in ALLOWED["meguri_app"].items()
}
"""By the full name. A right on some columns only, as on reader's `seq`, is none on the table."""

OF_THE_CITY: Final = frozenset(ALLOWED["meguri_city"])
"""The views that `meguri_city` reads, and nothing else."""

OF_THE_OWNER: Final = OF_THE_CITY | {
    "campaigns.standing", "campaigns.journal", "campaigns.benefit_standing",
    "notifications.dead_letter",
}  # fmt: skip
"""Views that read as their owner and name the session's region themselves."""

OF_ALL_REGIONS: Final = {
    "ledger.deployment", "ledger.region", "ledger.account_kind", "ledger.entry_kind",
    "access.revocation", "meguri.alembic_version", "meguri.migration_digest", "seals.key",
}  # fmt: skip
"""Tables without row-level security: what they hold is no region's secret."""
