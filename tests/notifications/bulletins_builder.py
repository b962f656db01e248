"""Bulletins for tests: of a store, about the hours around now."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from access.acts import Doer
from notifications.bulletin import Bulletin
from notifications.bulletins import ask_for_bulletin
from tests.town_builder import ADMIN, Town, new_id

DRAFTER = Doer(UUID(int=1), ADMIN, "campaigns")
TEXTS = {
    language: {"title": f"食中毒 ({language})", "body": "体調に\n注意してください。"}
    for language in ("ja", "ja_plain", "en")
}


def bulletin_of(now: datetime, stores: list[UUID], /, **more: Any) -> dict[str, Any]:
    """As a client says it: from an hour ago to an hour from now; `more` replaces members."""
    return {
        "kind": "infection",
        "stores": [str(each) for each in stores],
        "from_at": (now - timedelta(hours=1)).isoformat(),
        "until_at": (now + timedelta(hours=1)).isoformat(),
        "listed_until": (now + timedelta(days=20)).isoformat(),
        "texts": TEXTS,
        **more,
    }


async def ask_for_one(town: Town, store_id: UUID) -> UUID:
    """A draft that waits for its approval; its id."""
    bulletin_id, now = new_id(), await town.now()
    wished = Bulletin.model_validate_json(json.dumps(bulletin_of(now, [store_id])))
    async with town.database.transaction(town.region.region_id) as db:
        await ask_for_bulletin(db, town.region, bulletin_id, wished, "test", now, DRAFTER)
    return bulletin_id


async def furnish_bulletins(town: Town, store_id: UUID) -> dict[str, Any]:
    """A draft and what another one could say, by the names of parameters and members."""
    return {
        "bulletins bulletin_id": str(await ask_for_one(town, store_id)),
        "bulletins bulletin": bulletin_of(await town.now(), [store_id]),
    }
