"""What is paid in a day without a confirmation: counted per person, never beyond the limit."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from core.errors import Problem
from ledger.books import Facts
from ledger.engine import Engine
from payments.pay import Pay
from residents.person import CONFIRMATION_NEEDED
from tests.patient import submit
from tests.town_builder import Store, Town, Wallet, running_engine

NOON = datetime(2027, 1, 15, 3, tzinfo=UTC)
TODAY = date(2027, 1, 15)
A_DAY = 5_000


@pytest.fixture
async def store(town: Town) -> Store:
    """A shop at noon, in a region where ¥5,000 of a day need no confirmation."""
    await town.set_clock(NOON)
    await town.change_settings(confirm_above_yen=3_000, unconfirmed_per_day_yen=A_DAY)
    return await town.open_store()


async def rich(town: Town, person_id: UUID | None = None) -> Wallet:
    wallet = await town.open_wallet(person_id)
    await town.top_up(wallet, 40_000)
    return wallet


async def unconfirmed(town: Town, wallet: Wallet) -> dict[date, int]:
    rows = await town.rows(
        "SELECT period, value FROM ledger.counter"
        " WHERE subject_id = :id AND name = 'unconfirmed.day'",
        id=wallet.person_id,
    )
    return {row.period: row.value for row in rows}


async def needs_confirmation(town: Town, wallet: Wallet, store: Store, yen: int) -> Facts:
    with pytest.raises(Problem, match="confirmation-needed") as refused:
        await town.pay(wallet, store, yen)
    return dict(refused.value.facts)


async def test_beyond_the_day_each_payment_is_confirmed_and_then_not_counted(
    town: Town, store: Store
):
    wallet = await rich(town)
    other = await rich(town, wallet.person_id)
    await town.pay(wallet, store, 3_000)
    await town.pay(other, store, 1_500)
    assert await needs_confirmation(town, wallet, store, 3_001) == {"limit_yen": 3_000}
    for each in (wallet, other):
        told = await needs_confirmation(town, each, store, 501)
        assert told == {"limit_yen": A_DAY, "used_yen": 4_500}
    confirmed = await town.pay(wallet, store, 501, confirmed_by="pin")
    assert confirmed.facts["confirmed_by"] == "pin"
    assert "counted" not in confirmed.facts
    await town.pay(wallet, store, 500)
    await needs_confirmation(town, other, store, 1)
    await town.set_clock(NOON + timedelta(hours=12))  # midnight in Japan
    await town.pay(other, store, 3_000)
    assert await unconfirmed(town, wallet) == {TODAY: A_DAY, TODAY + timedelta(days=1): 3_000}


async def test_a_refund_gives_back_the_day_of_its_payment_and_only_what_was_counted(
    town: Town, store: Store
):
    wallet = await rich(town)
    paid = await town.pay(wallet, store, 3_000)
    confirmed = await town.pay(wallet, store, 4_000, confirmed_by="device")
    await town.pay(wallet, store, 2_000)
    await town.refund(confirmed.entry_id, store)
    await needs_confirmation(town, wallet, store, 1)
    await town.refund(paid.entry_id, store, 1_000)
    voided = await town.pay(wallet, store, 1_000)
    await needs_confirmation(town, wallet, store, 1)
    await town.void(voided.entry_id, store)
    await town.set_clock(NOON + timedelta(days=1))
    await town.pay(wallet, store, 3_000)
    await town.refund(paid.entry_id, store)
    await town.pay(wallet, store, 2_000)
    await needs_confirmation(town, wallet, store, 1)
    assert await unconfirmed(town, wallet) == {TODAY: 2_000, TODAY + timedelta(days=1): A_DAY}


async def test_many_at_once_in_two_processes_never_pay_more_unconfirmed(town: Town, store: Store):
    dice = Random(20270115)
    first = await rich(town)
    wallets = [first, await rich(town, first.person_id)]
    most = 0
    async with running_engine(town.database, town.region) as second:
        for limit in (A_DAY, 9_000, 2_000, 14_321):
            await town.change_settings(confirm_above_yen=3_000, unconfirmed_per_day_yen=limit)
            ways = [dice.choice((None, None, None, "pin")) for _ in range(30)]
            paying = [
                town.payment(dice.choice(wallets), store, dice.randint(1, 900), confirmed_by=way)
                for way in ways
            ]
            is_paid = await asyncio.gather(
                *(_is_paid(dice.choice((town.engine, second)), each) for each in paying)
            )
            most = max(most, limit)
            [row] = await town.rows(
                "SELECT sum(amount) AS yen FROM ledger.entry"
                " WHERE kind = 'payment' AND refusal IS NULL AND NOT facts ? 'confirmed_by'"
            )
            assert await unconfirmed(town, first) == {TODAY: row.yen}
            assert row.yen <= most
            refused = [
                each.amount_yen for each, done in zip(paying, is_paid, strict=True) if not done
            ]
            assert refused
            assert limit - row.yen < min(refused), "what fits is paid"


async def _is_paid(engine: Engine, payment: Pay) -> bool:
    try:
        (await submit(engine, payment)).accepted()
    except Problem as refused:
        if payment.confirmed_by is None and refused.type is CONFIRMATION_NEEDED:
            return False
        raise
    return True
