"""Webhooks that fail are tried again, put off, and given up; an endpoint that fails is stopped."""

from datetime import timedelta

import asyncpg
import pytest

from merchants.mark_webhook import DISABLED_AFTER, FAILING_AFTER, PAUSES, pause_after
from merchants.read_business import change_business
from tests.merchant_rows import BUSINESS, DOER
from tests.town_builder import Town
from tests.worker.webhook_side import Receiver
from tests.worker.webhook_town import deliveries, due_now, endpoint, of, rounds, run, sold, turn
from worker.deliver_webhooks import AT_ONCE, Deliverer
from worker.forget import forget_what_is_over


@pytest.mark.parametrize("path", ["/500", "/hang", "/reset", "/redirect"])
async def test_what_failed_is_tried_again_later_under_the_same_id(
    told: Town, deliverer: Deliverer, receiver: Receiver, path: str
):
    store = await told.open_store()
    endpoint_id, _ = await endpoint(told, store, receiver.url(path))
    await sold(told, store)
    before = len(receiver.ids(path))
    await rounds(deliverer)
    [row] = await deliveries(told, endpoint_id)
    assert (row.state, row.tries) == ("waiting", 1)
    assert 1 < row.in_s <= 6, "five seconds, a little at random"
    assert len(receiver.ids(path)) == before + 1, "not before its time"
    await run(told, "UPDATE merchants.webhook_endpoint SET url = :url WHERE endpoint_id = :id",
              url=receiver.url("/mended"), id=endpoint_id)  # fmt: skip
    await due_now(told)
    await rounds(deliverer)
    assert receiver.ids("/mended")[-1] == str(row.delivery_id) == receiver.ids(path)[-1]
    [row] = await deliveries(told, endpoint_id)
    assert (row.state, row.attempts) == ("delivered", 2)
    healed = await of(told, endpoint_id)
    assert (healed.failures, healed.failing_since, healed.state) == (0, None, "enabled")


async def test_a_pause_that_is_asked_for_is_kept_for_all_that_waits(
    told: Town, deliverer: Deliverer, receiver: Receiver
):
    store = await told.open_store()
    endpoint_id, _ = await endpoint(told, store, receiver.url("/429"))
    await sold(told, store, AT_ONCE + 9)
    before = len(receiver.ids("/429"))
    await rounds(deliverer)
    asked = len(receiver.ids("/429")) - before
    assert asked < AT_ONCE + 9, "those that were on their way, and no more"
    await run(told, "UPDATE merchants.webhook_delivery SET not_before = clock_timestamp()")
    await rounds(deliverer)
    assert len(receiver.ids("/429")) - before == asked
    assert (await of(told, endpoint_id)).rests_until is not None


async def test_one_that_is_gone_is_disabled_and_its_owner_is_told(
    told: Town, deliverer: Deliverer, receiver: Receiver
):
    store = await told.open_store()
    async with told.database.transaction(told.region.region_id) as db:
        await change_business(db, told.region.region_id, store.merchant_id, BUSINESS, DOER)
    endpoint_id, _ = await endpoint(told, store, receiver.url("/410"))
    await sold(told, store, 1)
    await rounds(deliverer)
    found = await of(told, endpoint_id)
    assert (found.state, found.state_why) == ("disabled", "gone")
    letters = await told.rows("SELECT body FROM access.message WHERE purpose = 'webhooks stopped'")
    assert len(letters) == 1
    assert "410" in letters[0].body
    assert "127.0.0.1" not in letters[0].body
    acts = await told.rows(
        f"SELECT actor FROM access.act WHERE object_id = '{endpoint_id}' AND act LIKE '%.disabled'"
    )
    assert [row.actor for row in acts] == ["job:webhooks"]
    before = len(receiver.ids("/410"))
    await sold(told, store, 2)
    await due_now(told)
    await rounds(deliverer)
    assert len(receiver.ids("/410")) == before, "it is asked no more"
    await run(told, "UPDATE merchants.webhook_endpoint SET url = :url WHERE endpoint_id = :id",
              url=receiver.url("/back"), id=endpoint_id)  # fmt: skip
    await turn(told, store, endpoint_id, "enabled")
    await rounds(deliverer)
    assert len(receiver.ids("/back")) == 3, "what happened meanwhile has waited"


async def test_long_failure_disables_and_a_failing_one_gets_one_at_a_time(
    told: Town, deliverer: Deliverer, receiver: Receiver
):
    store = await told.open_store()
    endpoint_id, _ = await endpoint(told, store, receiver.url("/500"))
    await sold(told, store, FAILING_AFTER + 4)
    await rounds(deliverer)
    found = await of(told, endpoint_id)
    assert (found.state, found.failures >= FAILING_AFTER) == ("failing", True)
    before = len(receiver.ids("/500"))
    await due_now(told)
    await deliverer.round()
    await deliverer.finish()
    assert len(receiver.ids("/500")) == before + 1
    await run(told, "UPDATE merchants.webhook_endpoint SET failing_since = failing_since"
              " - CAST(:long AS interval) WHERE endpoint_id = :id",
              long=DISABLED_AFTER, id=endpoint_id)  # fmt: skip
    await due_now(told)
    await deliverer.round()
    await deliverer.finish()
    found = await of(told, endpoint_id)
    assert (found.state, found.state_why) == ("disabled", "failed")


async def test_it_is_given_up_after_three_days_and_forgotten_after_thirty(
    told: Town, deliverer: Deliverer, receiver: Receiver
):
    store = await told.open_store()
    endpoint_id, _ = await endpoint(told, store, receiver.url("/500"))
    await sold(told, store)
    await rounds(deliverer)
    assert (await deliveries(told, endpoint_id))[0].left_s > 3 * 86_400 - 60
    await run(told, "UPDATE merchants.webhook_delivery SET expires_at = clock_timestamp()")
    await rounds(deliverer)
    assert [row.state for row in await deliveries(told, endpoint_id)] == ["failed"]
    later = "UPDATE merchants.webhook_delivery SET made_at = made_at - make_interval(days => 31)"
    assert (await forget_what_is_over(told.database, [told.region], lambda: None))["webhooks"] == 0
    superuser = await asyncpg.connect(told.place.superuser_url)
    await superuser.execute(later)
    await superuser.close()
    done = await forget_what_is_over(told.database, [told.region], lambda: None)
    assert done["webhooks"] >= 1
    assert await deliveries(told, endpoint_id) == []


def test_ten_attempts_fall_into_three_days():
    tried = [pause_after(tries, None) for tries in range(1, 11)]
    for own, pause in zip((*PAUSES, PAUSES[-1]), tried, strict=True):
        assert own * 0.9 <= pause <= own * 1.1
    assert timedelta(days=2.5) < sum(PAUSES, timedelta()) < timedelta(days=3)
    assert pause_after(1, 600) == timedelta(minutes=10), "at least as long as it was asked"
    assert pause_after(9, 1) > timedelta(hours=20)
    assert pause_after(1, 10**9) == timedelta(days=1)
