"""A budget under 32 clients at once, with refunds mixed in: exact at every commit, and at the end.

The same against a budget that is read first and written later shows that this test can see it.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import UUID

import pytest

from core.database import Database
from ledger.books import Books
from ledger.command import Command
from ledger.draft import Draft
from ledger.regions import Region
from payments.pay import Pay
from payments.verify import verify_books
from tests.sizes import HOT_BUDGET_YEN
from tests.town_builder import Store, Town, Wallet, running_engine

CLIENTS = 32
REFUNDING_ROUNDS = max(6, HOT_BUDGET_YEN // 40_000)
"""Payments of each client while some are refunded: they use up about half of the budget."""

BUDGET_OF_EACH_ENTRY = """
    SELECT e.seq, p.balance_after, sum(m.granted) OVER (ORDER BY e.seq) AS granted,
           sum(m.collected) OVER (ORDER BY e.seq) AS collected
      FROM ledger.entry e
     CROSS JOIN LATERAL (
           SELECT coalesce((SELECT sum((g->>'rebate_points')::bigint + (g->>'cashback_yen')::bigint)
                              FROM jsonb_array_elements(e.facts->'grants') g), 0) AS granted,
                  coalesce((SELECT sum((c->>'points')::bigint + (c->>'cashback_yen')::bigint
                                       - (c->>'owed_yen')::bigint)
                              FROM jsonb_array_elements(e.facts->'clawed_back') c), 0)
                  + coalesce((e.facts->>'points_settled')::bigint, 0) AS collected) m
      LEFT JOIN LATERAL (
           SELECT p.balance_after FROM ledger.posting p
             JOIN ledger.account a USING (region_id, account_no)
            WHERE p.entry_id = e.entry_id AND a.kind = 'budget'
            ORDER BY p.version DESC LIMIT 1) p ON true
     WHERE e.refusal IS NULL AND e.kind IN ('payment', 'refund')
     ORDER BY e.seq
"""


@pytest.fixture
async def elsewhere(town: Town, database: Database, region: Region) -> AsyncIterator[Town]:
    """The same town by way of a second process."""
    async with running_engine(database, region) as engine:
        yield Town(town.place, database, region, engine)


@dataclass(frozen=True, kw_only=True)
class PayByWhatWasRead(Pay):
    """The planted fault: grants by a budget that was read before, by a statement of its own."""

    campaign_id: UUID = field(compare=False)
    read_yen: int = field(compare=False)

    def decide(self, books: Books) -> Draft:
        """The payment, decided as if what was read were still true."""
        budget = books.account(self.campaign_id, "budget")
        true_yen, budget.balance = budget.balance, self.read_yen
        try:
            return super().decide(books)
        finally:
            budget.balance = true_yen


@dataclass
class Crowd:
    """32 clients of one campaign, over two processes."""

    sides: tuple[Town, Town]
    campaign_id: UUID
    store: Store
    beyond_yen: int | None = None
    """With the planted fault: what the ledger holds beyond the budget that is kept by hand."""
    paid: list[UUID] = field(default_factory=list)

    async def client(self, nth: int, refunds_are_over: asyncio.Barrier) -> None:
        """Pay and refund, then, when all have refunded for the last time, pay to the end."""
        chance, side = random.Random(nth), self.sides[nth % 2]
        wallet = await purse(side)
        for _ in range(REFUNDING_ROUNDS):
            wallet, _ = await self.pay(side, chance, wallet, is_coin_only=chance.random() < 0.5)
            if chance.random() < 0.4:
                back = side.refund_of(
                    chance.choice(self.paid[-200:]), self.store, chance.choice([None, 1, 333, 900])
                )
                await side.submit(back)
        await refunds_are_over.wait()
        why = ""
        while why != "budget-empty":
            wallet, why = await self.pay(side, chance, wallet, is_coin_only=True)

    async def pay(
        self, side: Town, chance: random.Random, wallet: Wallet, *, is_coin_only: bool
    ) -> tuple[Wallet, str]:
        """One payment, from a new wallet where this one has too little; why it got what it got."""
        how: dict[str, Any] = {"is_coin_only": is_coin_only, "confirmed_by": "device"}
        wish: Command = side.payment(wallet, self.store, chance.randrange(500, 3_000), **how)
        if self.beyond_yen is not None:
            wish = await self._by_what_is_read(side, wish)
        entry = (await side.submit(wish)).entry
        if entry.refusal is not None:
            assert entry.refusal == "insufficient-funds"
            return await purse(side), ""
        self.paid.append(entry.entry_id)
        return wallet, entry.facts["grants"][0]["reasons"][0][0]

    async def _by_what_is_read(self, side: Town, wish: Any) -> Command:
        held = (await side.balances(self.campaign_id)).get("budget", 0)
        read_yen = max(0, held - (self.beyond_yen or 0))
        said = {part.name: getattr(wish, part.name) for part in fields(Pay)}
        return PayByWhatWasRead(campaign_id=self.campaign_id, read_yen=read_yen, **said)


async def purse(town: Town) -> Wallet:
    wallet = await town.open_wallet()
    await town.top_up(wallet, 99_000)
    return wallet


async def use_up(
    town: Town, elsewhere: Town, on_return: str, *, beyond_yen: int | None = None
) -> None:
    """Let the crowd use up a budget, and assert that it was exact at every commit."""
    campaign_id = await town.live_campaign(
        budget_yen=HOT_BUDGET_YEN + (beyond_yen or 0), on_return=on_return
    )
    crowd = Crowd((town, elsewhere), campaign_id, await town.open_store(), beyond_yen)
    refunds_are_over = asyncio.Barrier(CLIENTS)
    async with asyncio.TaskGroup() as clients:
        for nth in range(CLIENTS):
            clients.create_task(crowd.client(nth, refunds_are_over))
    await assert_exact(town, campaign_id, beyond_yen or 0, is_kept=on_return == "keep")


async def assert_exact(town: Town, campaign_id: UUID, beyond_yen: int, *, is_kept: bool) -> None:
    """What was granted, less what was collected to be granted again, is what was used: after each
    entry, and in the end it is the budget.
    """
    used = kept_yen = 0
    for entry in await town.rows(BUDGET_OF_EACH_ENTRY):
        kept_yen = entry.collected if is_kept else 0
        used = entry.granted - (0 if is_kept else entry.collected)
        if entry.balance_after is not None:
            left_yen = entry.balance_after - beyond_yen
            assert left_yen == HOT_BUDGET_YEN - used, f"entry {entry.seq} is not exact"
        assert used <= HOT_BUDGET_YEN, f"entry {entry.seq} overspent the budget"
    assert used == HOT_BUDGET_YEN
    stands = await town.balances(campaign_id)
    assert stands.get("budget", 0) == beyond_yen
    assert stands.get("budget_kept", 0) == kept_yen
    [row] = await town.rows(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    assert row.deadlocks == 0
    [row] = await town.rows(
        "SELECT count(*) FILTER (WHERE kind = 'refund') AS refunds,"
        " count(*) FILTER (WHERE (facts->>'points_settled')::int > 0) AS settled"
        " FROM ledger.entry WHERE refusal IS NULL"
    )
    assert min(row.refunds, row.settled) > 0, "nothing went back, or no debt was settled"


@pytest.mark.parametrize("on_return", ["resume", "keep"])
async def test_32_clients_with_refunds_use_up_a_budget_to_the_yen(
    town: Town, elsewhere: Town, on_return: str
):
    await use_up(town, elsewhere, on_return)
    assert (await verify_books(town.database, town.region)).faults == ()


@pytest.mark.usefixtures("spoiled")
async def test_a_budget_that_is_read_first_and_written_later_is_seen_to_overspend(
    town: Town, elsewhere: Town
):
    with pytest.raises(AssertionError, match="overspent the budget"):
        await use_up(town, elsewhere, "resume", beyond_yen=10 * HOT_BUDGET_YEN)
