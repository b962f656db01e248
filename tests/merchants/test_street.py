"""Shopping streets: what finance writes down of a merchant holds from the next payment on."""

import asyncio

import pytest

from core.errors import Problem
from payments.verify import verify_books
from tests.closing import store_of_street, street_change, turn_merchant
from tests.payments.refusals import refusal
from tests.town_builder import Store, Town, new_id


async def granted(town: Town, store: Store) -> list[list[str]]:
    wallet = await town.open_wallet()
    await town.top_up(wallet, 1_000)
    paid = await town.pay(wallet, store, 1_000)
    reasons: list[list[str]] = paid.facts["grants"][0]["reasons"]
    return reasons


async def test_a_campaign_of_a_street_grants_in_its_shops_only(town: Town):
    await town.live_campaign(where={"streets": ["ichibangai"]}, cashback_bp=0)
    there, elsewhere = [await store_of_street(town, street) for street in ("ichibangai", "suzuran")]
    nowhere = await town.open_store()
    assert await granted(town, there) == [["rate-applied", 3000]]
    assert await granted(town, elsewhere) == [["street-not-eligible"]]
    assert await granted(town, nowhere) == [["fact-missing-street"]]


async def test_a_merchant_moves_and_the_next_payment_knows(town: Town):
    await town.live_campaign(where={"streets": ["ichibangai"]}, cashback_bp=0)
    store = await town.open_store()
    joined = (await town.submit(street_change(store.merchant_id, "ichibangai"))).accepted()
    assert joined.facts["street_before"] is None
    assert await granted(town, store) == [["rate-applied", 3000]]
    same = street_change(store.merchant_id, "ichibangai")
    assert await refusal(town, same) == "merchant-street-same"
    await turn_merchant(town, store.merchant_id, "closed")
    await town.submit(street_change(store.merchant_id, None))
    await turn_merchant(town, store.merchant_id, "open")
    assert await granted(town, store) == [["fact-missing-street"]]
    assert (await verify_books(town.database, town.region)).faults == ()


async def test_two_changes_at_once_follow_each_other(town: Town):
    store = await town.open_store()
    changes = [street_change(store.merchant_id, street) for street in ("a", "b", "a", "b")]
    told = await asyncio.gather(*map(town.submit, changes))
    held = [one.entry.facts["merchant"]["street"] for one in told if one.entry.refusal is None]
    assert held[0] != held[1]
    again = await town.submit(changes[0])
    assert again.is_replay
    assert (await verify_books(town.database, town.region)).faults == ()


async def test_nobody_else_has_a_street(town: Town):
    store = await town.open_store()
    for nobody in (new_id(), store.store_id):
        with pytest.raises(Problem, match="merchant-unknown"):
            await town.submit(street_change(nobody, "ichibangai"))
