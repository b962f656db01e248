"""Mark what an attempt to deliver a webhook came to: at the delivery, and at its endpoint."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, case, func, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import enter_act
from merchants.contacts import write_to_contacts
from merchants.webhook_outbox import Taken, end_delivery, put_back
from merchants.webhook_tables import webhook_attempt, webhook_endpoint

PAUSES: Final = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2),
    timedelta(hours=5), timedelta(hours=10), timedelta(hours=14), timedelta(hours=16),
    timedelta(hours=23),
)  # fmt: skip
"""Between the attempts: ten of them within three days."""
JITTER: Final = 0.1
LONGEST_REST: Final = timedelta(days=1)
"""What a Retry-After may ask for."""
FAILING_AFTER: Final = 5
"""Failed attempts without a success between them: then the endpoint gets one at a time."""
DISABLED_AFTER: Final = timedelta(days=3)
"""Of failures without a success."""

ACTOR: Final = "job:webhooks"
_ROW: Final = webhook_endpoint.c
_LETTER: Final = (
    "売上通知(Webhook)の送信先を停止しました。管理画面で送信先をご確認のうえ、再開してください。\n"
    "Webhooks to one of your endpoints were stopped, since it {why}. Please look at it in the"
    " console, and enable it again.\n"
)
"""It names no address: the console has it."""
_WHY: Final = {"gone": "says that it is gone (410)", "failed": "has taken nothing for days"}


@dataclass(frozen=True, slots=True)
class Answered:
    """What one attempt came to."""

    outcome: str
    """`ok`, or a code of why not; never what the other side said."""
    status: int | None
    rests_s: int | None
    """For how long it wants to be left alone, if it said."""
    began_at: datetime
    duration_ms: int

    @property
    def is_ok(self) -> bool:
        """Whether the endpoint has taken it."""
        return self.outcome == "ok"


async def mark_attempt(
    db: AsyncSession, region_id: int, endpoint_id: UUID, taken: Taken, said: Answered
) -> str:
    """Write an attempt down; what became of the delivery: `delivered`, `again` or `failed`."""
    await db.execute(
        insert(webhook_attempt).values(
            region_id=region_id,
            delivery_id=taken.delivery_id,
            attempt=taken.attempt,
            at=said.began_at,
            duration_ms=said.duration_ms,
            status=said.status,
            outcome=said.outcome,
        )
    )
    if said.is_ok:
        await end_delivery(db, region_id, taken.delivery_id, "delivered")
        await _succeeded(db, region_id, endpoint_id)
        return "delivered"
    await _failed(db, region_id, endpoint_id, said)
    pause = pause_after(taken.tries, said.rests_s)
    if said.began_at + pause >= taken.expires_at:
        await end_delivery(db, region_id, taken.delivery_id, "failed")
        return "failed"
    await put_back(db, region_id, taken.delivery_id, pause)
    return "again"


def pause_after(tries: int, rests_s: int | None) -> timedelta:
    """How long after its `tries`-th attempt a delivery waits; at least as long as it was asked."""
    own = PAUSES[min(tries, len(PAUSES)) - 1]
    own *= random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  no secret
    return max(own, _rest(rests_s))


async def _succeeded(db: AsyncSession, region_id: int, endpoint_id: UUID) -> None:
    """Writes nothing at an endpoint that did well before."""
    await db.execute(
        update(webhook_endpoint)
        .where(_ROW.region_id == region_id, _ROW.endpoint_id == endpoint_id, _ROW.failures > 0)
        .values(failures=0, failing_since=None, rests_until=None, **_if("failing", "enabled"))
    )


async def _failed(db: AsyncSession, region_id: int, endpoint_id: UUID, said: Answered) -> None:
    rest = func.clock_timestamp() + _rest(said.rests_s)
    rows = await db.execute(
        update(webhook_endpoint)
        .where(_ROW.region_id == region_id, _ROW.endpoint_id == endpoint_id)
        .values(
            failures=_ROW.failures + 1,
            failing_since=func.coalesce(_ROW.failing_since, said.began_at),
            **({} if said.rests_s is None else {"rests_until": rest}),
        )
        .returning(_ROW.merchant_id, _ROW.state, _ROW.failures, _ROW.failing_since)
    )
    endpoint = rows.one()
    if endpoint.state not in ("enabled", "failing"):
        return
    if said.status == 410:
        await _disable(db, region_id, endpoint_id, endpoint, "gone")
    elif endpoint.failing_since <= said.began_at - DISABLED_AFTER:
        await _disable(db, region_id, endpoint_id, endpoint, "failed")
    elif endpoint.state == "enabled" and endpoint.failures >= FAILING_AFTER:
        await _turn(db, region_id, endpoint_id, "failing", "failed")


async def _disable(
    db: AsyncSession, region_id: int, endpoint_id: UUID, endpoint: Row[Any], why: str
) -> None:
    await _turn(db, region_id, endpoint_id, "disabled", why)
    merchant_id = UUID(int=endpoint.merchant_id.int)
    await enter_act(
        db, region_id, actor=ACTOR, act="webhook_endpoint.disabled", object_id=endpoint_id,
        merchant_id=str(merchant_id), why=why,
    )  # fmt: skip
    body = _LETTER.format(why=_WHY[why])
    await write_to_contacts(db, region_id, merchant_id, "webhooks stopped", body)


async def _turn(db: AsyncSession, region_id: int, endpoint_id: UUID, state: str, why: str) -> None:
    await db.execute(
        update(webhook_endpoint)
        .where(_ROW.region_id == region_id, _ROW.endpoint_id == endpoint_id)
        .values(state=state, state_why=why, state_changed_at=func.clock_timestamp())
    )


def _if(state: str, then: str) -> dict[str, Any]:
    """The changes that let one state become another, and leave all others as they are."""
    is_it = _ROW.state == state
    return {
        "state": case((is_it, then), else_=_ROW.state),
        "state_changed_at": case((is_it, func.clock_timestamp()), else_=_ROW.state_changed_at),
    }


def _rest(rests_s: int | None) -> timedelta:
    return min(LONGEST_REST, timedelta(seconds=rests_s or 0))
