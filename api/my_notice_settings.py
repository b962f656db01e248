"""How I want to be told: language, home, interests, and what by which way not."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field
from starlette.requests import Request

from api.answers import Answer, in_zone_if
from api.closed_route import v1_router
from api.fields import Body
from api.me_devices import MeReader, MeWriter
from api.state import state_of
from ledger.regions import Region
from notifications.kinds import Language
from notifications.preferences import Preferences, preferences_of, set_preferences
from notifications.texts import legible

router = v1_router("residents: inbox")

Word = Annotated[str, Field(strict=True, min_length=1, max_length=40), AfterValidator(legible)]


class PreferencesBody(Body):
    """All of it, as it should be."""

    language: Language = "ja"
    home_area: Word | None = Field(default=None, examples=["kitazawa"])
    """A code of the plan of statistics; null: not said."""
    interests: Annotated[list[Word], Field(max_length=40)] = Field(
        default=[], examples=[["events", "food"]]
    )
    """`events`, `shops`, `families`, `seniors`, `health`, `safety`, `environment`, or categories of
    shops by the plan of statistics."""
    muted: Annotated[list[Word], Field(max_length=60)] = Field(
        default=[], examples=[["payment:email"]]
    )
    """A kind and a channel each: one of `web_push`, `fcm`, `email`, `sms`. Inbox and emergencies
    are never muted."""


class PreferencesAnswer(Answer):
    """As I said last."""

    language: Language
    home_area: str | None = Field(examples=["kitazawa"])
    interests: list[str] = Field(examples=[["events", "food"]])
    muted: list[str] = Field(examples=[["payment:email"]])
    changed_at: datetime | None
    """Null: I never said anything."""


@router.get(
    "/me/notice-preferences", operation_id="getNoticePreferences", summary="How I want to be told"
)
async def get_preferences(request: Request, me: MeReader) -> PreferencesAnswer:
    """Before I say anything: in Japanese, by every address that I have."""
    region_id = me.region.region_id
    async with state_of(request).database.snapshot(region_id) as db:
        return _answer(me.region, await preferences_of(db, region_id, me.person_id))


@router.put(
    "/me/notice-preferences",
    operation_id="setNoticePreferences",
    summary="Say how I want to be told",
    status_code=201,
)
async def put_preferences(
    request: Request, me: MeWriter, body: PreferencesBody
) -> PreferencesAnswer:
    """What I say of home and interests counts for notices only once I agree to such
    (`/v1/me/consents`). Nobody is shown it.
    """
    state, region = state_of(request), me.region
    wished = Preferences(body.language, body.home_area, body.interests, body.muted)
    today = region.day_of(state.clock.now())
    async with state.database.transaction(region.region_id) as db:
        kept = await set_preferences(db, region, me.person_id, wished, today)
    return _answer(region, kept)


def _answer(region: Region, said: Preferences) -> PreferencesAnswer:
    at = said.changed_at
    return PreferencesAnswer(
        language=said.language,
        home_area=said.home_area,
        interests=list(said.interests),
        muted=list(said.muted),
        changed_at=in_zone_if(at, region),
    )
