"""Read who paid and where: wallets with their people, stores with their merchants."""

from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import UUID

import asyncpg
import orjson

from core.database import Connection
from ledger.books import Facts
from residents.person import NOBODY
from simulations.happenings import Happenings, Parties
from simulations.parties import Person, Shop

CHUNK: Final = 20_000
"""Rows that are read at once."""

_FIRST: Final = UUID(int=0)
_WALLETS: Final = """
    SELECT holder_id, subject_id FROM ledger.holder
     WHERE region_id = $1 AND kind = 'wallet' AND holder_id > $2
     ORDER BY holder_id LIMIT $3
"""
_STORES: Final = """
    SELECT s.holder_id, m.holder_id, m.facts
      FROM ledger.holder s
      JOIN ledger.holder m ON m.region_id = $1 AND m.holder_id = s.parent_id
     WHERE s.region_id = $1 AND s.kind = 'store' AND s.holder_id > $2
     ORDER BY s.holder_id LIMIT $3
"""
# Whoever was never verified and never said anything is no holder: nobody's facts.
_PEOPLE: Final = """
    SELECT holder_id FROM ledger.holder
     WHERE region_id = $1 AND kind = 'person' AND holder_id > $2
     ORDER BY holder_id LIMIT $3
"""
_HISTORY: Final = """
    SELECT holder_id, seq, facts -> 'person' FROM ledger.entry
     WHERE region_id = $1 AND holder_id = ANY ($2) AND seq <= $3 AND refusal IS NULL
       AND facts ? 'person'
     ORDER BY seq
"""


# The facts of merchants stand in their holders as they are now. Of these only the street changes.
_STREETS: Final = """
    SELECT e.holder_id, e.seq, e.facts ->> 'street_before', e.facts -> 'merchant' ->> 'street'
      FROM ledger.holder m
      JOIN ledger.entry e ON e.region_id = $1 AND e.holder_id = m.holder_id
     WHERE m.region_id = $1 AND m.kind = 'merchant' AND e.kind = 'merchant.described'
       AND e.refusal IS NULL
     ORDER BY e.seq
"""
_PAID: Final = """
    SELECT holder_id, sum((facts ->> 'counted_ever')::bigint)::bigint FROM ledger.entry
     WHERE region_id = $1 AND holder_id = ANY ($2) AND seq <= $3 AND refusal IS NULL
       AND kind IN ('payment', 'refund', 'void') AND facts ? 'counted_ever'
     GROUP BY 1
"""


async def read_parties(connection: Connection, region_id: int) -> Parties:
    """Everybody with a wallet and every store, as they are numbered in this simulation.

    What is known of people is nobody's until `read_people` has read it.
    """
    parties = Parties()
    for wallet_id, person_id in await _all(connection, _WALLETS, region_id):
        person = parties.people.get(person_id.bytes)
        if person is None:
            person = parties.people[person_id.bytes] = Person(len(parties.people), NOBODY)
        parties.payers[wallet_id.bytes] = person
    shops: dict[bytes, Shop] = {}
    for store_id, merchant_id, told in await _all(connection, _STORES, region_id):
        shop = shops.get(merchant_id.bytes)
        if shop is None:
            facts: Facts = orjson.loads(told)
            shop = shops[merchant_id.bytes] = Shop(
                number=len(shops),
                merchant_id=UUID(int=merchant_id.int),
                merchant_class=facts.get("merchant_class"),
                category=facts.get("category"),
                area=facts.get("area"),
                street=facts.get("street"),
            )
        parties.shops[store_id.bytes] = shop
    return parties


async def read_people(
    connection: Connection,
    region_id: int,
    parties: Parties,
    happenings: Happenings,
    seqs: tuple[int, int],
) -> None:
    """What was known of each person at the first number, and each change of that up to the second;
    and whether they had ever paid.

    By the journal's entries about people; what was erased there since is empty, and unknown.
    """
    first, last = seqs
    people = [row[0] for row in await _all(connection, _PEOPLE, region_id)]
    for start in range(0, len(people), CHUNK):
        some = people[start : start + CHUNK]
        for person_id, seq, told in await connection.fetch(_HISTORY, region_id, some, last):
            person = parties.people.get(person_id.bytes)
            if person is None:
                continue  # has no wallet
            facts: Facts = orjson.loads(told)
            if seq <= first:
                person.become(facts)
            else:
                happenings.add(seq, partial(person.become, facts))

    wallets = list(parties.payers)
    for start in range(0, len(wallets), CHUNK):
        some = [UUID(bytes=wallet_id) for wallet_id in wallets[start : start + CHUNK]]
        for wallet_id, times in await connection.fetch(_PAID, region_id, some, first):
            parties.payers[wallet_id.bytes].paid += times


async def read_streets(
    connection: Connection,
    region_id: int,
    parties: Parties,
    happenings: Happenings,
    seqs: tuple[int, int],
) -> None:
    """Of which street each shop was at the first number, and each change of that up to the second.

    Whoever moved has the street from before the first move that is later than that.
    """
    first, last = seqs
    shops = {shop.merchant_id.bytes: shop for shop in parties.merchants()}
    moved: set[bytes] = set()
    for merchant_id, seq, before, after in await connection.fetch(_STREETS, region_id):
        shop = shops.get(merchant_id.bytes)
        if shop is None:
            continue  # has no store
        if seq <= first:
            shop.move(after)
        elif merchant_id.bytes not in moved:
            shop.move(before)
        if seq > first:
            moved.add(merchant_id.bytes)
        if first < seq <= last:
            happenings.add(seq, partial(shop.move, after))


async def _all(connection: Connection, query: str, region_id: int) -> Sequence[asyncpg.Record]:
    rows: list[asyncpg.Record] = []
    after = _FIRST
    while True:
        chunk = await connection.fetch(query, region_id, after, CHUNK)
        rows += chunk
        if len(chunk) < CHUNK:
            return rows
        after = chunk[-1][0]
