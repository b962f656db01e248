"""Whom notices reach in a run: addresses, consents, what is put down for them, what came of it."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from core.database import MATCHER_ROLE, Database
from notifications.kinds import Language
from notifications.messages import Message, Words, put_message
from residents.consent import set_consent
from torture.judge.notices import WAYS, Due, Row, Unread
from torture.providers import Providers, is_gone, key_of_letter, key_of_phone, key_of_push
from torture.scene import Scene
from torture.stage import Stage
from torture.unread import read_turns
from worker.notice_carriers import letter_id

DECLINES_ONE_IN: Final = 10
LASTS: Final = timedelta(hours=6)
TEXTS: Final[dict[Language, Words]] = {
    "ja": Words("夏祭り", "土曜日に広場で夏祭りがあります。"),
    "ja_plain": Words("夏(なつ)まつり", "土曜日(どようび)に まつりが あります。"),
    "en": Words("Summer fair", "There is a fair in the square on Saturday."),
}
_MUTED: Final = [f"{kind}:{way}" for kind in ("payment", "points", "top_up") for way in WAYS]
"""Refunds are told by every way; of payments there are too many for a run to come to its end."""
_TOLD: Final = ("public_service", "emergency", "refund")

_PERSON: Final = text(
    "INSERT INTO residents.person (region_id, person_id, phone) VALUES (:region, :person, :phone)"
)
_PREFER: Final = text(
    "INSERT INTO notifications.preference (region_id, person_id, muted)"
    " VALUES (:region, :person, :muted)"
)
_ADDRESS: Final = text(
    "INSERT INTO notifications.address (region_id, address_id, person_id, channel, address,"
    " p256dh, auth) VALUES (:region, :address_id, :person, :channel, :address, :p256dh, :auth)"
)
_MATCH: Final = text(
    "INSERT INTO notifications.outbox"
    " (region_id, item_id, kind, message_id, person_id, channel, expires_at, not_before)"
    " SELECT :region, :item, 'public_service', :item, person_id, 'inbox', :expires_at,"
    " clock_timestamp() FROM notifications.match_everybody WHERE region_id = :region"
    " ON CONFLICT DO NOTHING"
)
_ROWS: Final = """
    SELECT delivery_id, person_id, item_id, kind, channel, state, why
      FROM notifications.outbox WHERE region_id = $1 AND kind = ANY ($2) ORDER BY delivery_id
"""
_IN_HAND: Final = """
    SELECT delivery_id, person_id, item_id, channel FROM notifications.outbox
     WHERE region_id = $1 AND state = 'waiting' AND tries > 0
"""
_INBOXES: Final = """
    SELECT person_id, item_id FROM notifications.inbox
     WHERE region_id = $1 AND kind = 'public_service'
"""
_LEFT: Final = """
    SELECT (SELECT count(*) FROM notifications.outbox WHERE region_id = $1 AND state = 'waiting')
         + (SELECT count(*) FROM notifications.alert
             WHERE region_id = $1 AND reach = 'residents' AND spread_at IS NULL)
         + abs((SELECT count(*) FROM ledger.entry
                 WHERE region_id = $1 AND kind IN ('refund', 'void') AND refusal IS NULL)
               - (SELECT count(*) FROM notifications.inbox
                   WHERE region_id = $1 AND kind = 'refund'))
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """The residents of a scene, each by four ways; the number of a holder is that of addresses."""

    scene: Scene
    database: Database

    def agrees(self, number: int) -> bool:
        """Whether this one wants news of the city."""
        return number % DECLINES_ONE_IN != 1

    async def open(self, told: Providers, random: Random) -> None:
        """Give everybody an account, addresses and preferences, and consents to who agrees."""
        region_id = self.scene.region_id
        async with self.database.transaction(region_id) as db:
            for holder in self.scene.holders:
                number, of = holder.number, {"region": region_id, "person": holder.person_id}
                await db.execute(_PERSON, {**of, "phone": f"+8190{number:08}"})
                await db.execute(_PREFER, {**of, "muted": _MUTED})
                where = {"email": f"{number}@example.jp", "fcm": str(number), "sms": "",
                         "web_push": told.push_address(number)}  # fmt: skip
                for way, address in where.items():
                    address_id = UUID(int=random.getrandbits(128))
                    said = {"address_id": address_id, "channel": way, "address": address}
                    keys = told.browser if way == "web_push" else None
                    said |= {"p256dh": keys and keys.public, "auth": keys and keys.secret}
                    await db.execute(_ADDRESS, {**of, **said})
                if self.agrees(number):
                    await set_consent(
                        db, region_id, holder.person_id, "news_of_city", is_given=True
                    )

    async def put(self, now: datetime) -> list[Due]:
        """A notice of the city's to all of them: in whose inboxes it must be in the end."""
        made = Message(
            self.scene.new_id(), "public_service", "segment", TEXTS, {"purpose": "torture"}, now,
            now + LASTS, ("news_of_city",),
        )  # fmt: skip
        region_id = self.scene.region_id
        async with self.database.transaction(region_id) as db:
            await put_message(db, region_id, made)
        said = {"region": region_id, "item": made.message_id, "expires_at": made.expires_at}
        async with self.database.transaction(region_id, as_role=MATCHER_ROLE) as db:
            await db.execute(_MATCH, said)
        item = str(made.message_id)
        return [
            (str(each.person_id), item) for each in self.scene.holders if self.agrees(each.number)
        ]

    async def left(self, superuser: Any) -> int:
        """How much is not told yet."""
        many: int = await superuser.fetchval(_LEFT, self.scene.region_id)
        return many

    async def in_hand(self, superuser: Any) -> frozenset[str]:
        """What was tried and has no end yet, as providers see it."""
        found = await superuser.fetch(_IN_HAND, self.scene.region_id)
        numbers = self._numbers()
        return frozenset(self._key(row, numbers) for row in found)

    async def unread(self, stage: Stage, superuser: Any) -> list[Unread]:
        """Which attempts the sender gave up, since no answer came in time."""
        numbers = self._numbers()
        return [
            Unread(self._key(row, numbers), taken_at, at)
            for row, taken_at, at in await read_turns(stage, superuser)
        ]

    async def rows(self, superuser: Any) -> list[Row]:
        """The outbox of all that is told by every way."""
        numbers = self._numbers()
        return [
            Row(
                str(row["person_id"]), str(row["item_id"]), row["channel"], row["state"],
                row["why"], self._key(row, numbers), is_gone(number := numbers[row["person_id"]]),
                may_come=row["kind"] != "public_service" or self.agrees(number),
            )
            for row in await superuser.fetch(_ROWS, self.scene.region_id, list(_TOLD))
        ]  # fmt: skip

    async def inboxes(self, superuser: Any) -> list[Due]:
        """Who has which notice."""
        found = await superuser.fetch(_INBOXES, self.scene.region_id)
        return [(str(row["person_id"]), str(row["item_id"])) for row in found]

    def _numbers(self) -> dict[UUID, int]:
        return {holder.person_id: holder.number for holder in self.scene.holders}

    def _key(self, row: Any, numbers: dict[UUID, int]) -> str:
        if row["channel"] == "inbox":
            return ""
        if row["channel"] == "fcm":
            return key_of_phone(numbers[row["person_id"]], row["item_id"])
        if row["channel"] == "web_push":
            return key_of_push(numbers[row["person_id"]], row["item_id"])
        return key_of_letter(row["channel"], letter_id(self.scene.region_id, row["delivery_id"]))


def alert_body(now: datetime) -> bytes:
    """An alert to everybody, as it is typed."""
    texts = {
        language: {"title": words.title, "body": words.body} for language, words in TEXTS.items()
    }
    alert = {
        "status": "Actual", "message_type": "Alert", "category": "Met", "urgency": "Immediate",
        "severity": "Severe", "certainty": "Observed", "expires": (now + LASTS).isoformat(),
        "texts": texts,
    }  # fmt: skip
    return json.dumps({"alert": alert, "reason": "heavy rain"}).encode()
