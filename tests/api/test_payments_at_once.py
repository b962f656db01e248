"""Payments that arrive together: one effect for one id, and no wallet pays more than it holds."""

import asyncio
from collections import Counter
from uuid import UUID

import httpx

from tests.api.phone import Phone, Token, phone_of
from tests.api.shop import slug_of
from tests.sizes import AT_ONCE
from tests.town_builder import Store, Town, new_id

COME_AGAIN = {"busy", "too-many-requests"}


async def answered(
    phone: Phone, store: Store, amount_yen: int, payment_id: UUID | None = None
) -> httpx.Response:
    """An app that a slow machine tells to come again does so, under the same id."""
    payment_id = payment_id or new_id()
    while True:
        answer = await phone.pay(store, amount_yen, payment_id)
        if answer.status_code < 400 or slug_of(answer) not in COME_AGAIN:
            return answer
        await asyncio.sleep(float(answer.headers["retry-after"]))


async def test_the_same_payment_a_hundred_times_at_once_pays_once(
    phone: Phone, town: Town, store: Store
):
    await town.live_campaign(rebate_bp=3000)
    payment_id = new_id()
    answers = await asyncio.gather(
        *(answered(phone, store, 1_000, payment_id) for _ in range(AT_ONCE))
    )
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (201, answers[0].content)
    }
    replays = Counter(answer.headers.get("idempotent-replay") for answer in answers)
    assert replays == {None: 1, "true": AT_ONCE - 1}
    assert await town.balances(phone.wallet.wallet_id) == {"coin": 9_000, "points": 300}
    [count] = await town.rows("SELECT count(*) FROM ledger.entry WHERE kind = 'payment'")
    assert count == (1,)


async def test_of_two_hundred_payments_of_all_it_holds_one_succeeds(
    phone: Phone, town: Town, store: Store
):
    answers = await asyncio.gather(*(answered(phone, store, 10_000) for _ in range(200)))
    paid = [answer for answer in answers if answer.status_code == 201]
    assert len(paid) == 1
    refused = Counter(slug_of(answer) for answer in answers if answer.status_code != 201)
    assert refused == {"insufficient-funds": 199}
    assert await town.balances(phone.wallet.wallet_id) == {}
    assert await town.balances(store.merchant_id) == {"payable": 10_000}


async def test_two_phones_that_take_the_same_id_do_not_mix(
    phone: Phone, town: Town, store: Store, token: Token
):
    other = phone_of(phone.client, token, await town.open_wallet())
    await town.top_up(other.wallet, 10_000)
    payment_id = new_id()
    answers = await asyncio.gather(
        *(answered(each, store, 1_000, payment_id) for each in (phone, other) * 20)
    )
    assert Counter(answer.status_code for answer in answers) == {201: 20, 409: 20}
    winner, loser = (phone, other) if answers[0].status_code == 201 else (other, phone)
    assert await town.balances(winner.wallet.wallet_id) == {"coin": 9_000}
    assert await town.balances(loser.wallet.wallet_id) == {"coin": 10_000}
