"""Random histories: the ledger on PostgreSQL and a small independent model always agree."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.database import Database
from tests.invariants import check_books
from tests.payments.players import NOON, SETTINGS, Step, two_towns
from tests.servers import Place, Servers
from tests.sizes import RANDOM_TOWNS
from tests.town_builder import Town, open_region, running_engine, set_clock

WALLETS = st.sampled_from(["w0", "w0", "w1", "w2"])
STORES = st.sampled_from(["s0", "s0", "s1", "s2"])
YEN = st.integers(1, 1_600)
SOME = st.integers(0, 4)
"""Which of the newest: small numbers, so that histories touch the same things often."""

STEPS = st.one_of(
    st.tuples(st.just("top_up"), st.sampled_from(["w0", "w1", "w2", "nobody"]), YEN),
    st.tuples(st.just("top_up"), WALLETS, st.integers(800, 1_600)),
    st.tuples(st.just("in_cash"), WALLETS, YEN),
    st.tuples(st.just("pay"), WALLETS, STORES, YEN, st.booleans()),
    st.tuples(st.just("pay"), WALLETS, STORES, st.integers(100, 700), st.just(False)),
    st.tuples(st.just("refund"), SOME, STORES, st.one_of(st.none(), st.integers(1, 500))),
    st.tuples(st.just("refund"), SOME, STORES, st.none()),
    st.tuples(st.just("void"), SOME, STORES),
    st.tuples(st.just("reverse"), SOME),
    st.tuples(st.just("place"), SOME, WALLETS),
    st.tuples(st.just("send_back"), SOME),
    st.tuples(st.just("turn"), WALLETS, st.sampled_from(["open", "open", "frozen"])),
    st.tuples(st.just("turn"), st.sampled_from(["c0", "c1"]), st.sampled_from(["live", "stopped"])),
    st.tuples(st.just("again"), SOME),
)
GROUPS = st.one_of(
    st.lists(STEPS, min_size=1, max_size=6),
    st.lists(STEPS, min_size=1, max_size=6),
    st.lists(STEPS, min_size=1, max_size=6),
    st.tuples(st.tuples(st.just("advance"), st.sampled_from([1, 1, 17, 33]))),
    st.tuples(st.tuples(st.just("expire"))),
)
HISTORIES = st.lists(GROUPS, min_size=1, max_size=18)


@pytest.fixture(scope="module")
async def place(servers: Servers) -> AsyncIterator[Place]:
    """One database for all histories: each is played in a region of its own."""
    place = await servers.clone()
    yield place
    await check_books(place.superuser_url)
    await servers.leave(place)


@pytest.fixture(scope="module")
async def database(place: Place) -> AsyncIterator[Database]:
    database = Database(place.app_url)
    yield database
    await database.close()


REGIONS = count(1)


@given(history=HISTORIES)
@settings(
    max_examples=RANDOM_TOWNS,
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.generate],  # a history is short enough to read as it is
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_the_ledger_does_what_the_model_says(
    place: Place, database: Database, history: list[list[Step]]
):
    await set_clock(place, NOON)  # the history before this one has moved it
    region = await open_region(database, f"town-{next(REGIONS)}", "Asia/Tokyo", **SETTINGS)
    async with running_engine(database, region) as engine, asyncio.timeout(120):
        players = await two_towns(Town(place, database, region, engine))
        for group in history:
            await players.play(group)
