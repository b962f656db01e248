"""Attempts whose answers came too late, as the sender itself marks them in the outbox.

A mark is written over by the next one; so a trigger of the superuser keeps them for the judgement.
"""

from time import time
from typing import Any

from torture.ground import Ground
from torture.stage import Stage

_KEEP = """
    CREATE SCHEMA torture;
    CREATE TABLE torture.turn (
        delivery_id bigint NOT NULL,
        is_taken    boolean NOT NULL,
        at          timestamptz NOT NULL DEFAULT clock_timestamp());
    CREATE FUNCTION torture.keep_turn() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        INSERT INTO torture.turn VALUES (NEW.delivery_id, NEW.tries > OLD.tries);
        RETURN NULL;
    END $$;
    CREATE TRIGGER torture_keeps_turns AFTER UPDATE ON notifications.outbox FOR EACH ROW
        WHEN (NEW.tries > OLD.tries
              OR NEW.state = 'waiting' AND NEW.why IN ('timeout', 'TimeoutError'))
        EXECUTE FUNCTION torture.keep_turn();
"""
_UNREAD = """
    SELECT person_id, item_id, channel, delivery_id, extract(epoch FROM taken_at) AS taken_at,
           extract(epoch FROM at) AS at
      FROM (SELECT delivery_id, is_taken, at, max(at) FILTER (WHERE is_taken)
                   OVER (PARTITION BY delivery_id ORDER BY at) AS taken_at FROM torture.turn) AS t
      JOIN notifications.outbox USING (delivery_id)
     WHERE region_id = $1 AND NOT is_taken ORDER BY at
"""


async def keep_turns(ground: Ground) -> None:
    """Keep when notices are taken, and when one is marked as without an answer in time."""
    await ground.administer(_KEEP)


async def read_turns(stage: Stage, superuser: Any) -> list[tuple[Any, float, float]]:
    """Each attempt without an answer: its row, when it was taken, and when it was given up.

    In seconds of the run.
    """
    began = time() - stage.now()
    found = await superuser.fetch(_UNREAD, stage.scene.region_id)
    return [(row, float(row["taken_at"]) - began, float(row["at"]) - began) for row in found]
