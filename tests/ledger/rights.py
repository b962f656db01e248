"""What the application's role may do with each table, and where each table stands."""

from typing import Final

READ: Final = frozenset({"SELECT"})
RIGHTS: Final = {
    **dict.fromkeys(
        (
            *("deployment", "region", "account_kind", "entry_kind", "head", "holder", "account"),
            *("entry", "posting", "counter", "event"),
        ),
        READ,
    ),
    "reader": READ | {"INSERT"},
    **dict.fromkeys(("merchant", "store"), READ | {"INSERT", "UPDATE"}),
    "terms": READ | {"INSERT"},
    **dict.fromkeys(("standing", "journal", "approval", "region_settings"), READ),
    "revocation": READ | {"INSERT", "DELETE"},
    **dict.fromkeys(
        (
            "login",
            "post",
            "invitation",
            "device",
            "login_device",
            "session",
            "client",
            "request",
            "person",
            "number_change",
        ),
        READ | {"INSERT", "UPDATE"},
    ),
    **dict.fromkeys(
        ("refresh", "challenge", "allowance", "failure", "message", "recovery_code"),
        READ | {"INSERT", "UPDATE", "DELETE"},
    ),
    **dict.fromkeys(("verification", "consent"), READ | {"INSERT"}),
    "act": READ,
    **dict.fromkeys(("block", "salt", "erasure", "publication", "key"), READ),
    **dict.fromkeys(("alembic_version", "migration_digest"), READ),
}
"""Every right on a whole table; reader's `seq` can be updated besides."""

OF_ALL_REGIONS: Final = {
    "deployment", "region", "account_kind", "entry_kind", "revocation", "alembic_version",
    "migration_digest", "key",
}  # fmt: skip
"""Tables without row-level security: what they hold is no region's secret."""

OF_THE_CITY: Final = {"standing", "journal", "approval", "region_settings"}
"""The views that `meguri_city` reads, and nothing else."""

SCHEMA: Final = {
    **dict.fromkeys(("merchant", "store"), "merchants"),
    **dict.fromkeys(("terms", "standing", "journal", "approval"), "campaigns"),
    **dict.fromkeys(("block", "salt", "erasure", "publication"), "seals"),
    **dict.fromkeys(("person", "number_change", "verification", "consent"), "residents"),
    **dict.fromkeys(
        (
            "login",
            "post",
            "invitation",
            "device",
            "login_device",
            "session",
            "refresh",
            "challenge",
            "allowance",
            "failure",
            "recovery_code",
            "message",
            "client",
            "request",
            "act",
        ),
        "access",
    ),
}
"""Tables that do not stand in the schema `ledger`."""
