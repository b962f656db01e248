"""Bulletins for everybody: phones download all of them and look into their own receipts."""

import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from fastapi import Request, Response
from pydantic import Field

from api.answers import Answer
from api.closed_route import v1_router
from api.copies import answer_copy
from api.public_region import RegionCode, public_region
from api.rate_limit import Quota
from api.state import state_of
from notifications.bulletins import listed_bulletins

READS: Final = Quota("bulletins", 600, 60)
"""Per address."""
AGE_S: Final = 60
"""How long anybody may keep a copy."""

router: Final = v1_router("notices")

_BULLETIN: Final[dict[str, Any]] = {
    "format": 1,
    "region": "setagaya",
    "bulletin_id": "0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234",
    "kind": "infection",
    "stores": ["0192f0c1-2d3e-7f4a-8b5c-6d7e8f905678"],
    "areas": [],
    "from_at": "2026-11-20T02:00:00+00:00",
    "until_at": "2026-11-20T06:00:00+00:00",
    "listed_until": "2026-12-20T00:00:00+00:00",
    "texts": {
        "ja": {"title": "食中毒のお知らせ", "body": "体調に注意してください。"},
        "ja_plain": {"title": "食べ物のお知らせ", "body": "体に気をつけてください。"},
        "en": {"title": "Food poisoning", "body": "Watch how you feel."},
    },
}


class SignedBulletin(Answer):
    """A bulletin, and who signed it."""

    bulletin: dict[str, Any] = Field(examples=[_BULLETIN])
    """Where, when and what; `bulletin` in canonical JSON is what is signed."""
    key: str = Field(examples=["9f86d081884c7d65"])
    """One of `/seals/keys.json`."""
    signature: str = Field(examples=["5f" * 64])
    """Ed25519, in hex, over `meguri bulletin`, a line feed, and the canonical JSON: names sorted,
    no spaces, UTF-8."""


class Bulletins(Answer):
    """All that are published, newest first."""

    bulletins: list[SignedBulletin]
    withdrawn: list[UUID]
    """Of those that were published and hold no more: forget what was told of them."""


@router.get(
    "/regions/{region}/bulletins",
    operation_id="listPublicBulletins",
    summary="Where and when something happened, for phones to compare",
    response_model=Bulletins,
)
async def public_bulletins(request: Request, region: RegionCode) -> Response:
    """For anybody, without a token, always whole: so nobody learns which of them concerned whom.

    An app asks every hour at most, checks each signature, and compares places and times with the
    receipts that it has. `notifications/match_bulletins.py` is the reference.
    """
    state, found = state_of(request), public_region(request, region, READS)
    now: datetime = state.clock.now()
    async with state.database.snapshot(found.region_id) as db:
        published, withdrawn = await listed_bulletins(db, found.region_id, now)
    content = orjson.dumps(
        {"bulletins": [json.loads(each) for each in published], "withdrawn": withdrawn}
    )
    return answer_copy(request, content, "application/json", age_s=AGE_S)
