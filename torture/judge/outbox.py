"""Whether screens were told every event once, in order, and no other: the outbox's promise."""

from typing import Any, Final

import asyncpg

from torture.judge.promise import Broken, Promise
from torture.screen import Screen

_EVENTS: Final = """
    SELECT seq, kind, amount FROM ledger.event
     WHERE region_id = $1 AND other_id = $2 AND kind IN ('payment', 'refund', 'void') AND seq > $3
     ORDER BY seq
"""


async def told_in_order(
    superuser: "asyncpg.Connection[Any]", region_id: int, screens: list[Screen], opened_at: int
) -> list[Promise]:
    """Compare each screen with the journal's events of its store since the load began."""
    if not screens:
        return []
    broken, events, told = Broken(), 0, 0
    for screen in screens:
        rows = await superuser.fetch(_EVENTS, region_id, screen.shop.store_id, opened_at)
        due = [(row["seq"], row["kind"], row["amount"]) for row in rows]
        heard = [(seq, kind, data["amount_yen"]) for seq, kind, data in screen.told]
        events, told = events + len(due), told + len(heard)
        for place in _differences(due, heard):
            broken.add(f"store {screen.shop.store_id}: {place}")
        if screen.resets:
            broken.add(f"store {screen.shop.store_id}: {screen.resets} times told to begin anew")
    connections = sum(screen.connections for screen in screens)
    return [
        broken.promise(
            "Every screen was told every event of its store once, in order, and no other",
            f"{len(screens)} screens, {connections:,} connections, {events:,} events,"
            f" {told:,} told",
        )
    ]


def _differences(due: list[tuple[int, str, int]], heard: list[tuple[int, str, int]]) -> list[str]:
    if due == heard:
        return []
    missing = sorted(set(due) - set(heard))
    other = sorted(set(heard) - set(due))
    found = [
        f"event {seq} ({kind} of {amount} yen) was never told" for seq, kind, amount in missing
    ]
    found += [f"event {seq} ({kind} of {amount} yen) is not due" for seq, kind, amount in other]
    if len(heard) != len(set(heard)):
        found.append("an event was told twice")
    return found or ["events were told out of order"]
