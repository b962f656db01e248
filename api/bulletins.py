"""Bulletins for everybody: phones download all of them and look into their own receipts."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
from fastapi import Path, Request, Response
from pydantic import Field

from api.admin_regions import REGION_UNKNOWN
from api.answers import Answer
from api.closed_route import v1_router
from api.copies import is_known
from api.rate_limit import Quota, address_of
from api.state import state_of
from core.errors import Problem
from notifications.bulletins import listed_bulletins

READS: Final = Quota("bulletins", 600, 60)
"""Per address."""
CACHE: Final = "public, max-age=60"

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
async def public_bulletins(
    request: Request, region: Annotated[str, Path(max_length=40, examples=["setagaya"])]
) -> Response:
    """For anybody, without a token, always whole: so nobody learns which of them concerned whom.

    An app asks every hour at most, checks each signature, and compares places and times with the
    receipts that it has. `notifications/match_bulletins.py` is the reference.
    """
    state = state_of(request)
    state.limiter.limit(request, READS, address_of(request))
    found = state.regions.find(region)
    if found is None:
        raise Problem(REGION_UNKNOWN)
    now: datetime = state.clock.now()
    async with state.database.snapshot(found.region_id) as db:
        published, withdrawn = await listed_bulletins(db, found.region_id, now)
    content = orjson.dumps(
        {"bulletins": [json.loads(each) for each in published], "withdrawn": withdrawn}
    )
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {"cache-control": CACHE, "etag": tag}
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")
