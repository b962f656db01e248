"""Put into inboxes what waits for them, by the thousand, and write a row for each address.

What must hold is asked at this moment: that the message stands, that the person has an account,
agrees, and had fewer than four notices this month. Runs as the sender, which reads no payment.
"""

from collections.abc import Callable
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.database import SENDER_ROLE, Database, now_of
from ledger.regions import Region
from notifications.kinds import MOST_A_MONTH, MOST_TEXTS_A_DAY, NOTICE_KINDS

CHUNK: Final = 1_000
MOST_TRIES: Final = 5
"""Of a chunk that another sender met in the same person's month."""

# One statement, so a chunk is whole or not there. Emergencies ask for no consent, are never muted
# and counted; what is about somebody's own money is in the inbox already, and never counted.
_FILL: Final = text("""
    WITH taken AS (
        SELECT delivery_id, item_id, kind, message_id, person_id, expires_at, not_before
          FROM notifications.outbox
         WHERE region_id = :region AND channel = 'inbox' AND state = 'waiting'
           AND not_before <= clock_timestamp()
         ORDER BY (kind <> 'emergency'), not_before
         LIMIT :chunk FOR UPDATE SKIP LOCKED
    ), agreed AS (
        SELECT last.person_id, array_agg(last.purpose) AS purposes
          FROM (SELECT DISTINCT ON (c.person_id, c.purpose) c.person_id, c.purpose, c.is_given
                  FROM residents.consent c
                 WHERE c.region_id = :region
                   AND c.person_id IN (SELECT person_id FROM taken WHERE kind = ANY (:counted))
                 ORDER BY c.person_id, c.purpose, c.consent_id DESC) last
         WHERE last.is_given GROUP BY last.person_id
    ), judged AS (
        SELECT t.*, m.audience, m.expires_at AS message_expires_at,
               CASE WHEN t.expires_at <= ledger.now() THEN 'expired'
                    WHEN p.closed_at IS NOT NULL THEN 'closed'
                    WHEN m.state <> 'active' THEN m.state
                    WHEN NOT m.consents <@ coalesce(g.purposes, '{}') THEN 'no-consent' END AS why
          FROM taken t
          JOIN residents.person p ON p.region_id = :region AND p.person_id = t.person_id
          LEFT JOIN notifications.message m
            ON m.region_id = :region AND m.message_id = t.message_id
          LEFT JOIN agreed g ON g.person_id = t.person_id
    ), numbered AS (
        SELECT j.delivery_id, j.person_id, j.message_id,
               row_number() OVER (PARTITION BY j.person_id ORDER BY j.not_before, j.delivery_id)
               + (SELECT count(*) FROM notifications.received r
                   WHERE r.region_id = :region AND r.person_id = j.person_id
                     AND r.month = :month) AS number
          FROM judged j
         WHERE j.why IS NULL AND j.kind = ANY (:counted)
    ), ruled AS (
        SELECT j.*, n.number,
               coalesce(j.why, CASE WHEN n.number > :most THEN 'month-full' END) AS ruling
          FROM judged j LEFT JOIN numbered n USING (delivery_id)
    ), counted AS (
        INSERT INTO notifications.received (region_id, person_id, month, number, message_id)
        SELECT :region, person_id, :month, number, message_id FROM ruled
         WHERE ruling IS NULL AND number IS NOT NULL
    ), filled AS (
        INSERT INTO notifications.inbox (region_id, person_id, item_id, kind, message_id, at,
                                         expires_at)
        SELECT :region, person_id, item_id, kind, message_id, ledger.now(), message_expires_at
          FROM ruled WHERE ruling IS NULL AND audience = 'segment'
            ON CONFLICT DO NOTHING
    ), ways AS (
        SELECT r.item_id, r.kind, r.message_id, r.person_id, a.channel, a.address_id, r.expires_at,
               row_number() OVER (PARTITION BY a.address_id ORDER BY r.delivery_id) AS nth
          FROM ruled r
          JOIN notifications.address a
            ON a.region_id = :region AND a.person_id = r.person_id AND a.state = 'active'
          LEFT JOIN notifications.preference f
            ON f.region_id = :region AND f.person_id = r.person_id
         WHERE r.ruling IS NULL
           AND (r.kind = 'emergency'
                OR NOT coalesce(f.muted, '{}') @> ARRAY[r.kind || ':' || a.channel])
    ), spread AS (
        INSERT INTO notifications.outbox (region_id, item_id, kind, message_id, person_id, channel,
                                          address_id, expires_at)
        SELECT :region, w.item_id, w.kind, w.message_id, w.person_id, w.channel, w.address_id,
               w.expires_at
          FROM ways w
         WHERE w.channel <> 'sms' OR w.kind = 'emergency'
            OR w.nth + (SELECT count(*) FROM notifications.outbox s
                         WHERE s.region_id = :region AND s.person_id = w.person_id
                           AND s.channel = 'sms' AND s.kind <> 'emergency'
                           AND s.made_at > clock_timestamp() - interval '1 day') <= :texts
            ON CONFLICT DO NOTHING
    )
    UPDATE notifications.outbox o
       SET state = CASE WHEN r.ruling IS NULL THEN 'sent' ELSE 'dropped' END, why = r.ruling,
           ended_at = clock_timestamp()
      FROM ruled r
     WHERE o.region_id = :region AND o.delivery_id = r.delivery_id
    RETURNING o.state
""")


async def fill_inboxes(database: Database, region: Region, beat: Callable[[], None]) -> int:
    """How many were handled, until none waits. Two senders at once do no harm.

    Raises the driver's errors: what is done stands, and the next call goes on.
    """
    done = 0
    while True:
        handled = await _fill(database, region)
        done += handled
        beat()
        if handled < CHUNK:
            return done


async def _fill(database: Database, region: Region) -> int:
    for attempt in range(MOST_TRIES):
        try:
            return await _fill_once(database, region)
        except IntegrityError:
            # Another sender has counted a notice of the same person meanwhile: count again.
            if attempt == MOST_TRIES - 1:
                raise
    raise AssertionError("the last attempt returns or raises")


async def _fill_once(database: Database, region: Region) -> int:
    async with database.transaction(region.region_id, as_role=SENDER_ROLE) as db:
        now = await now_of(db)
        rows = await db.execute(
            _FILL,
            {
                "region": region.region_id,
                "chunk": CHUNK,
                "counted": list(NOTICE_KINDS),
                "month": region.day_of(now).replace(day=1),
                "most": MOST_A_MONTH,
                "texts": MOST_TEXTS_A_DAY,
            },
        )
        return len(rows.all())
