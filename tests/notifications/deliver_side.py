"""A region with one sender for tests of delivery, its push service and its mail server."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, text

from core.database import Database
from ledger.regions import Region
from notifications.kinds import Channel
from notifications.messages import Message
from notifications.tables import address, outbox, preference
from residents.consent import set_consent
from residents.tables import person
from tests.notifications.alerts_builder import put_let_out
from tests.notifications.message_rows import made_message
from tests.notifications.push_side import PushSide
from tests.town_builder import new_id
from tests.worker.other_side import MailSide
from torture.browser import Browser
from worker.tell_notices import Teller

BROWSER: Final = Browser()
NOON: Final = datetime(2026, 11, 10, 3, tzinfo=UTC)


@dataclass
class Side:
    """A region with one sender, its push service and its mail server."""

    database: Database
    region: Region
    place: Any
    push: PushSide
    mail: MailSide
    teller: Teller

    async def somebody(self, *muted: str, agrees: bool = True, path: str = "") -> UUID:
        """With an account, who agrees to news of the city, and has a browser and a mailbox."""
        person_id, region_id = new_id(), self.region.region_id
        whose = {"region_id": region_id, "person_id": person_id}
        async with self.database.transaction(region_id) as db:
            await db.execute(insert(person).values(**whose))
            await db.execute(insert(preference).values(**whose, language="en", muted=list(muted)))
            if agrees:
                await set_consent(db, region_id, person_id, "news_of_city", is_given=True)
            if path:
                await self._add(db, whose, "web_push", self.push.url(path))
        return person_id

    async def mailbox(self, person_id: UUID) -> None:
        """Give the person one."""
        await self.reach(person_id, "email", f"{person_id}@example.jp")

    async def reach(self, person_id: UUID, channel: Channel, where: str) -> None:
        """Let the person be told there too."""
        whose = {"region_id": self.region.region_id, "person_id": person_id}
        async with self.database.transaction(self.region.region_id) as db:
            await self._add(db, whose, channel, where)

    async def _add(self, db: Any, whose: dict[str, Any], channel: Channel, where: str) -> None:
        keys = {"p256dh": BROWSER.public, "auth": BROWSER.secret} if channel == "web_push" else {}
        await db.execute(
            insert(address).values(
                **whose, address_id=new_id(), channel=channel, address=where, **keys
            )
        )

    async def notice(self, *people: UUID, made: Message | None = None) -> Message:
        """Put down, and matched for these people."""
        made = made or made_message(new_id(), await self.now())
        region_id = self.region.region_id
        async with self.database.transaction(region_id) as db:
            await put_let_out(db, region_id, made)
            for person_id in people:
                await db.execute(
                    insert(outbox).values(
                        region_id=region_id, person_id=person_id, item_id=made.message_id,
                        kind=made.kind, message_id=made.message_id, channel="inbox",
                        expires_at=made.expires_at,
                    )
                )  # fmt: skip
        return made

    async def emergency(self, *people: UUID) -> Message:
        """The same to everybody."""
        made = made_message(new_id(), await self.now())
        made = replace(made, kind="emergency", audience="everybody", consents=())
        return await self.notice(*people, made=made)

    async def now(self) -> datetime:
        """As the region has it."""
        (row,) = await self.rows("SELECT ledger.now() AS now")
        found: datetime = row.now
        return found

    async def round(self) -> None:
        """One round of the sender, until all is told."""
        await self.teller.round()
        await self.teller.finish()

    async def again(self) -> None:
        """The same once the pauses are over."""
        async with self.database.transaction(self.region.region_id) as db:
            await db.execute(
                text("UPDATE notifications.outbox SET not_before = clock_timestamp()"
                     " WHERE state = 'waiting'")
            )  # fmt: skip
        self.teller._rests.clear()
        await self.round()

    async def rows(self, query: str, **values: Any) -> list[Any]:
        """The rows of a query."""
        async with self.database.snapshot(self.region.region_id) as db:
            return list((await db.execute(text(query), values)).all())

    async def became(self, person_id: UUID) -> dict[str, tuple[str, str | None]]:
        """By each way: state, and why."""
        rows = await self.rows(
            "SELECT channel, state, why FROM notifications.outbox WHERE person_id = :who"
            " ORDER BY delivery_id", who=person_id,
        )  # fmt: skip
        return {row.channel: (row.state, row.why) for row in rows}
