"""What could not be sent to anybody: listed, counted and tried again, without whom it was for."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from pydantic import BeforeValidator, Field

from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.days import Day
from api.doers import doer_of
from api.fields import MAX_JSON_INT, Body, Reason, Uuid, digits
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.state import state_of
from ledger.regions import Region
from notifications.dead_letters import (
    DeadLetter,
    Filters,
    OutsideChannel,
    Over,
    count_dead_letters,
    list_dead_letters,
    retry_dead_letter,
    retry_dead_letters,
)
from notifications.kinds import Kind

DEAD_LETTERS: Final = Listing("dead-letters", (int,))
Looker = Annotated[AdminIdentity, administrator("finance", "desk", "auditor")]
"""None of those who choose whom a notice concerns: they learn of nobody whom it reached."""
Mender = Annotated[AdminIdentity, administrator("finance", "desk")]
Code = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]

router: Final = v1_router("administrators: notices")


class DeadLetterAnswer(Answer):
    """One item that could not be told by one way. Whom it was for is nowhere here."""

    delivery_no: int = Field(examples=[4711])
    channel: OutsideChannel
    kind: Kind
    message_id: UUID | None
    """The notice or alert; null where it was about somebody's own money or data."""
    why: str = Field(examples=["status-500"])
    """What the other side did the last time: a code."""
    tries: int = Field(examples=[12])
    ended_at: datetime
    """The hour in which it was given up."""
    tells: Literal["message", "end"] = Field(examples=["message"])
    """`end`: a partner was to be told that the message holds no more."""
    over: Over | None = Field(examples=[None])
    """Why it cannot be tried again: its time is over, the message holds no more, or the address
    was dropped. Null: it can be."""


class DeadLetterCount(Answer):
    """How many could not be told by one way, for one reason."""

    channel: OutsideChannel
    why: str = Field(examples=["status-500"])
    letters: int = Field(examples=[3])
    over: int = Field(examples=[1])
    """How many of them cannot be tried again."""


class DeadLetterCounts(Answer):
    """By way and reason, those with most of them first."""

    items: list[DeadLetterCount]


class RetryBody(Body):
    """Why it should arrive now."""

    reason: Reason = Field(examples=["プロバイダの障害が終わった"])


class RetriesBody(RetryBody):
    """The same, and which; all that could not be told, where nothing is named."""

    channel: OutsideChannel | None = Field(default=None, examples=["email"])
    why: Code | None = Field(default=None, examples=["status-500"])
    kind: Kind | None = Field(default=None, examples=["emergency"])
    message_id: Uuid | None = Field(default=None, examples=[None])
    since: Day | None = Field(
        default=None, examples=["2026-11-22"], description="Given up on this day or later."
    )
    until: Day | None = Field(
        default=None, examples=["2026-11-30"], description="Given up on this day or before."
    )


class RetriesAnswer(Answer):
    """What came of it."""

    retried: int = Field(examples=[2])
    """So many are waiting again."""
    expired: int = Field(examples=[1])
    """So many are not tried again, since their time is over."""
    over: int = Field(examples=[0])
    """Nor these: the message was replaced, cancelled or stopped, or the address was dropped."""
    left: int = Field(examples=[0])
    """So many more can be tried again: ask again."""


@dataclass(frozen=True, slots=True)
class Which:
    """The filters of a list, as its query says them."""

    channel: OutsideChannel | None
    why: str | None
    kind: Kind | None
    message_id: UUID | None
    since: date | None
    until: date | None


def _which(
    channel: Annotated[OutsideChannel | None, Query(description="Only by this way.")] = None,
    why: Annotated[Code | None, Query(description="Only for this reason.")] = None,
    kind: Annotated[Kind | None, Query(description="Only of this kind.")] = None,
    message_id: Annotated[Uuid | None, Query(description="Only of this message.")] = None,
    since: Annotated[Day | None, Query(description="Given up on this day or later.")] = None,
    until: Annotated[Day | None, Query(description="Given up on this day or before.")] = None,
) -> Which:
    return Which(channel, why, kind, message_id, since, until)


Wanted = Annotated[Which, Depends(_which)]


@router.get(
    "/admin/dead-letters", operation_id="listDeadLetters",
    summary="What could not be told to anybody, newest first",
)  # fmt: skip
async def list_all(
    request: Request, admin: Looker, paging: Paged, wanted: Wanted
) -> Page[DeadLetterAnswer]:
    """Of the last 30 days, by every way but the inbox, which had it all the same."""
    region, start = admin.region, DEAD_LETTERS.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        found = await list_dead_letters(
            db, region.region_id, _read(region, wanted), start[0] if start else None,
            paging.limit + 1,
        )  # fmt: skip
    return DEAD_LETTERS.page(
        found, paging, lambda each: (each.delivery_id,), lambda each: _answer(region, each)
    )


@router.get(
    "/admin/dead-letters/counts", operation_id="countDeadLetters",
    summary="How much could not be told, by way and reason",
)  # fmt: skip
async def count_all(request: Request, admin: Looker, wanted: Wanted) -> DeadLetterCounts:
    """With the filters of the list."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id) as db:
        found = await count_dead_letters(db, region.region_id, _read(region, wanted))
    return DeadLetterCounts(
        items=[
            DeadLetterCount(channel=of.channel, why=of.why, letters=of.letters, over=of.over)
            for of in found
        ]
    )


@router.post(
    "/admin/dead-letters/{delivery_no}/retries", operation_id="retryDeadLetter",
    summary="Try to tell one again",
)  # fmt: skip
async def post_retry(
    request: Request,
    admin: Mender,
    delivery_no: Annotated[
        int,
        Path(ge=1, le=MAX_JSON_INT, description="As the list has it.", examples=[4711]),
        BeforeValidator(digits),
    ],
    body: RetryBody,
) -> DeadLetterAnswer:
    """As often as the first time, and at the next round of the worker. All that had to hold then
    is asked again as it is sent: consent, mute, quiet hours. Answers with what it was.
    """
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        found = await retry_dead_letter(
            db, region.region_id, delivery_no, body.reason, doer_of(admin)
        )
    return _answer(region, found)


@router.post(
    "/admin/dead-letters/retries", operation_id="retryDeadLetters",
    summary="Try to tell all of a filter again",
)  # fmt: skip
async def post_retries(request: Request, admin: Mender, body: RetriesBody) -> RetriesAnswer:
    """A thousand at a time, the oldest first."""
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        done = await retry_dead_letters(
            db, region.region_id, _read(region, body), body.reason, doer_of(admin)
        )
    return RetriesAnswer(retried=done.retried, expired=done.expired, over=done.over, left=done.left)


def _read(region: Region, said: Which | RetriesBody) -> Filters:
    """Days are those of the region."""

    def midnight(day: date | None, later: int) -> datetime | None:
        if day is None:
            return None
        return datetime.combine(day + timedelta(days=later), time(), region.zone)

    return Filters(
        said.channel, said.why, said.kind, said.message_id,
        midnight(said.since, 0), midnight(said.until, 1),
    )  # fmt: skip


def _answer(region: Region, found: DeadLetter) -> DeadLetterAnswer:
    return DeadLetterAnswer(
        delivery_no=found.delivery_id,
        channel=found.channel,
        kind=found.kind,
        message_id=found.message_id,
        why=found.why,
        tries=found.tries,
        ended_at=in_zone(found.ended_at, region),
        tells=found.tells,
        over=found.over,
    )
