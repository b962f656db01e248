"""A store's live feed: its payments, refunds and voids as server-sent events, as they happen.

The table of events is the feed; whatever wakes it up may fail. The id of an event is its number,
so a screen that comes back with Last-Event-ID goes on without a gap or a repeat, at any process.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated, Final

import orjson
from fastapi import Header
from fastapi.sse import EventSourceResponse, format_sse_event
from pydantic import BeforeValidator, Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from api.closed_route import v1_router
from api.fields import MAX_JSON_INT, Uuid, digits
from api.identity import MerchantIdentity
from api.merchants import Staff, check_store
from api.places import give_back
from api.sales import SALES, sale
from api.state import State, state_of
from core.errors import Problem
from ledger.engine import UNAVAILABLE
from ledger.events import Event, newest_seq, read_events
from ledger.follow import Subscription
from ledger.regions import Region

CHECK_S: Final = 1.0
"""How often a quiet feed looks whether its token still counts."""
HEARTBEAT_S: Final = 15.0
SEND_S: Final = 30.0
"""A client that takes nothing for so long is gone."""
BEGIN_S: Final = 5.0
AGAIN_MS: Final = 2000

MOST_RESUMED: Final = 1000
LONGEST_AWAY: Final = timedelta(days=1)

_Number = Annotated[int, Field(ge=0, le=MAX_JSON_INT), BeforeValidator(digits)]
LastEventId = Annotated[
    _Number | None, Header(alias="Last-Event-ID", description="The last id that was seen.")
]

router: Final = v1_router("merchants")

_EXAMPLE: Final = """\
retry: 2000
id: 4710

event: payment
data: {"kind":"payment","payment_id":"…","amount_yen":1200,"seq":4711}
id: 4711

"""


@router.get(
    "/stores/{store_id}/feed",
    operation_id="followStore",
    summary="A store's live feed (server-sent events)",
    # EventSourceResponse here would make the framework begin the answer before it is allowed.
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events `payment`, `refund`, `void` and `reset`.",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
        }
    },
)
async def follow_store(
    request: Request, staff: Staff, store_id: Uuid, last_event_id: LastEventId = None
) -> Response:
    """Each event's data is what the store's list of payments has of it, as it was at that moment.

    Read the list first, then open the feed with the largest `seq` of it as Last-Event-ID. Who was
    away for more than a day or 1,000 events gets `reset` and reads the list again. The feed ends
    with its token. At most 10 of one person or terminal (429 too-many-feeds).
    """
    state = state_of(request)
    async with state.database.snapshot(staff.region.region_id) as session:
        await check_store(session, staff, store_id)
    token = request.headers["authorization"].partition(" ")[2]
    return _Feed(state, staff, token, store_id, last_event_id)


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a feed begins: the last number that is known, what was missed, whether too much was."""

    seq: int
    missed: tuple[Event, ...] = ()
    is_reset: bool = False


class _Feed(Response):
    """Takes a seat, subscribes, then streams. Until it streams, problems are answered as such."""

    def __init__(
        self,
        state: State,
        staff: MerchantIdentity,
        token: str,
        store_id: Uuid,
        last_event_id: int | None,
    ) -> None:
        super().__init__()
        self._state = state
        self._staff = staff
        self._token = token
        self._store_id = store_id
        self._last_event_id = last_event_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        region_id = self._staff.region.region_id
        screens = self._state.screens
        with screens.seat(f"{region_id}:{self._staff.staff_id}"):
            async with screens.follower(region_id).following(self._store_id) as subscription:
                start = await self._begin(subscription)
                stream = EventSourceResponse(
                    self._lines(subscription, start),
                    headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
                )
                give_back(scope)
                try:
                    await stream(scope, receive, _in_time(send))
                except TimeoutError:
                    return

    async def _begin(self, subscription: Subscription) -> _Start:
        """Whatever is committed by now is read here; all that follows comes by subscription."""
        try:
            async with asyncio.timeout(BEGIN_S):
                await subscription.since()
        except TimeoutError as error:
            raise Problem(UNAVAILABLE, retry_after=2) from error
        region_id, last = self._staff.region.region_id, self._last_event_id
        async with self._state.database.snapshot(region_id) as session:
            newest = await newest_seq(session, region_id)
            if last is None:
                return _Start(newest)
            missed = await read_events(
                session, region_id, last, MOST_RESUMED + 1, SALES, others=[self._store_id]
            )
        oldest = self._state.clock.now() - LONGEST_AWAY
        if last > newest or len(missed) > MOST_RESUMED or (missed and missed[0].at < oldest):
            return _Start(newest, is_reset=True)
        return _Start(last, tuple(missed))

    async def _lines(self, subscription: Subscription, start: _Start) -> AsyncIterator[bytes]:
        seq = start.seq
        yield format_sse_event(retry=AGAIN_MS, id=str(seq))
        if start.is_reset:
            data = orjson.dumps({"seq": seq}).decode()
            yield format_sse_event(event="reset", data_str=data, id=str(seq))
        for event in start.missed:
            seq = event.seq
            yield self._line(event)
        said_at = time.monotonic()
        while self._may_go_on(subscription):
            heard = await subscription.next(CHECK_S)
            if heard is not None and heard.seq > seq and heard.kind in SALES:
                seq = heard.seq
                yield self._line(heard)
                said_at = time.monotonic()
            elif time.monotonic() - said_at >= HEARTBEAT_S:
                yield format_sse_event(comment="still here")
                said_at = time.monotonic()

    def _may_go_on(self, subscription: Subscription) -> bool:
        if subscription.is_over or self._state.screens.are_closing:
            return False
        try:
            self._state.tokens.verify(self._token, "merchant")
        except Problem:
            return False
        return True

    def _line(self, event: Event) -> bytes:
        region = self._staff.region
        return self._state.screens.line(region.region_id, event.seq, partial(_write, region, event))


def _write(region: Region, event: Event) -> bytes:
    data = sale(region, event).model_dump_json()
    return format_sse_event(event=event.kind, data_str=data, id=str(event.seq))


def _in_time(send: Send) -> Send:
    async def send_in_time(message: Message) -> None:
        async with asyncio.timeout(SEND_S):
            await send(message)

    return send_in_time
