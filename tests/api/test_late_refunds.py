"""A refund that meets a closing: the value is somebody's, or the shop is told to pay in cash."""

import asyncio
from uuid import UUID

import httpx
import pytest

from residents.close_person import ClosePerson
from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp
from tests.api.shop import Token, put_refund, put_void, slug_of, staff
from tests.town_builder import Store, Town, Wallet, new_id

_LEFT = (
    "SELECT coalesce(sum(a.balance), 0) AS yen FROM ledger.account a"
    " JOIN ledger.holder w USING (region_id, holder_id)"
    " JOIN ledger.holder p ON p.region_id = w.region_id AND p.holder_id = w.subject_id"
    " WHERE w.kind = 'wallet' AND p.kind = 'person' AND p.state = 'closed'"
)
"""What stands in the wallets of people who are gone."""


@pytest.fixture
async def store(town: Town) -> Store:
    return await town.open_store()


async def arrive(
    client: httpx.AsyncClient, town: Town, number: int = 0
) -> tuple[ResidentApp, Wallet]:
    """Somebody who signed in, with a wallet and ¥500 in it."""
    app = ResidentApp(client, town.database)
    await app.sign_in(f"+8190123400{number:02}")
    wallet = await town.open_wallet(UUID(app.tokens["person_id"]))
    await town.top_up(wallet, 500)
    return app, wallet


async def close(app: ResidentApp) -> httpx.Response:
    return await app.change("me/closing", "closing", {})


async def test_who_has_closed_the_account_is_paid_back_in_cash(
    app_client: httpx.AsyncClient, town: Town, store: Store, token: Token
):
    hanako, wallet = await arrive(app_client, town)
    paid = await town.pay(wallet, store, 500)
    assert (await close(hanako)).status_code == 200
    shop, office = staff(token, store), Office(app_client, token)
    for put in (put_refund, put_void):
        told = is_problem(await put(app_client, shop, paid.entry_id), 409, "payer-gone")
        assert "cash" in told["title"]
    # Nobody opens the wallet again, and money for it waits in suspense.
    path = f"wallets/{wallet.wallet_id}/state-changes/{new_id()}"
    opened = await office.put("desk", path, {"state": "open", "reason": "asks"})
    is_problem(opened, 409, "person-closed")
    assert (await town.top_up(wallet, 700)).facts["obstacle"] == "wallet-closed"
    assert (await town.rows(_LEFT))[0].yen == 0


async def test_a_refund_after_the_wallet_and_before_the_person_stops_the_closing(
    app_client: httpx.AsyncClient, town: Town, store: Store
):
    _, wallet = await arrive(app_client, town)
    paid = await town.pay(wallet, store, 500)

    async def refused() -> str | None:
        gone = ClosePerson(entry_id=new_id(), actor=wallet.actor, person_id=wallet.person_id)
        return (await town.submit(gone)).entry.refusal

    assert await refused() == "wallet-not-closed"
    await town.change_wallet(wallet, "closed")
    await town.refund(paid.entry_id, store)
    assert await refused() == "wallet-not-empty"
    await town.change_wallet(wallet, "open")
    await town.pay(wallet, store, 500)
    await town.change_wallet(wallet, "closed")
    assert await refused() is None


async def test_a_refund_and_a_closing_at_once_leave_no_value_with_nobody(
    app_client: httpx.AsyncClient, town: Town, store: Store, token: Token
):
    shop = staff(token, store)
    people = [await arrive(app_client, town, number) for number in range(6)]
    payments = [await town.pay(wallet, store, 500) for _, wallet in people]

    async def refund(number: int) -> httpx.Response:
        """At once, or in the moment in which the wallet is closed and the person is not."""
        wallet_id = people[number][1].wallet_id
        shut = "SELECT 1 FROM ledger.holder WHERE holder_id = :id AND state = 'closed'"
        while number % 3 and not await town.rows(shut, id=wallet_id):
            await asyncio.sleep(0)
        return await put_refund(app_client, shop, payments[number].entry_id)

    told = await asyncio.gather(
        *(close(app) for app, _ in people), *(refund(number) for number in range(6))
    )
    for (app, wallet), closed, refunded in zip(people, told[:6], told[6:], strict=True):
        if closed.status_code == 200:
            assert slug_of(refunded) == "payer-gone"
        else:
            assert (slug_of(closed), refunded.status_code) == ("wallet-not-empty", 201)
            # It is open, as it was, and closes once the money is spent.
            await town.pay(wallet, store, 500)
            assert (await close(app)).status_code == 200
    assert (await town.rows(_LEFT))[0].yen == 0
