"""Challenges are answered once, in time, and with few tries."""

import asyncio
from datetime import timedelta

from access.allowances import Allowance, spend
from access.challenges import Asked, Kind, answer, ask
from access.sessions import Home
from access.vault import Vault
from core.database import Database

CODE = Kind("code", timedelta(minutes=10), 3)


async def asked(database: Database, vault: Vault, kind: Kind = CODE):
    async with database.transaction(1) as db:
        return await ask(db, 1, vault, kind, "314159", facts={"for": "test"})


async def tried(database: Database, vault: Vault, challenge_id, secret: str, kind: Kind = CODE):
    async with database.transaction(1) as db:
        return await answer(db, 1, vault, kind, challenge_id, secret)


async def test_the_right_answer_counts_once(database: Database, vault: Vault):
    challenge = await asked(database, vault)
    told = await tried(database, vault, challenge, "314159")
    assert told is not None
    assert told == Asked(challenge, None, {"for": "test"}, told.made_at)
    assert await tried(database, vault, challenge, "314159") is None


async def test_a_hundred_right_answers_at_once_count_once(database: Database, vault: Vault):
    challenge = await asked(database, vault)
    told = await asyncio.gather(*(tried(database, vault, challenge, "314159") for _ in range(100)))
    assert sum(one is not None for one in told) == 1


async def test_after_three_wrong_answers_the_right_one_is_wrong(database: Database, vault: Vault):
    challenge = await asked(database, vault)
    for wrong in ("000000", "111111", "222222"):
        assert await tried(database, vault, challenge, wrong) is None
    assert await tried(database, vault, challenge, "314159") is None


async def test_an_answer_is_for_its_purpose_and_its_vault(database: Database, vault: Vault):
    challenge = await asked(database, vault)
    other = Kind("another", CODE.lasts, CODE.tries)
    assert await tried(database, vault, challenge, "314159", other) is None
    assert await tried(database, Vault(b"o" * 32), challenge, "314159") is None
    assert await tried(database, vault, challenge, "314159") is not None


async def test_an_allowance_is_never_exceeded(database: Database, vault: Vault, home: Home):
    few = Allowance("few", 5, timedelta(days=1))
    key = vault.mac("number", "+819012345678")

    async def once() -> int:
        async with database.transaction(home.region_id) as db:
            return await spend(db, home.region_id, few, key)

    waits = await asyncio.gather(*(once() for _ in range(40)))
    assert sum(wait == 0 for wait in waits) == 5
    assert all(0 <= wait <= 86_401 for wait in waits)
    async with database.transaction(2) as db:
        assert await spend(db, 2, few, key) == 0, "another region has its own"
