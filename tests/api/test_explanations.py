"""Why a payment earned what it earned: told to whoever paid, step by step, and after refunds."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from tests.api.phone import Phone, Token, phone_of
from tests.api.probe import is_problem
from tests.api.shop import staff
from tests.town_builder import Store, Town, new_id


async def explained(phone: Phone, payment_id: UUID | str) -> dict[str, Any]:
    answer = await phone.get(f"payments/{payment_id}/explanation")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def codes(reasons: list[dict[str, Any]]) -> list[tuple[str, int | None]]:
    for reason in reasons:
        assert all(reason[language] for language in ("ja", "ja_easy", "en"))
    return [(reason["code"], reason["number"]) for reason in reasons]


async def test_each_step_and_headroom_is_told_and_what_refunds_left(
    phone: Phone, town: Town, store: Store
):
    first = await town.live_campaign(
        priority=2, rebate_bp=3000, per_person_month_points=500, per_person_day_times=2
    )
    second = await town.live_campaign(rebate_bp={"large": 1000}, cashback_bp={"large": 500})
    await phone.pay(store, 1000)
    paid = (await phone.pay(store, 2000)).json()
    told = await explained(phone, paid["payment_id"])
    assert told["paid_at"] == paid["paid_at"]
    assert (told["amount_yen"], told["coin_yen"]) == (2000, 1700), "300 points pay first"
    assert (told["remaining_yen"], told["remaining_coin_yen"]) == (2000, 1700)
    assert codes(told["outcome"]) == [("points-granted", 200), ("partly-in-coin", 1700)]
    granting, other = told["campaigns"]
    assert (granting["campaign_id"], other["campaign_id"]) == (str(first), str(second))
    [row] = await town.rows("SELECT encode(terms_hash, 'hex') FROM ledger.holder"
                            " WHERE holder_id = :id", id=first)  # fmt: skip
    assert granting["terms_hash"] == row[0]
    assert codes(granting["steps"]) == [("rate-applied", 3000), ("cut-by-month-cap", 200)]
    assert codes(granting["headrooms"]) == [("month", 200), ("day_times", 1)]
    assert granting["kept"] is None
    assert (other["rebate_points"], codes(other["headrooms"])) == (0, [])
    assert codes(other["steps"]) == [("class-not-eligible", None)]

    await town.refund(UUID(paid["payment_id"]), store, 1200)
    told = await explained(phone, paid["payment_id"])
    assert (told["rebate_points"], told["kept_points"]) == (200, 150)
    assert (told["remaining_yen"], told["remaining_coin_yen"]) == (800, 500)
    assert codes(told["outcome"]) == [
        *(("points-granted", 200), ("partly-in-coin", 1700), ("points-kept", 150)),
    ]
    granting, other = told["campaigns"]
    assert codes(granting["steps"]) == [("rate-applied", 3000), ("cut-by-month-cap", 200)]
    assert granting["kept"]["rebate_points"] == 150
    assert codes(granting["kept"]["steps"]) == [("rate-applied", 3000)]
    assert codes(other["kept"]["steps"]) == [("class-not-eligible", None)]

    await town.refund(UUID(paid["payment_id"]), store, 600)
    told = await explained(phone, paid["payment_id"])
    assert codes(told["campaigns"][0]["kept"]["steps"]) == [("no-coin-part", None)]
    await town.refund(UUID(paid["payment_id"]), store)
    told = await explained(phone, paid["payment_id"])
    assert codes(told["outcome"]) == [
        *(("points-granted", 200), ("partly-in-coin", 1700), ("all-refunded", None)),
    ]
    assert told["campaigns"][0]["kept"] == {"rebate_points": 0, "steps": []}


async def test_the_steps_explain_what_the_journal_took(phone: Phone, town: Town, store: Store):
    tiers = [{"above_yen": 0, "rate_bp": 700}, {"above_yen": 900, "rate_bp": 6100}]
    await town.live_campaign(priority=2, rebate={"tiers": tiers})
    await town.live_campaign(priority=1, rebate_bp=3333, minimum_amount_yen=700)
    await town.live_campaign(rebate_bp=9000)
    for parts in ([1], [1, 332], [9, 990, 1], [1337], [1990]):
        points = (await town.balances(phone.wallet.wallet_id)).get("points", 0)
        paid = (await phone.pay(store, 2000, coin_only=True)).json()
        for part in parts:
            await town.refund(UUID(paid["payment_id"]), store, part)
        told = await explained(phone, paid["payment_id"])
        points = (await town.balances(phone.wallet.wallet_id)).get("points", 0) - points
        assert points == told["kept_points"] < told["rebate_points"]
        kept = [each["kept"] for each in told["campaigns"]]
        assert sum(each["rebate_points"] for each in kept) == points
        for each in kept:
            code, number = codes(each["steps"])[-1]
            assert number == each["rebate_points"] or not code.startswith("cut-")
            assert code != "below-minimum" or each["rebate_points"] == 0


async def test_nothing_is_explained_too_and_to_nobody_else(
    phone: Phone, town: Town, store: Store, app_client: httpx.AsyncClient, token: Token
):
    before = (await phone.pay(store, 100)).json()["payment_id"]
    told = await explained(phone, before)
    assert (codes(told["outcome"]), told["campaigns"]) == ([("no-campaign", None)], [])
    await town.live_campaign(minimum_amount_yen=500, every_nth_payment=3)
    for amount_yen, steps in (
        (100, [("below-minimum", 500)]),
        (500, [("stamp-collected", 2)]),
        (500, [("stamp-collected", 1)]),
    ):
        paid = (await phone.pay(store, amount_yen)).json()["payment_id"]
        told = await explained(phone, paid)
        assert codes(told["outcome"]) == [("nothing-granted", None)]
        assert codes(told["campaigns"][0]["steps"]) == steps
    assert codes(told["campaigns"][0]["headrooms"]) == [("stamps", 1)]

    path = f"/v1/payments/{told['payment_id']}/explanation"
    stranger = phone_of(app_client, token, await town.open_wallet())
    is_problem(await app_client.get(path, headers=stranger.headers), 404, "payment-unknown")
    is_problem(await app_client.get(path), 401, "token-missing")
    for shop in (staff(token, store), staff(token, store, "terminal")):
        assert (await app_client.get(path, headers=shop)).status_code == 403
    for unknown in (uuid4(), store.store_id, phone.wallet.wallet_id):
        answer = await phone.get(f"payments/{unknown}/explanation")
        is_problem(answer, 404, "payment-unknown")
    refused = new_id()
    is_problem(await phone.pay(store, 10_001, refused), 409, "insufficient-funds")
    is_problem(await phone.get(f"payments/{refused}/explanation"), 409, "insufficient-funds")


async def test_campaigns_that_the_entry_does_not_tell_of_say_why_not_too(
    phone: Phone, town: Town, store: Store
):
    for priority in (9, 8, 7):
        await town.live_campaign(priority=priority, rebate_bp=100)
    elsewhere = await town.live_campaign(priority=6, where={"areas": ["south"]}, name="South")
    young = {"age_bands": ["0-17"], "proof": "declared"}
    others = await town.live_campaign(priority=5, who=young)
    over = await town.live_campaign(priority=4, who=young)
    await town.change_campaign(over, "stopped")
    paid = (await phone.pay(store, 1000)).json()["payment_id"]
    await town.live_campaign(priority=3)
    await town.change_campaign(elsewhere, "ended")
    told = await explained(phone, paid)
    assert len(told["campaigns"]) == 3
    first, second = told["others"]
    assert (first["campaign_id"], first["campaign_name"]) == (str(elsewhere), "South")
    assert codes(first["steps"]) == [("shop-area-not-eligible", None)]
    assert second["campaign_id"] == str(others)
    assert codes(second["steps"]) == [("fact-missing-age-band", None)]
    [row] = await town.rows("SELECT encode(terms_hash, 'hex') FROM ledger.holder"
                            " WHERE holder_id = :id", id=others)  # fmt: skip
    assert second["terms_hash"] == row[0]

    superuser = await asyncpg.connect(town.place.superuser_url)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("DELETE FROM ledger.person_facts")
    first, second = (await explained(phone, paid))["others"]
    assert codes(first["steps"]) == [("shop-area-not-eligible", None)]
    assert codes(second["steps"]) == [("facts-erased", None)]
    older = "UPDATE ledger.entry SET facts = facts - 'asked' - 'person_facts' WHERE entry_id = $1"
    await superuser.execute(older, paid)
    await superuser.close()
    first, second = (await explained(phone, paid))["others"]
    assert [codes(each["steps"]) for each in (first, second)] == 2 * [[("facts-not-kept", None)]]
