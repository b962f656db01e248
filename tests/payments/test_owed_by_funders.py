"""What funders owe, at any number of the journal, is what the postings until then come to."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from campaigns.funders import FunderShare, Money, borne_by
from campaigns.owed_by_funders import FunderPart, by_funder, owed_by_funders, total_of
from campaigns.return_budget import ReturnBudget
from campaigns.settle_funders import SettleFunders
from core.database import Database
from core.errors import Problem
from ledger.books import Entry
from merchants.line_match import LineMatch
from payments.verify import verify_books
from tests import benefits_builder
from tests.payments.expiring import expire_all
from tests.payments.receipts import Bank
from tests.payments.test_money_of_campaigns import fund
from tests.servers import Place
from tests.sizes import RANDOM_TOWNS
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id, open_region, running_engine

REGIONS = count(1)
FUNDERS = ("city", "street", "state")
SHARES = [{"name": "city", "share_bp": 6_667}, {"name": "street", "share_bp": 3_333}]
LINES = (100, 400, 1_000, 2_500, 6_000)
STEPS = 36

# By account, from nothing but postings; what is granted and not taken back left the promise.
POSTED = """
    SELECT a.holder_id, a.kind,
           sum(CASE WHEN p.is_debit THEN p.amount ELSE -p.amount END) AS debits
      FROM ledger.posting p
      JOIN ledger.account a ON a.region_id = p.region_id AND a.account_no = p.account_no
      JOIN ledger.holder h ON h.region_id = a.region_id AND h.holder_id = a.holder_id
     WHERE p.seq <= :seq AND h.kind IN ('campaign', 'benefit')
     GROUP BY 1, 2
"""


@dataclass
class Played:
    """A town in which funders promise, pay, and get back, and what the test saw of it."""

    town: Town
    chance: Random
    wallet: Wallet
    store: Store
    free: UUID
    named: UUID
    benefit: benefits_builder.Benefit
    bank: Bank
    promised: Counter[tuple[UUID, str]] = field(default_factory=Counter)
    paid: Counter[tuple[UUID, str]] = field(default_factory=Counter)
    fundings: dict[UUID, tuple[UUID, str]] = field(default_factory=dict)
    matched: dict[int, LineMatch] = field(default_factory=dict)
    payments: list[UUID] = field(default_factory=list)

    async def promise(self) -> None:
        """Any funder for anything; a form that names others refuses."""
        funder, yen = self.chance.choice(FUNDERS), self.chance.choice((1, 333, 1_000, 7_000))
        if self.chance.random() < 0.3:
            command = benefits_builder.funding(self.benefit, yen, funder)
            self._promised((await self.town.submit(command)).entry, funder)
            return
        campaign_id = self.chance.choice((self.free, self.named))
        self._promised((await fund(self.town, campaign_id, funder, yen)).entry, funder)

    def _promised(self, entry: Entry, funder: str) -> None:
        if entry.refusal is not None:
            return
        assert entry.holder_id is not None
        self.promised[entry.holder_id, funder] += entry.amount
        self.fundings[entry.entry_id] = (entry.holder_id, funder)

    async def pay(self) -> None:
        """With points first, so that some come back to wallets when they are over."""
        yen = self.chance.choice((10, 333, 1_000))
        paid = await self.town.pay(self.wallet, self.store, yen)
        self.payments.append(paid.entry_id)

    async def refund(self) -> None:
        """Any part of any payment that is there."""
        if self.payments:
            payment = self.chance.choice(self.payments)
            await self.town.submit(
                self.town.refund_of(payment, self.store, self.chance.choice((1, 100, None)))
            )

    async def bring(self) -> None:
        """A line for a funding, or the line's match is taken back."""
        place = self.chance.randrange(len(LINES))
        if place in self.matched:
            undone = self.matched.pop(place)
            await self.bank.undo(undone)
            assert undone.target_id is not None
            self.paid[self.fundings[undone.target_id]] -= LINES[place]
        elif self.fundings:
            funding = self.chance.choice(list(self.fundings))
            made = await self.bank.match(place, "funding", funding)
            if isinstance(made, LineMatch):
                self.matched[place] = made
                self.paid[self.fundings[funding]] += LINES[place]

    async def take(self) -> None:
        """Somebody says yes to the benefit."""
        await self.town.submit(benefits_builder.use(self.benefit, self.wallet))

    async def wait(self) -> None:
        """Points come to their end."""
        await self.town.set_clock(await self.town.now() + timedelta(days=25))
        await expire_all(self.town)

    async def end(self) -> None:
        """One of the campaigns, or the benefit, is over, and what is left goes back."""
        try:
            if self.chance.random() < 0.4:
                await self.town.submit(benefits_builder.change(self.benefit, "closed"))
                await self.town.submit(benefits_builder.giving_back(self.benefit))
                return
            campaign_id = self.chance.choice((self.free, self.named))
            await self.town.change_campaign(campaign_id, "ended")
        except Problem as refused:
            assert refused.type.slug.endswith("-state-wrong")  # noqa: PT017  (it ended before)
            return
        await self.town.submit(ReturnBudget(**_by(campaign_id)))


def _by(campaign_id: UUID) -> dict[str, Any]:
    return {"entry_id": new_id(), "actor": ADMIN, "campaign_id": campaign_id, "reason": "-"}


async def _begin(town: Town, chance: Random) -> Played:
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 60_000)
    given: dict[str, Any] = {"budget_yen": 500, "points_expire_months": 1, "cashback_bp": 100}
    free = await town.live_campaign(**given, on_return="keep")
    named = await town.live_campaign(**given, rebate_bp=1_111, funders=SHARES)
    benefit = await benefits_builder.offered(
        town, needed_yen=500, lines=1, amount_points=500, points_expire_months=1
    )
    bank = Bank(town)
    await bank.bring(*LINES)
    played = Played(town, chance, wallet, store, free, named, benefit, bank)
    rows = await town.rows("SELECT entry_id, holder_id FROM ledger.entry WHERE kind LIKE '%funded'")
    for row in rows:
        whose = UUID(int=row.holder_id.int), "city"
        played.fundings[UUID(int=row.entry_id.int)] = whose
        played.promised[whose] += 500
    return played


async def told(town: Town, seq: int) -> list[FunderPart]:
    async with town.database.snapshot(town.region.region_id) as session:
        return await owed_by_funders(session, town.region.region_id, seq)


async def _compare(town: Town, seq: int) -> None:
    """With the postings, holder by holder: not with what entries say."""
    stands: dict[UUID, Counter[str]] = {}
    for row in await town.rows(POSTED, seq=seq):
        stands.setdefault(UUID(int=row.holder_id.int), Counter())[row.kind] = int(row.debits)
    parts = await told(town, seq)
    assert {part.funded_id for part in parts} == set(stands)
    for holder_id, debits in stands.items():
        whole = total_of(part.owed for part in parts if part.funded_id == holder_id)
        assert whole.promised_yen - whole.returned_yen == debits["funder_receivable"]
        assert whole.paid_yen == -debits["funder_paid"]
        assert whole.owed_yen == debits["funder_receivable"] + debits["funder_paid"]
        assert whole.expired_yen == -debits["funder_payable"]
        left = sum(debits[kind] for kind in ("budget", "budget_due", "budget_kept"))
        assert whole.spent_yen == debits["funder_receivable"] + left
    assert total_of(part.owed for part in by_funder(parts)) == total_of(part.owed for part in parts)


@example(seed=1)
@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=max(2, RANDOM_TOWNS // 8),
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_what_funders_owe_is_what_postings_come_to_whatever_they_promise_and_pay(
    shared_place: Place, shared_database: Database, seed: int
):
    region = await open_region(shared_database, f"funders-{next(REGIONS)}", "Asia/Tokyo")
    chance = Random(seed)
    async with running_engine(shared_database, region) as engine:
        town = Town(shared_place, shared_database, region, engine)
        played = await _begin(town, chance)
        steps = [played.promise, played.pay, played.pay, played.refund, played.bring, played.bring]
        for number in range(STEPS):
            late = [played.take, played.wait, played.end] if number > STEPS // 3 else []
            await chance.choice([*steps, *late])()
        [last] = await town.rows("SELECT seq FROM ledger.head WHERE region_id = :region",
                                 region=region.region_id)  # fmt: skip
        parts = {(part.funded_id, part.funder): part.owed for part in await told(town, last.seq)}
        for whose, owed in parts.items():
            assert (owed.promised_yen, owed.paid_yen) == (
                played.promised[whose], played.paid[whose],
            )  # fmt: skip
        assert set(parts) >= set(played.promised)
        for seq in {last.seq, *(chance.randrange(1, last.seq) for _ in range(6))}:
            await _compare(town, seq)
        for campaign_id in (played.free, played.named):
            settled = await town.submit(SettleFunders(**_by(campaign_id)))
            if settled.entry.refusal is None:
                for part in settled.entry.facts["borne_by"]:
                    owed = parts[campaign_id, part["funder"]]
                    assert (owed.spent_yen, owed.returned_yen) == (
                        part["spent_yen"], part["returned_yen"],
                    )  # fmt: skip
    assert (await verify_books(shared_database, region)).faults == ()


def test_points_that_expire_when_all_was_given_back_are_owed_by_what_each_had_put_in():
    money = {"city": Money(200, 200), "street": Money(100, 100)}
    assert borne_by(None, money, 10) == {"city": 7, "street": 3}
    named = (FunderShare(name="street", share_bp=10_000),)
    assert borne_by(named, money, 10) == {"city": 0, "street": 10}
    assert borne_by(None, money, 0) == {"city": 0, "street": 0}
