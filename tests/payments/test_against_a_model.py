"""Random histories: the ledger on PostgreSQL and a small independent model always agree."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from core.database import Database
from ledger.regions import load_regions
from payments.verify import verify_books
from tests.payments.histories import history, long_history, with_vesting
from tests.payments.players import NOON, SETTINGS
from tests.payments.two_towns import two_towns
from tests.payments.unused_every_day import unused_is_what_wallets_held
from tests.servers import Place
from tests.sizes import RANDOM_TOWNS
from tests.town_builder import Town, open_region, running_engine, set_clock


@pytest.fixture(scope="module")
async def verified(shared_database: Database) -> AsyncIterator[Database]:
    """All that follows from the journal is verified at the end."""
    yield shared_database
    for region in (await load_regions(shared_database)).values():
        assert (await verify_books(shared_database, region)).faults == ()


REGIONS = count(1)
PLAYED, AGREED = "histories that were played", "histories in which both agreed"
WORTH_SEEING = (
    *("Pay", "Refund", "Void", "ReverseTopUp", "PlaceSuspense", "ReturnSuspense"),
    *("insufficient-funds", "refund-exceeds-payment", "payment-unknown", "wallet-frozen"),
    *("ChangeStore", "ChangeMerchant", "store-closed", "wallet-closed", "wallet-not-empty"),
    *("balance-over-limit", "void-after-refund", "resident-owes-too-much", "top-up-reversed"),
    *("paid with points", "points settled a debt", "points became a debt", "two campaigns gave"),
    *("expired points were counted", "pending points vested", "pending points were taken back"),
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


# In these four together everything worth seeing happens; the others are drawn anew each time.
@example(seed=9)
@example(seed=12)
@example(seed=0)
@example(seed=15)
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
    shared_place: Place, verified: Database, seen: Counter[str], seed: int
):
    seen[PLAYED] += 1
    await set_clock(shared_place, NOON)  # the history before this one has moved it
    region = await open_region(verified, f"town-{next(REGIONS)}", "Asia/Tokyo", **SETTINGS)
    async with running_engine(verified, region) as engine, asyncio.timeout(120):
        later = seed % 4 == 3
        players = await two_towns(Town(shared_place, verified, region, engine), later=later)
        groups = history(seed) if seed % 3 else long_history(seed)
        for group in with_vesting(groups, 0.7, seed) if later else groups:
            await players.play(group)
    await unused_is_what_wallets_held(verified, region)
    seen.update(players.seen())
    seen[AGREED] += 1
