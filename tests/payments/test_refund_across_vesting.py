"""One refund or many parts of it, before the points are credited or after: the same in the end."""

from datetime import UTC, datetime
from itertools import count, pairwise
from typing import NamedTuple
from uuid import UUID

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from core.database import Database
from ledger.books import Entry
from tests.payments.vesting import vest_all
from tests.servers import Place
from tests.sizes import SPLIT_REFUNDS
from tests.town_builder import Store, Town, Wallet, open_region, running_engine, set_clock

NOON = datetime(2027, 1, 5, 3, tzinfo=UTC)
VESTING_DAY = datetime(2027, 1, 18, 3, tzinfo=UTC)
LATER = {"closes": "three_a_month", "bank_days_after": 5}
FUNDED_YEN = 100_000
REGIONS = count(1)


class Plan(NamedTuple):
    """A payment of ¥1,000, what is refunded of it in which parts, and when points are credited."""

    parts: list[int]
    """In the order in which they are refunded."""
    parts_before: int
    """How many of them come before the points are credited."""
    is_whole_before: bool
    """Whether the other payer's single refund does."""
    spent_points: int
    """How many of the points each payer uses as soon as they are there."""
    cap: int
    on_return: str
    others_answer: bool
    """Whether points of another campaign of the same funder may be taken."""
    is_coin_only: bool
    """Or else the payment itself uses those points."""


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    cuts = draw(st.sets(st.integers(1, 999), min_size=1, max_size=5))
    edges = [0, *sorted(cuts)]
    if draw(st.booleans()):
        edges.append(1_000)
    parts = draw(st.permutations([high - low for low, high in pairwise(edges)]))
    return Plan(
        parts,
        draw(st.integers(0, len(parts))),
        draw(st.booleans()),
        draw(st.sampled_from([0, 1, 150, 250, 300])),
        draw(st.sampled_from([280, 3_000])),
        draw(st.sampled_from(["resume", "keep"])),
        draw(st.booleans()),
        draw(st.booleans()),
    )


@example(plan=Plan([700, 300], 1, False, 300, 280, "keep", True, False))
@given(plan=plans())
@settings(
    max_examples=SPLIT_REFUNDS,
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_the_path_does_not_matter(shared_place: Place, shared_database: Database, plan: Plan):
    await set_clock(shared_place, NOON)
    code = f"split-{next(REGIONS)}"
    region = await open_region(shared_database, code, "Asia/Tokyo")
    async with running_engine(shared_database, region) as engine:
        await play(Town(shared_place, shared_database, region, engine), plan)


async def play(town: Town, plan: Plan) -> None:
    """Two payers do the same; one is refunded in parts, the other at once."""
    store = await town.open_store()
    payers = [await town.open_wallet() for _ in range(2)]
    answers = True if plan.others_answer else None
    other = await town.live_campaign(rebate_bp=1_000, claw_back_from_funder=answers)
    for payer in payers:
        await town.top_up(payer, 5_000)
        await town.pay(payer, store, 1_000)
    await town.change_campaign(other, "stopped")
    campaign_id = await town.live_campaign(
        credited=LATER,
        budget_yen=FUNDED_YEN,
        per_payment_points=plan.cap,
        on_return=plan.on_return,
    )
    for payer in payers:
        await town.pay(payer, store, 100, is_coin_only=True)  # of the same pending lot
    split, whole = [
        await town.pay(payer, store, 1_000, is_coin_only=plan.is_coin_only) for payer in payers
    ]
    taken = {payment.entry_id: 0 for payment in (split, whole)}

    async def refund(payment: Entry, yen: int) -> None:
        entry = await town.refund(payment.entry_id, store, yen)
        taken[payment.entry_id] += sum(back["points"] for back in entry.facts["clawed_back"])
        await is_accounted_for(town, campaign_id)

    if plan.is_whole_before:
        await refund(whole, sum(plan.parts))
    for part in plan.parts[: plan.parts_before]:
        await refund(split, part)
    await town.set_clock(VESTING_DAY)
    await vest_all(town)
    for payer in payers:
        await spend(town, payer, store, plan.spent_points)
    for part in plan.parts[plan.parts_before :]:
        await refund(split, part)
    if not plan.is_whole_before:
        await refund(whole, sum(plan.parts))
    assert taken[split.entry_id] == taken[whole.entry_id]
    await is_accounted_for(town, campaign_id)
    assert await worth(town, payers[0]) == await worth(town, payers[1])


async def spend(town: Town, payer: Wallet, store: Store, points: int) -> None:
    """Pay with points alone, as far as there are any: such a payment earns nothing."""
    held = (await town.balances(payer.wallet_id)).get("points", 0)
    if part := min(points, held):
        await town.pay(payer, store, part)


async def worth(town: Town, payer: Wallet) -> int:
    """Points without what is owed: both payers have used some, though not always as many."""
    held = await town.balances(payer.wallet_id)
    [row] = await town.rows(
        "SELECT coalesce(sum(p.amount), 0) AS spent FROM ledger.posting p"
        " JOIN ledger.account a USING (region_id, account_no)"
        " JOIN ledger.entry e USING (region_id, entry_id)"
        " WHERE a.kind = 'points' AND p.is_debit AND e.kind = 'payment' AND a.holder_id = :wallet",
        wallet=payer.wallet_id,
    )
    return held.get("points", 0) - held.get("resident_receivable", 0) + int(row.spent)


async def is_accounted_for(town: Town, campaign_id: UUID) -> None:
    """Budget, what is due to it, what is kept, and what is granted come to what was funded."""
    held = await town.balances(campaign_id)
    [row] = await town.rows(
        "SELECT coalesce((SELECT sum((g ->> 'rebate_points')::int + (g ->> 'cashback_yen')::int)"
        "   FROM ledger.entry CROSS JOIN jsonb_array_elements(facts -> 'grants') g"
        "  WHERE kind = 'payment' AND g ->> 'campaign_id' = :campaign), 0)"
        " - coalesce((SELECT sum((c ->> 'points')::int + (c ->> 'cashback_yen')::int)"
        "   FROM ledger.entry CROSS JOIN jsonb_array_elements(facts -> 'clawed_back') c"
        "  WHERE c ->> 'campaign_id' = :campaign), 0) AS granted",
        campaign=str(campaign_id),
    )
    kinds = ("budget", "budget_due", "budget_kept")
    assert sum(held.get(kind, 0) for kind in kinds) + row.granted == FUNDED_YEN
