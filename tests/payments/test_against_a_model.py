"""Random histories: the ledger on PostgreSQL and a small independent model always agree."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.database import Database
from ledger.regions import load_regions
from payments.verify import verify_books
from tests.invariants import check_books
from tests.payments.histories import history, long_history
from tests.payments.players import NOON, SETTINGS
from tests.payments.two_towns import two_towns
from tests.servers import Place, Servers
from tests.sizes import RANDOM_TOWNS
from tests.town_builder import Town, open_region, running_engine, set_clock


@pytest.fixture(scope="module")
async def place(servers: Servers) -> AsyncIterator[Place]:
    """One database for all histories: each is played in a region of its own."""
    place = await servers.clone()
    yield place
    await check_books(place.superuser_url)
    await servers.leave(place)


@pytest.fixture(scope="module")
async def database(place: Place) -> AsyncIterator[Database]:
    """All that follows from the journal is verified at the end."""
    database = Database(place.app_url)
    yield database
    for region in (await load_regions(database)).values():
        assert (await verify_books(database, region)).faults == ()
    await database.close()


REGIONS = count(1)
PLAYED, AGREED = "histories that were played", "histories in which both agreed"
WORTH_SEEING = (
    *("Pay", "Refund", "Void", "ReverseTopUp", "PlaceSuspense", "ReturnSuspense"),
    *("insufficient-funds", "refund-exceeds-payment", "payment-unknown", "wallet-frozen"),
    *("ChangeStore", "ChangeMerchant", "store-closed", "wallet-closed", "wallet-not-empty"),
    *("balance-over-limit", "void-after-refund", "resident-owes-too-much", "top-up-reversed"),
    *("paid with points", "points settled a debt", "points became a debt", "two campaigns gave"),
    "expired points were counted",
)


@pytest.fixture(scope="module")
def seen() -> Iterator[Counter[str]]:
    """What happened in all histories. One that refuses everything would agree as well.

    No test of its own looks at it: another process might run that one.
    """
    seen: Counter[str] = Counter()
    yield seen
    if seen[AGREED] == seen[PLAYED]:
        assert [what for what in (AGREED, *WORTH_SEEING) if not seen[what]] == [], seen


@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=RANDOM_TOWNS,
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.generate],  # a smaller number is no shorter history
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_the_ledger_does_what_the_model_says(
    place: Place, database: Database, seen: Counter[str], seed: int
):
    seen[PLAYED] += 1
    await set_clock(place, NOON)  # the history before this one has moved it
    region = await open_region(database, f"town-{next(REGIONS)}", "Asia/Tokyo", **SETTINGS)
    async with running_engine(database, region) as engine, asyncio.timeout(120):
        players = await two_towns(Town(place, database, region, engine))
        for group in history(seed) if seed % 3 else long_history(seed):
            await players.play(group)
    seen.update(players.seen())
    seen[AGREED] += 1
