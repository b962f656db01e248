"""Items about somebody's own money or data: into the inbox, and on to who has addresses; in SQL."""

from datetime import timedelta
from typing import Final

KEPT: Final = timedelta(days=90)
"""How long such an item stands in an inbox; the wallet's history has it for ever."""

# `said` has item_id, person_id, kind, about, at and ends_at. Whoever closes the account meanwhile
# is waited for, and told nothing: a row that came in behind would be erased by nobody.
PUT: Final = """
    , told AS (
        INSERT INTO notifications.inbox (region_id, person_id, item_id, kind, about, at, expires_at)
        SELECT :region, s.person_id, s.item_id, s.kind, s.about, s.at, s.ends_at
          FROM said s
          JOIN residents.person p ON p.region_id = :region AND p.person_id = s.person_id
         WHERE p.closed_at IS NULL
           FOR SHARE OF p
            ON CONFLICT DO NOTHING RETURNING person_id, item_id, kind, expires_at
    ), sent AS (
        INSERT INTO notifications.outbox (region_id, item_id, kind, person_id, channel, expires_at)
        SELECT :region, t.item_id, t.kind, t.person_id, 'inbox', t.expires_at
          FROM told t
         WHERE EXISTS (SELECT FROM notifications.address a
                        WHERE a.region_id = :region AND a.person_id = t.person_id
                          AND a.state = 'active')
            ON CONFLICT DO NOTHING
    )
    SELECT count(*) FROM told
"""
