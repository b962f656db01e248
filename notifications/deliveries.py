"""Deliveries: rows of the outbox by one way to one address, taken for a while, marked, given up.

A delivery is taken by moving its next attempt into the future. Whoever took it and died leaves it
to the next one: it may go out twice, and is never lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ledger.regions import Region
from notifications.kinds import Channel, Kind, Language

QUIET_FROM: Final = time(21)
QUIET_UNTIL: Final = time(8)
"""In the region's zone: nobody is woken but by an emergency. What is due waits, as it stands."""
MOST_REFUSALS: Final = 3
"""After so many in a row an address is dropped: the first one may be our own fault."""
RESTS: Final = "carrier-rests"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One that was taken, for its `tries`-th attempt."""

    region_id: int
    delivery_id: int
    item_id: UUID
    kind: Kind
    channel: Channel
    address_id: UUID
    tries: int
    made_at: datetime
    lasts_s: int
    address: str
    """The person's number, of SMS."""
    language: Language
    p256dh: bytes | None
    auth: bytes | None
    secret: bytes | None
    texts: dict[str, dict[str, str]] | None
    """Of what is told to many."""
    region_code: str = ""
    tells: Literal["message", "end", "test"] = "message"
    """To partners also that a message holds no more, and tests."""
    old_secret: bytes | None = None
    """Of a partner, as long as it still signs."""
    message: dict[str, Any] | None = None
    """The whole row and `replaced_by`, for partners alone."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What an attempt came to."""

    delivery: Delivery
    state: Literal["sent", "waiting", "dropped", "dead"]
    why: str | None = None
    pause_s: float = 0.0
    address: Literal["good", "gone", "refused", ""] = ""
    """What it says of the address: `gone` is dropped at once, `refused` at the third time."""

    @property
    def ends_partner(self) -> bool:
        """Whether a partner said that it is gone."""
        return self.address == "gone" and self.delivery.channel == "webhook"


def is_quiet(now: datetime, region: Region) -> bool:
    """Whether only emergencies go to people at this moment."""
    local = now.astimezone(region.zone).time()
    return local >= QUIET_FROM or local < QUIET_UNTIL


# Not by sending: what may have changed between matching and sending, in the order of telling why.
_MAY_NOT: Final = """
    CASE WHEN o.expires_at <= ledger.now() THEN 'expired'
         WHEN p.closed_at IS NOT NULL THEN 'closed'
         WHEN m.state <> 'active' AND o.tells = 'message' THEN m.state
         WHEN o.person_id IS NOT NULL AND EXISTS (
              SELECT FROM unnest(m.consents) AS needed(purpose)
               WHERE NOT coalesce((SELECT c.is_given FROM residents.consent c
                                    WHERE c.region_id = o.region_id AND c.person_id = o.person_id
                                      AND c.purpose = needed.purpose
                                    ORDER BY c.consent_id DESC LIMIT 1), false))
         THEN 'no-consent' END"""
"""Why a row `o` of the outbox goes to nobody; NULL: it goes. `m` is its message, `p` its person."""

_TAKE: Final = f"""
WITH due AS (
    SELECT delivery_id FROM notifications.outbox
     WHERE region_id = :region AND channel = :channel AND state = 'waiting'
       AND not_before <= clock_timestamp() {{only}}
     ORDER BY (kind <> 'emergency'), not_before LIMIT :most FOR UPDATE SKIP LOCKED),
looked_at AS (
    SELECT o.delivery_id, f.language, p.phone, m.texts, a.address, a.p256dh, a.auth, a.secret,
           CASE WHEN a.old_secret_until > clock_timestamp() THEN a.old_secret END AS old_secret,
           CASE WHEN o.channel = 'webhook' THEN to_jsonb(m) || jsonb_build_object('replaced_by',
             (SELECT l.message_id FROM notifications.message l
               WHERE l.region_id = m.region_id AND l.replaces = m.message_id)) END AS message,
           coalesce({_MAY_NOT},
             CASE WHEN a.state = 'paused' THEN 'paused'
                  WHEN a.state <> 'active' THEN 'no-address'
                  WHEN a.channel = 'sms' AND p.phone IS NULL THEN 'no-number'
                  WHEN o.kind <> 'emergency'
                       AND (o.kind || ':' || o.channel) = ANY(coalesce(f.muted, '{{{{}}}}'))
                  THEN 'muted' END) AS verdict
      FROM due JOIN notifications.outbox o
        ON o.region_id = :region AND o.delivery_id = due.delivery_id
      JOIN notifications.address a ON a.region_id = o.region_id AND a.address_id = o.address_id
      LEFT JOIN residents.person p ON p.region_id = o.region_id AND p.person_id = o.person_id
      LEFT JOIN notifications.message m
        ON m.region_id = o.region_id AND m.message_id = o.message_id
      LEFT JOIN notifications.preference f
        ON f.region_id = o.region_id AND f.person_id = o.person_id),
held AS (
    UPDATE notifications.outbox o
       SET why = 'paused', not_before = clock_timestamp() + (o.expires_at - ledger.now())
      FROM looked_at l
     WHERE l.verdict = 'paused' AND o.region_id = :region AND o.delivery_id = l.delivery_id),
dropped AS (
    UPDATE notifications.outbox o
       SET state = CASE WHEN l.verdict = 'expired' AND o.tries > 0 THEN 'dead' ELSE 'dropped' END,
           why = l.verdict, ended_at = clock_timestamp()
      FROM looked_at l
     WHERE l.verdict <> 'paused' AND o.region_id = :region AND o.delivery_id = l.delivery_id)
UPDATE notifications.outbox o SET tries = o.tries + 1, not_before = clock_timestamp() + :lease
  FROM looked_at l
 WHERE l.verdict IS NULL AND o.region_id = :region AND o.delivery_id = l.delivery_id
RETURNING o.region_id, o.delivery_id, o.item_id, o.kind, o.channel, o.address_id, o.tries,
          o.made_at, ceil(extract(epoch FROM o.expires_at - ledger.now()))::integer AS lasts_s,
          CASE WHEN o.channel = 'sms' THEN l.phone ELSE l.address END AS address,
          coalesce(l.language, 'ja') AS language, l.p256dh, l.auth, l.secret, l.texts,
          CAST(:code AS text) AS region_code, o.tells, l.old_secret, l.message"""  # noqa: S608  no value stands in it
_TAKE_ALL: Final = text(_TAKE.format(only=""))
_TAKE_EMERGENCIES: Final = text(_TAKE.format(only="AND (kind <> 'emergency') = false"))
_IS_EMPTY: Final = text(
    "SELECT NOT EXISTS (SELECT FROM notifications.outbox WHERE region_id = :region"
    " AND channel = :channel AND state = 'waiting' AND not_before <= clock_timestamp())"
)
_GIVE_UP: Final = text(
    "UPDATE notifications.outbox SET why = 'expired', ended_at = clock_timestamp(),"
    " state = CASE WHEN tries > 0 THEN 'dead' ELSE 'dropped' END"
    " WHERE region_id = :region AND state = 'waiting' AND delivery_id = ANY (ARRAY("
    " SELECT delivery_id FROM notifications.outbox WHERE region_id = :region"
    " AND state = 'waiting' AND expires_at <= ledger.now() LIMIT :most FOR UPDATE SKIP LOCKED))"
    " RETURNING channel, state"
)
_MARK: Final = text(
    "UPDATE notifications.outbox o SET state = v.state, why = v.why,"
    " tries = CASE WHEN v.why = :rests THEN greatest(o.tries - 1, 0) ELSE o.tries END,"
    " not_before = clock_timestamp() + v.pause_s * interval '1 second',"
    " ended_at = CASE WHEN v.state <> 'waiting' THEN clock_timestamp() END"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:whys AS text[]),"
    " CAST(:pauses AS double precision[])) AS v(delivery_id, state, why, pause_s)"
    " WHERE o.region_id = :region AND o.delivery_id = v.delivery_id AND o.state = 'waiting'"
)
_GONE: Final = text(
    "UPDATE notifications.address SET state = 'dropped', why = :why, address = '', p256dh = NULL,"
    " auth = NULL, secret = NULL, old_secret = NULL, old_secret_until = NULL,"
    " dropped_at = clock_timestamp() WHERE region_id = :region"
    " AND address_id = ANY(CAST(:ids AS uuid[])) AND state <> 'dropped' AND failures >= :least"
)
_REFUSED: Final = text(
    "UPDATE notifications.address SET failures = failures + 1 WHERE region_id = :region"
    " AND address_id = ANY(CAST(:ids AS uuid[])) AND state <> 'dropped'"
)
_GOOD: Final = text(
    "UPDATE notifications.address SET failures = 0 WHERE region_id = :region"
    " AND address_id = ANY(CAST(:ids AS uuid[])) AND state <> 'dropped' AND failures > 0"
)


async def take_deliveries(
    db: AsyncSession, region: Region, channel: Channel, most: int, lease: timedelta
) -> list[Delivery] | None:
    """Take up to `most` that are due and may go at this moment; the others of them are dropped.

    None where nothing is due. In the caller's transaction, as `SENDER_ROLE`.
    """
    values = {"region": region.region_id, "channel": channel}
    if await db.scalar(_IS_EMPTY, values):
        return None
    now = await db.scalar(text("SELECT ledger.now()"))
    is_held = channel != "webhook" and is_quiet(now, region)
    rows = await db.execute(
        _TAKE_EMERGENCIES if is_held else _TAKE_ALL,
        {**values, "code": region.code, "most": most, "lease": lease},
    )
    taken = [Delivery(**row) for row in rows.mappings()]
    return taken if taken or not is_held else None


async def mark_deliveries(db: AsyncSession, region_id: int, marks: Sequence[Mark]) -> None:
    """Say of each what became of it, and drop the addresses that are none any more.

    Nothing happens to a delivery that is over: somebody else has carried it too.
    """
    values: dict[str, Any] = {
        "region": region_id,
        "rests": RESTS,
        "ids": [mark.delivery.delivery_id for mark in marks],
        "states": [mark.state for mark in marks],
        "whys": [mark.why for mark in marks],
        "pauses": [mark.pause_s for mark in marks],
    }
    await db.execute(_MARK, values)

    def ids_of(said: str) -> list[UUID]:
        # In one order, so that two senders cannot wait for each other.
        return sorted({mark.delivery.address_id for mark in marks if mark.address == said})

    if good := ids_of("good"):
        await db.execute(_GOOD, {"region": region_id, "ids": good})
    if refused := ids_of("refused"):
        ids = {"region": region_id, "ids": refused}
        await db.execute(_REFUSED, ids)
        await db.execute(_GONE, {**ids, "why": "refused", "least": MOST_REFUSALS})
    if gone := ids_of("gone"):
        await db.execute(_GONE, {"region": region_id, "ids": gone, "why": "gone", "least": 0})


async def give_up_deliveries(db: AsyncSession, region_id: int, most: int) -> list[tuple[str, str]]:
    """End up to `most` whose time is over: dead where tried, else dropped. Channel and state."""
    ended = await db.execute(_GIVE_UP, {"region": region_id, "most": most})
    return [(row.channel, row.state) for row in ended]
