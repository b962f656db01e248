"""Webhooks are told once each, to whom they concern, by whichever worker, and never lost."""

import asyncio
import signal
import sys
from datetime import timedelta
from typing import Any

from standardwebhooks import Webhook

from merchants.change_webhook_endpoint import rotate_secret
from merchants.webhook_endpoints import Wanted, Whose, make_endpoint
from payments.close_settlement import CloseSettlement
from payments.pay_out import PayOut, ReturnPayout
from tests.cli.served import ROOT
from tests.merchant_rows import DOER
from tests.sizes import WEBHOOKS
from tests.town_builder import ADMIN, Town, new_id
from tests.worker.webhook_side import Receiver
from tests.worker.webhook_town import (
    ALL,
    VAULT,
    attempts,
    deliverer_at,
    deliveries,
    due_now,
    endpoint,
    rounds,
    run,
    sold,
)
from worker.deliver_webhooks import AT_ONCE, LEASE, Deliverer

COMMITS_BEFORE_THE_MARK = 4
"""Of one round: it finds regions, events, endpoints that are due, and takes a delivery."""


async def test_a_shop_is_told_of_what_happens_from_now_on_and_of_nobody(
    told: Town, deliverer: Deliverer, receiver: Receiver
):
    store, other = await told.open_store(), await told.open_store()
    await endpoint(told, other, receiver.url("/other"))
    await sold(told, store)  # not read yet when the shop's own endpoint is made
    endpoint_id, secret = await endpoint(told, store, receiver.url("/mine"))
    wallet = await told.open_wallet()
    await told.top_up(wallet, 5_000)
    paid = await told.pay(wallet, store, 1_000)
    back = await told.refund(paid.entry_id, store, 400)
    await told.pay(wallet, other, 1_000)
    second = await told.pay(wallet, store, 500)
    undone = await told.void(second.entry_id, store)
    await rounds(deliverer)
    await rounds(deliverer)
    got = receiver.bodies("/mine")
    said = {each["data"]["seq"]: (each["type"], each["data"]) for each in got}
    assert [said[seq][0] for seq in sorted(said)] == [
        "payment.made", "payment.refunded", "payment.made", "payment.voided",
    ]  # fmt: skip
    assert len(got) == 4
    assert said[paid.seq][1] == {
        "payment_id": str(paid.entry_id),
        "store_id": str(store.store_id),
        "merchant_id": str(store.merchant_id),
        "amount_yen": 1_000,
        "coin_yen": 1_000,
        "cashback_yen": 0,
        "bill_id": None,
        "business_date": paid.business_date.isoformat(),
        "seq": paid.seq,
    }
    refunded = said[back.seq][1]
    assert (refunded["refund_id"], refunded["payment_id"], refunded["refunded_yen"]) == (
        str(back.entry_id), str(paid.entry_id), 400,
    )  # fmt: skip
    assert said[undone.seq][1]["payment_id"] == str(second.entry_id)
    for request in receiver.got:
        for personal in (wallet.wallet_id, wallet.person_id, store.staff_id):
            assert str(personal) not in request["body"]
    assert all(
        Webhook(secret).verify(x["body"], x["headers"])
        for x in receiver.got
        if x["path"] == "/mine"
    )
    assert {row.state for row in await deliveries(told, endpoint_id)} == {"delivered"}
    assert await attempts(told, endpoint_id) == ["ok"] * 4


async def test_an_endpoint_is_told_what_it_asked_for_at_the_stores_that_it_named(
    told: Town, deliverer: Deliverer, receiver: Receiver
):
    one = await told.open_store()
    two = await told.open_store(merchant_id=one.merchant_id)
    refunds = frozenset({"payment.refunded"})
    await endpoint(told, one, receiver.url("/refunds"), refunds)
    await endpoint(told, one, receiver.url("/second"), stores=frozenset({two.store_id}))
    for store in (one, two):
        [paid] = await sold(told, store)
        await told.refund(paid, store, 4)
    await rounds(deliverer)
    assert [each["type"] for each in receiver.bodies("/refunds")] == ["payment.refunded"] * 2
    assert {each["data"]["store_id"] for each in receiver.bodies("/second")} == {str(two.store_id)}
    assert len(receiver.bodies("/second")) == 2


async def test_a_settlement_that_is_paid_or_comes_back_is_told_to_who_has_every_store(
    told: Town, deliverer: Deliverer, receiver: Receiver
):
    store = await told.open_store()
    await endpoint(told, store, receiver.url("/bank"))
    one_store = frozenset({store.store_id})
    await endpoint(told, store, receiver.url("/one-store"), stores=one_store)
    [paid] = await sold(told, store)
    until = (await told.rows(f"SELECT seq FROM ledger.entry WHERE entry_id = '{paid}'"))[0].seq
    sums = ("refunded", "cashback", "returned", "owed", "fee", "tax", "converted")
    nothing = {f"{name}_yen": 0 for name in sums}
    settled = CloseSettlement(
        entry_id=new_id(), actor=ADMIN, merchant_id=store.merchant_id, from_seq=0,
        until_seq=until, sales_yen=10, **nothing,
    )  # fmt: skip
    named: dict[str, Any] = {"actor": ADMIN, "settlement_id": settled.entry_id}
    for command in (
        settled,
        PayOut(entry_id=new_id(), **named),
        ReturnPayout(entry_id=new_id(), reason="no such account", **named),
    ):
        (await told.submit(command)).accepted()
    await rounds(deliverer)
    got = {each["type"]: each["data"] for each in receiver.bodies("/bank")}
    assert got.keys() == {"payment.made", "settlement.paid", "settlement.returned"}
    for kind in ("settlement.paid", "settlement.returned"):
        assert got[kind]["settlement_id"] == str(settled.entry_id)
        assert (got[kind]["amount_yen"], got[kind]["merchant_id"]) == (10, str(store.merchant_id))
    assert [each["type"] for each in receiver.bodies("/one-store")] == ["payment.made"]


async def test_no_event_is_passed_over_and_none_is_told_twice_by_two_workers(
    told: Town, receiver: Receiver
):
    """Read by cursor, in small pieces, by two at once, then read again from the beginning."""
    store = await told.open_store()
    endpoint_id, _ = await endpoint(told, store, receiver.url("/many"))
    paid = await sold(told, store, WEBHOOKS)
    async with deliverer_at(told.database, 7) as one, deliverer_at(told.database, 11) as two:
        while [row for row in await deliveries(told, endpoint_id) if row.state == "waiting"] or (
            len(await deliveries(told, endpoint_id)) < WEBHOOKS
        ):
            await asyncio.gather(one.round(), two.round())
            await asyncio.gather(one.finish(), two.finish())
        await run(told, "UPDATE ledger.reader SET seq = 0 WHERE name = 'webhooks'")
        await rounds(one)
    got = sorted(each["data"]["payment_id"] for each in receiver.bodies("/many"))
    assert got == sorted(map(str, paid))
    assert len(set(receiver.ids("/many"))) == WEBHOOKS


async def test_one_that_is_made_while_events_are_read_misses_none(told: Town, receiver: Receiver):
    store, others = await told.open_store(), await told.open_store()
    await endpoint(told, others, receiver.url("/others"))
    region_id, made = told.region.region_id, new_id()
    wanted = Wanted(receiver.url("/late"), "test", ALL, None)
    async with deliverer_at(told.database) as deliverer:
        async with told.database.transaction(region_id) as db:
            await make_endpoint(db, region_id, made, store.merchant_id, wanted, VAULT, DOER)
            [paid] = await sold(told, store)
            reading = asyncio.create_task(deliverer.round())
            await asyncio.sleep(0.2)
            assert not reading.done(), "the reader waits until the endpoint is committed"
        await reading
        await deliverer.finish()
        await rounds(deliverer)
    assert [x["data"]["payment_id"] for x in receiver.bodies("/late")] == [str(paid)]


async def test_a_slow_receiver_holds_up_nobody_else(
    told: Town, deliverer: Deliverer, receiver: Receiver
):
    slow, quick = await told.open_store(), await told.open_store()
    await endpoint(told, slow, receiver.url("/hang"))
    quick_id, _ = await endpoint(told, quick, receiver.url("/quick"))
    await sold(told, slow, 20)
    await sold(told, quick, 20)
    before = len(receiver.ids("/hang"))
    await deliverer.round()
    while {row.state for row in await deliveries(told, quick_id)} != {"delivered"}:
        await asyncio.sleep(0.02)
        await deliverer.round()
    assert len(receiver.ids("/hang")) - before <= 2 * AT_ONCE
    await deliverer.finish()


async def test_whoever_is_killed_between_sending_and_marking_sends_twice_at_most(
    told: Town, receiver: Receiver, deliverer: Deliverer
):
    """Kill -9 when the answer was read, and its mark is not committed."""
    store = await told.open_store()
    endpoint_id, _ = await endpoint(told, store, receiver.url("/killed"))
    await sold(told, store)
    dying = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.worker.one_deliverer", told.place.app_url,
        f"session.before_commit=kill@{COMMITS_BEFORE_THE_MARK + 1}",
        cwd=ROOT,
    )  # fmt: skip
    assert await dying.wait() == -signal.SIGKILL
    assert len(receiver.ids("/killed")) == 1
    [row] = await deliveries(told, endpoint_id)
    assert (row.state, row.attempts) == ("waiting", 1)
    await rounds(deliverer)
    assert len(receiver.ids("/killed")) == 1, "it is leased"
    assert 0 < row.in_s <= LEASE.total_seconds()
    await due_now(told)
    await rounds(deliverer)
    await rounds(deliverer)
    assert receiver.ids("/killed") == [str(row.delivery_id)] * 2
    assert (await deliveries(told, endpoint_id))[0].state == "delivered"


async def test_a_rotated_secret_signs_at_once_and_the_old_one_beside_it_for_a_while(
    told: Town, deliverer: Deliverer, receiver: Receiver
):
    store = await told.open_store()
    endpoint_id, old = await endpoint(told, store, receiver.url("/rotated"))
    region_id, whose = told.region.region_id, Whose(store.merchant_id, None)
    async with told.database.transaction(region_id) as db:
        _, new = await rotate_secret(
            db, region_id, whose, endpoint_id, timedelta(hours=1), VAULT, DOER
        )
    await sold(told, store)
    await rounds(deliverer)
    got = [each for each in receiver.got if each["path"] == "/rotated"]
    for secret in (old, new):
        assert Webhook(secret).verify(got[0]["body"], got[0]["headers"])
    await run(
        told,
        "UPDATE merchants.webhook_endpoint SET old_secret_until = clock_timestamp()"
        " WHERE old_secret IS NOT NULL",
    )
    await sold(told, store)
    await rounds(deliverer)
    got = [each for each in receiver.got if each["path"] == "/rotated"]
    assert got[1]["headers"]["webhook-signature"].count("v1,") == 1
    assert Webhook(new).verify(got[1]["body"], got[1]["headers"])
