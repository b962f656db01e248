"""Partners for tests: registered over HTTP, told by a worker's teller, listening in a process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from access.public_addresses import PublicAddresses
from access.vault import Vault
from notifications.alerts import approve_alert
from tests.api.admin_office import Office
from tests.insights.statistics_builder import OTHER_PERSON
from tests.notifications.alerts_builder import typed_alert
from tests.town_builder import Town, new_id
from tests.worker.webhook_side import Receiver, receiving
from worker.carry_to_partner import PartnerCarrier
from worker.carry_webhook import WebhookCarrier, webhook_client
from worker.tell_notices import Teller

REASON = {"reason": "wanted"}


@dataclass
class Partners:
    """A region's partners, and the worker that tells them."""

    office: Office
    town: Town
    receiver: Receiver
    teller: Teller

    async def register(self, path: str, *kinds: str, **more: Any) -> dict[str, Any]:
        """One that listens there, with its secret."""
        body = {"name": f"Radio {path}", "url": self.receiver.url(path), "kinds": list(kinds)}
        made = await self.office.put("campaigns", f"partners/{new_id()}", body | more)
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    async def turn(self, partner: dict[str, Any], state: str) -> dict[str, Any]:
        """Pause it, let it be told, or drop it."""
        path = f"partners/{partner['partner_id']}/state-changes"
        turned = await self.office.post("approver", path, REASON | {"state": state})
        assert turned.status_code == 200, turned.text
        found: dict[str, Any] = turned.json()
        return found

    async def move(self, partner: dict[str, Any], path: str) -> None:
        """From now on it listens there."""
        body = REASON | {"name": partner["name"], "url": self.receiver.url(path)}
        where = f"partners/{partner['partner_id']}/changes"
        moved = await self.office.post("campaigns", where, body)
        assert (moved.status_code, moved.json()["url"]) == (200, body["url"]), moved.text

    async def log(self, partner: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
        """What was told to it, newest first."""
        path = f"partners/{partner['partner_id']}/deliveries"
        answer = await self.office.get("city", path, **query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def let_out(self, **more: Any) -> UUID:
        """An alert that two people wanted; its id."""
        alert_id, region = await typed_alert(self.town, **more), self.town.region
        async with self.town.database.transaction(region.region_id) as db:
            await approve_alert(db, region, alert_id, OTHER_PERSON, await self.town.now())
        return alert_id

    async def round(self) -> None:
        """One round of the worker, until all is told."""
        await self.teller.round()
        await self.teller.finish()

    async def again(self, tries: int | None = None) -> None:
        """The same once the pauses are over; after so many tries, if that is said."""
        region_id = self.town.region.region_id
        async with self.town.database.transaction(region_id) as db:
            await db.execute(
                text("UPDATE notifications.outbox SET not_before = clock_timestamp(),"
                     " tries = coalesce(:tries, tries) WHERE state = 'waiting'"
                     " AND why IS DISTINCT FROM 'paused'"), {"tries": tries},
            )  # fmt: skip
        self.teller._rests.clear()
        await self.round()


@asynccontextmanager
async def telling_partners(
    office: Office, town: Town, vault: Vault, folder: Path
) -> AsyncIterator[Partners]:
    """A worker's teller, with a second for each attempt, and somebody who listens."""
    addresses = PublicAddresses(allows_loopback=True)
    async with receiving(folder) as receiver, webhook_client() as client:
        carrier = WebhookCarrier(client, addresses, deadline_s=1)
        teller = Teller(town.database, {"webhook": PartnerCarrier(vault, carrier)})
        yield Partners(office, town, receiver, teller)
        await teller.close()
    addresses.close()
