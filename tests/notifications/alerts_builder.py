"""Alerts for tests: as a client says them, typed, and let out."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer
from notifications.alert import Alert
from notifications.alert_tables import alert
from notifications.alerts import approve_alert, ask_for_alert
from notifications.messages import Message, put_message
from notifications.tables import outbox
from tests.insights.statistics_builder import OTHER_PERSON
from tests.town_builder import ADMIN, Town, new_id

TYPIST = Doer(UUID(int=1), ADMIN, "campaigns")
TEXTS = {
    "ja": {"title": "大雨警報", "body": "北沢で30ミリの雨。\n川に近づかない。"},
    "ja_plain": {"title": "大雨(おおあめ)です", "body": "川(かわ)に 行(い)かないで ください。"},
    "en": {"title": "Heavy rain", "body": "30 mm in Kitazawa <now> & stay away from rivers."},
}


def alert_of(now: datetime, **more: Any) -> dict[str, Any]:
    """A warning of six hours, as a client says it; `more` replaces members."""
    return {
        "status": "Actual",
        "message_type": "Alert",
        "category": "Met",
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Observed",
        "expires": (now + timedelta(hours=6)).isoformat(),
        "texts": TEXTS,
        "readings": [{"word": "北沢", "kana": "きたざわ"}],
        **more,
    }


def made_alert(now: datetime, **more: Any) -> Alert:
    """The same, read."""
    return Alert.model_validate_json(json.dumps(alert_of(now, **more)))


async def typed_alert(town: Town, **more: Any) -> UUID:
    """A draft that waits for another person; its id."""
    alert_id, now = new_id(), await town.now()
    async with town.database.transaction(town.region.region_id) as db:
        await ask_for_alert(db, town.region, alert_id, made_alert(now, **more), "test", now, TYPIST)
    return alert_id


async def put_let_out(db: AsyncSession, region_id: int, made: Message) -> None:
    """Put a message down; one of an emergency stands on an alert that is out."""
    if made.kind == "emergency":
        await _let_out(db, region_id, made.message_id, made.expires_at)
    await put_message(db, region_id, made)


async def put_for(db: AsyncSession, region_id: int, made: Message, *people: UUID) -> None:
    """The same, and a row by way of the inbox for each of these people."""
    await put_let_out(db, region_id, made)
    for person_id in people:
        await db.execute(
            insert(outbox).values(
                region_id=region_id, item_id=made.message_id, kind=made.kind,
                message_id=made.message_id, person_id=person_id, channel="inbox",
                expires_at=made.expires_at,
            )
        )  # fmt: skip


async def _let_out(db: AsyncSession, region_id: int, alert_id: UUID, expires_at: datetime) -> None:
    of = alert.c
    await db.execute(
        insert(alert).values(
            region_id=region_id, alert_id=alert_id, status="Actual", message_type="Alert",
            document="{}", drafted_by="admin:x", expires_at=expires_at,
        )
    )  # fmt: skip
    await db.execute(
        update(alert)
        .where(of.region_id == region_id, of.alert_id == alert_id)
        .values(
            approved_by="admin:y", approved_at=func.clock_timestamp(), cap="-", reach="residents"
        )
    )


async def furnish_alerts(town: Town) -> dict[str, Any]:
    """One that is out and what another one could say, by the names of parameters and members."""
    alert_id = await typed_alert(town)
    async with town.database.transaction(town.region.region_id) as db:
        await approve_alert(db, town.region, alert_id, OTHER_PERSON, await town.now())
    return {
        "alerts alert_id": str(alert_id),
        "alerts alert": alert_of(await town.now()),
    }
