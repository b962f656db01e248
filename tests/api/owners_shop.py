"""A merchant whose owners change where it is paid to, over HTTP."""

from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from access.posts import Reach
from merchants.bank_account_versions import account_versions_at
from merchants.merchant import OpenMerchant
from merchants.open import open_merchant
from payments.prepare import prepare
from tests.api.application_steps import ACCOUNT
from tests.api.staff_office import Person
from tests.api.staff_world import World
from tests.town_builder import ADMIN, new_id


class Shop:
    """A merchant with two owners, and an approver and one of finance of its region."""

    def __init__(self, world: World, merchant_id: UUID, people: list[Person]) -> None:
        self.world, self.merchant_id = world, merchant_id
        self.owner, self.other, self.approver, self.finance = people

    async def ask(self, change_id: UUID, factor: dict[str, Any] | None = None, **more: Any) -> Any:
        await self.world.office.forget_steps()
        shown = {"totp": self.owner.code()} if factor is None else factor
        return await self.world.office.client.put(
            f"/v1/merchant/bank-account-changes/{change_id}",
            json={"account": ACCOUNT | more} | shown,
            headers=self.owner.headers,
        )

    async def decide(self, change_id: UUID, by: Person, decision: str = "approved") -> Any:
        path = f"/v1/admin/requests/{change_id}/decisions"
        client = self.world.office.client
        return await client.post(path, json={"decision": decision}, headers=by.headers)

    async def cancel(self, change_id: UUID, by: Person) -> httpx.Response:
        path = f"/v1/merchant/bank-account-changes/{change_id}/cancellations"
        return await self.world.office.client.post(path, json={}, headers=by.headers)

    async def paid_to(self, at: datetime) -> str | None:
        region_id = self.world.office.home.region_id
        async with self.world.database.snapshot(region_id) as db:
            found = await account_versions_at(db, region_id, [self.merchant_id], at)
        return found[self.merchant_id].account_number if found else None

    async def letters(self) -> list[tuple[str, str]]:
        """Purpose and address of what was written about this shop's accounts."""
        region_id = self.world.office.home.region_id
        own = sorted([self.owner.email, self.other.email])
        async with self.world.database.snapshot(region_id) as db:
            query = (
                "SELECT purpose, address FROM access.message WHERE address = ANY (:own)"
                " AND purpose LIKE 'bank account%' ORDER BY message_id"
            )
            return [tuple(row) for row in await db.execute(text(query), {"own": own})]


async def open_shop(world: World) -> Shop:
    """A new one, with two owners, and two of the issuer."""
    region_id = world.office.home.region_id
    command = OpenMerchant(
        entry_id=new_id(), actor=ADMIN, name="見本", merchant_class="small", category="food",
        area="north",
    )  # fmt: skip
    (await open_merchant(world.database, region_id, command, prepare)).accepted()
    owner = Reach("merchant", "owner", command.entry_id)
    reaches = (owner, owner, Reach("admin", "approver"), Reach("admin", "finance"))
    return Shop(world, command.entry_id, [await world.office.hire(reach) for reach in reaches])
