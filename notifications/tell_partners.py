"""Tell partners: a row of the outbox for each of them, of what everybody may read and its end."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Alerts are told to everybody; notices to segments stand in the public log from their first moment.
_TOLD: Final = text("""
INSERT INTO notifications.outbox
       (region_id, item_id, kind, message_id, channel, address_id, expires_at)
SELECT m.region_id, m.message_id, m.kind, m.message_id, 'webhook', a.address_id, m.expires_at
  FROM notifications.message m
  JOIN notifications.address a
    ON a.region_id = m.region_id AND a.channel = 'webhook' AND a.state = 'active'
   AND m.kind = ANY (a.kinds)
   AND (m.kind = 'emergency' OR date_trunc('second', a.made_at) <= m.made_at)
 WHERE m.region_id = :region AND m.state = 'active' AND m.expires_at > ledger.now()
   AND NOT EXISTS (SELECT FROM notifications.outbox o
                    WHERE o.region_id = m.region_id AND o.item_id = m.message_id
                      AND o.person_id IS NULL AND o.channel = 'webhook'
                      AND o.address_id = a.address_id)
ON CONFLICT DO NOTHING""")

# Only to whom it was told, or perhaps was. Its id follows from the message's, so it is one.
_ENDED: Final = text("""
INSERT INTO notifications.outbox
       (region_id, item_id, kind, message_id, channel, address_id, expires_at, tells)
SELECT m.region_id, m.end_id, m.kind, m.message_id, 'webhook', o.address_id, m.expires_at, 'end'
  FROM (SELECT *, md5('end of ' || message_id)::uuid AS end_id FROM notifications.message) m
  JOIN notifications.outbox o
    ON o.region_id = m.region_id AND o.item_id = m.message_id AND o.person_id IS NULL
   AND o.channel = 'webhook' AND (o.state = 'sent' OR o.tries > 0)
  JOIN notifications.address a
    ON a.region_id = o.region_id AND a.address_id = o.address_id AND a.state = 'active'
 WHERE m.region_id = :region AND m.state <> 'active' AND m.expires_at > ledger.now()
   AND NOT EXISTS (SELECT FROM notifications.outbox e
                    WHERE e.region_id = m.region_id AND e.item_id = m.end_id
                      AND e.person_id IS NULL AND e.channel = 'webhook'
                      AND e.address_id = o.address_id)
ON CONFLICT DO NOTHING""")


async def tell_partners(db: AsyncSession, region_id: int) -> None:
    """Write down what is to be told to partners, each once. In the caller's transaction.

    A partner is told of the alerts that hold when it is registered, and what is put down after
    that. What ended while it was paused it is told once it is told anything again.
    """
    await db.execute(_TOLD, {"region": region_id})
    await db.execute(_ENDED, {"region": region_id})
