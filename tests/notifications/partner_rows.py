"""Rows about partners: one of them, and a test that waits for it."""

from typing import Any
from uuid import UUID

from access.vault import Vault
from core.database import Database
from notifications.change_partner import send_test
from notifications.partners import Wanted, register_partner
from tests.merchant_rows import DOER
from tests.town_builder import Town, new_id

NOWHERE = "http://127.0.0.1:9/partners"
"""This machine, where nobody listens."""


async def keep_partner(database: Database, region_id: int) -> UUID:
    """One that is told of emergencies; its id."""
    partner_id, wanted = new_id(), Wanted("Radio", NOWHERE, frozenset({"emergency"}))
    async with database.transaction(region_id) as db:
        await register_partner(db, region_id, partner_id, wanted, Vault(b"v" * 32), DOER)
        await send_test(db, region_id, partner_id, new_id(), DOER)
    return partner_id


async def furnish_partners(town: Town) -> dict[str, Any]:
    """One, and what could be said of another, by the names of parameters and members."""
    return {
        "partners partner_id": str(await keep_partner(town.database, town.region.region_id)),
        "partners url": f"{NOWHERE}/others",
        "changes url": f"{NOWHERE}/moved",
        "partners kinds": ["emergency"],
    }
