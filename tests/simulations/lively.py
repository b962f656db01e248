"""A town in which much happens in some days, drawn from a seed: for simulations of its past."""

import asyncio
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final, Literal
from uuid import UUID

from campaigns.campaign import ChangeCampaign, keep_terms
from campaigns.version import ChangeVersion, CreateVersion
from core.errors import Problem
from ledger.books import Entry
from merchants.describe import DescribeMerchant
from payments.decide_hold import RejectHold
from payments.hold import HoldPoints, hold_of
from tests.residents.people import verify
from tests.terms_builder import terms_of
from tests.town_builder import ADMIN, APPROVER, Store, Town, Wallet, new_id

NOON: Final = datetime(2027, 1, 15, 3, tzinfo=UTC)
FIRST: Final = date(2027, 1, 15)
DAYS: Final = 6
CLASSES: Final = ("street_member", "small", "convenience", "large")
DATES: Final[dict[str, Any]] = {"starts_on": date(2027, 1, 1), "ends_on": date(2027, 3, 1)}

FORMS: Final[tuple[dict[str, Any], ...]] = (
    {
        "rebate_bp": 3000, "per_payment_points": 400, "per_person_day_points": 700,
        "per_person_month_points": 1_500, "budget_per_day_yen": 2_500, "budget_yen": 8_000,
        "together": {"how": "stacking", "most_of_coin_bp": 4000}, "points_expire_months": 1,
    },
    {
        "rebate": {"month_tiers": [{"above_yen": 0, "rate_bp": 2000},
                                   {"above_yen": 2_000, "rate_bp": 500}], "rounding": "nearest"},
        "cashback": None, "together": {"how": "best", "group": "g"}, "budget_yen": 900_000,
        "per_person_campaign_times": 9,
    },
    {
        "rebate": {"fixed": {"street_member": 300, "small": 200, "convenience": 0, "large": 0}},
        "every_nth_payment": 2, "together": {"how": "best", "group": "g"},
        "who": {"tiers": ["verified_resident"], "areas": ["kitazawa"]}, "budget_yen": 3_000,
        "on_return": "keep",
        "near_end": {"step_down": {"at_used_bp": 5000, "rebate": {
            "fixed": {"street_member": 100, "small": 50, "convenience": 0, "large": 0}}}},
        "cashback": None,
    },
    {"rebate_bp": 300, "cashback": None, "who": {"first_payment": "ever"}, "priority": 9},
    {"rebate_bp": 200, "cashback": None, "where": {"streets": ["ginza"]}, "priority": 9},
    {
        "credited": {"closes": "three_a_month", "bank_days_after": 2}, "rebate_bp": 900,
        "budget_yen": 4_000,
    },
    {
        "bonus": {"rate_bp": 1000}, "rebate": None, "cashback": None, "budget_yen": 9_000,
    },
    {
        "rebate_bp": {"small": 5000, "street_member": 2500}, "per_person_merchant_points": 600,
        "who": {"first_payment": "at_merchant"}, "minimum_amount_yen": 300, "budget_yen": 5_000,
        "when": {"from_time": "12:00", "until_time": "18:00"}, "priority": 7,
    },
)  # fmt: skip


async def live(town: Town, seed: int, payments: int) -> list[UUID]:
    """Live some days; returns the campaigns, of which one stops for a while and one is funded
    again.
    """
    chance = Random(seed)
    await town.set_clock(NOON)
    wallets = [await town.open_wallet() for _ in range(5)]
    stores = [await town.open_store(each) for each in CLASSES[:3]]
    for wallet in wallets:
        await town.top_up(wallet, 30_000)
    await verify(town, wallets[0].person_id, area="kitazawa")
    await verify(town, wallets[1].person_id, area="tamagawa")
    await asyncio.gather(*(town.pay(wallet, stores[0], 450) for wallet in wallets[:3]))
    campaigns = [await town.live_campaign(**DATES, **form) for form in FORMS]
    paid: list[tuple[Entry, Store]] = []
    for day in range(DAYS):
        await town.set_clock(NOON + timedelta(days=day, hours=chance.randrange(8)))
        await _turn(town, day, stores, wallets)
        for _ in range(payments // DAYS // 6):
            paid += await _pay(town, chance, wallets, stores)
            await _give_back(town, chance, paid)
        if day == 2:
            await _reject(town, paid)
            await town.change_campaign(campaigns[1], "stopped")
            await verify(town, wallets[2].person_id, area="kitazawa")
        if day == 3:
            await town.change_campaign(campaigns[1], "live")
            await town.fund(campaigns[0], 3_000)
        if day == 1:
            await _plan(town)
    return campaigns


async def _reject(town: Town, paid: list[tuple[Entry, Store]]) -> None:
    """Pending points of some payments are held and rejected; then a part of these is refunded."""
    for payment, store in paid[::3]:
        hold_id = hold_of(town.region, payment.entry_id, payment.at)
        hold = HoldPoints(
            entry_id=hold_id, actor="job:hold", earned_by=payment.entry_id, rule="loops", figures=()
        )
        with suppress(Problem):  # nothing of it is pending
            (await town.submit(hold)).accepted()
            no = RejectHold(entry_id=new_id(), actor=ADMIN, hold_id=hold_id, reason="test")
            (await town.submit(no)).accepted()
            await town.submit(town.refund_of(payment.entry_id, store, 150))


async def _plan(town: Town) -> None:
    """Another campaign starts by itself in the night, and has other terms from the fourth day on;
    no job writes it down.
    """
    campaign_id = await town.draft_campaign(**DATES, rebate_bp=700, cashback=None, priority=8)
    await town.change_campaign(campaign_id, "approved")
    await town.fund(campaign_id, 90_000)
    starts_at = NOON + timedelta(days=1, hours=15)
    who: dict[str, Any] = {"campaign_id": campaign_id, "reason": "test"}
    start = ChangeCampaign(
        entry_id=new_id(), actor=ADMIN, state="scheduled", starts_at=starts_at, **who
    )
    (await town.submit(start)).accepted()
    later = terms_of(FIRST, **DATES, rebate_bp=200, cashback=None, priority=8)
    async with town.database.transaction(town.region.region_id) as session:
        digest = await keep_terms(session, town.region.region_id, later)
    version = CreateVersion(
        entry_id=new_id(), actor=ADMIN, terms_hash_hex=digest.hex(), terms=later,
        applies_from=NOON + timedelta(days=3, hours=2), **who,
    )  # fmt: skip
    (await town.submit(version)).accepted()
    steps: tuple[tuple[Literal["submitted", "approved"], str], ...]
    steps = (("submitted", ADMIN), ("approved", APPROVER))
    for state, actor in steps:
        step = ChangeVersion(
            entry_id=new_id(), actor=actor, version_id=version.entry_id, state=state, **who
        )
        (await town.submit(step)).accepted()


async def _turn(town: Town, day: int, stores: list[Store], wallets: list[Wallet]) -> None:
    """A shop joins a street and leaves it, people arrive, and one takes a first payment back."""
    if day in {1, 4}:
        street = "ginza" if day == 1 else None
        joins = DescribeMerchant(
            entry_id=new_id(), actor=ADMIN, merchant_id=stores[0].merchant_id, street=street,
            reason="test",
        )  # fmt: skip
        (await town.submit(joins)).accepted()
    if day in {1, 3, 5}:
        wallets.append(newcomer := await town.open_wallet())
        await town.top_up(newcomer, 30_000)
        first = await town.pay(newcomer, stores[0], 800, is_coin_only=True)
        await town.refund(first.entry_id, stores[0])
        await town.pay(newcomer, stores[1], 500, is_coin_only=True)


async def _pay(
    town: Town, chance: Random, wallets: list[Wallet], stores: list[Store]
) -> list[tuple[Entry, Store]]:
    wishes = [
        (chance.choice(wallets), chance.choice(stores), chance.randrange(100, 1_800))
        for _ in range(6)
    ]
    entries = await asyncio.gather(*(town.pay(*wish) for wish in wishes))
    return [(entry, store) for entry, (_, store, _) in zip(entries, wishes, strict=True)]


async def _give_back(town: Town, chance: Random, paid: list[tuple[Entry, Store]]) -> None:
    """Refunds of some, in part or in full; what is refused is refused."""
    for entry, store in chance.sample(paid, min(2, len(paid))):
        yen = chance.choice([None, chance.randrange(1, entry.amount + 1), 100])
        await town.submit(town.refund_of(entry.entry_id, store, yen))
