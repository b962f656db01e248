"""The victims of a run: who they are, and by what names their things could be asked for."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from torture.stage import Stage

WORD: Final = "ぬすまれぬひと"
"""Stands in every name that a victim has: no stranger's answer may hold it."""

_ENTRIES: Final = """
    SELECT kind, entry_id::text AS id FROM ledger.entry
     WHERE region_id = $1 AND (holder_id = ANY ($2) OR other_id = ANY ($2))
"""
_OWN: Final = """
    SELECT 'session_id', session_id::text FROM access.session WHERE subject_id = ANY ($1)
    UNION ALL SELECT 'device_id', device_id::text FROM access.device WHERE subject_id = ANY ($1)
    UNION ALL SELECT 'verification_id', verification_id::text FROM residents.verification
               WHERE person_id = ANY ($1)
"""
_ACCOUNTS: Final = """
    SELECT account_no::text FROM ledger.account WHERE region_id = $1 AND holder_id = ANY ($2)
"""
_NAMES_OF: Final = {
    "top_up": ("top_up_id", "item_id"),
    "payment": ("payment_id", "sale_id"),
    "refund": ("refund_id", "sale_id"),
    "void": ("void_id", "sale_id"),
    "campaign.funded": ("funding_id",),
    "campaign.returned": ("budget_return_id",),
    "campaign.settled": ("settlement_id",),
    "wallet.changed": ("change_id",),
    "merchant.changed": ("change_id",),
    "merchant.described": ("change_id",),
    "store.changed": ("change_id",),
    "suspense.returned": ("return_id",),
}


@dataclass(slots=True)
class Victims:
    """Who they are, and by what names their things could be asked for."""

    person_id: UUID
    merchant_id: UUID
    store_id: UUID
    login_id: UUID
    qr: str
    refresh_token: str
    client_token: str = ""
    """Of a client that belongs to another shop: true, and nothing of theirs."""
    ended_tokens: dict[str, str] = field(default_factory=dict)
    """One of each family that was revoked, by whose it was."""
    names: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Parameter or member of a body -> what of theirs really has that name."""

    of_operators: set[str] = field(default_factory=set)
    """Among the names: those that stand in no region."""

    @property
    def ids(self) -> list[str]:
        """All that is theirs alone; numbers of accounts are too short to be looked for."""
        return sorted({one for name, own in self.names.items() if name != "account_no"
                       for one in own})  # fmt: skip


async def name_all(stage: Stage, victims: Victims) -> None:
    """What of theirs stands in the database, by the names that routes have for it."""
    names, region_id = victims.names, stage.scene.region_id
    names["person_id"] = [str(victims.person_id)]
    names["merchant_id"], names["store_id"] = [str(victims.merchant_id)], [str(victims.store_id)]
    names["login_id"].append(str(victims.login_id))
    holders = [victims.person_id, victims.merchant_id, victims.store_id]
    holders += [UUID(each) for name in ("wallet_id", "campaign_id") for each in names[name]]
    superuser = await stage.ground.superuser()
    try:
        for kind, entry_id in await superuser.fetch(_ENTRIES, region_id, holders):
            names["entry_id"].append(entry_id)
            for name in _NAMES_OF.get(kind, ()):
                names[name].append(entry_id)
        subjects = [*holders, *map(UUID, names["login_id"])]
        for name, own in await superuser.fetch(_OWN, subjects):
            names[name].append(own)
        for [account_no] in await superuser.fetch(_ACCOUNTS, region_id, holders):
            names["account_no"].append(account_no)
    finally:
        await superuser.close()
