"""How a resident stands, what one declares, and the limits of one's own."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.api.phone import Phone, Token, payment_lines, phone_of
from tests.api.probe import is_problem
from tests.residents.people import give_device, verification
from tests.town_builder import Town, new_id


@pytest.fixture
async def phone(town: Town, app_client: httpx.AsyncClient, token: Token) -> Phone:
    """The app of a person whom nobody has verified."""
    return phone_of(app_client, token, await town.open_wallet())


async def test_a_resident_declares_and_takes_back_what_was_not_verified(phone: Phone, town: Town):
    async def declare(**said: str | None) -> httpx.Response:
        return await phone.client.patch("/v1/me/attributes", json=said, headers=phone.headers)

    told = (await declare(area="tamagawa", age_band="75+")).json()
    assert (told["area"], told["is_area_verified"]) == ("tamagawa", False)
    assert (await declare()).json() == told
    told = (await declare(age_band=None)).json()
    assert (told["area"], told["age_band"]) == ("tamagawa", None)
    (await town.submit(verification(phone.wallet.person_id, area="kitazawa"))).accepted()
    is_problem(await declare(area="tamagawa"), 409, "attribute-verified")
    is_problem(await declare(area="621498320257"), 422, "my-number-refused")
    is_problem(await declare(age_band="12"), 422, "malformed-request")
    told = (await declare(age_band="0-17")).json()
    assert (told["area"], told["is_area_verified"]) == ("kitazawa", True)
    assert (told["age_band"], told["is_age_band_verified"]) == ("0-17", False)


async def test_limits_of_ones_own_are_raised_by_a_signature_that_says_so(phone: Phone, town: Town):
    device = await give_device(town.database, town.region.region_id, phone.wallet.person_id)

    async def limit(
        yen: int | None, signed: object = None, named: Any = None, per_day: int | None = None
    ) -> httpx.Response:
        change_id = named or new_id()
        lines = (
            f"meguri confirmation limit\nregion=setagaya\nperson_id={phone.wallet.person_id}"
            f"\nchange_id={change_id}\nlimit_yen={signed}"
            f"\nper_day_yen={'none' if per_day is None else per_day}"
        )
        more = {} if signed is None else {"confirmation": device.confirms(lines)}
        body = {"limit_yen": yen, "per_day_yen": per_day} | more
        return await phone.put(f"me/confirmation-limits/{change_id}", body)

    assert (await limit(500)).json()["limit_yen"] == 500
    assert (await phone.get("me/standing")).json()["confirm_above_yen"] == 500
    is_problem(await limit(501), 403, "confirmation-needed")
    is_problem(await limit(None), 403, "confirmation-needed")
    is_problem(await limit(5_000, signed=501), 403, "confirmation-wrong")
    assert (await limit(0)).status_code == 201
    change_id = new_id()
    raised = await limit(600, signed=600, named=change_id)
    assert (raised.status_code, raised.json()["limit_yen"]) == (201, 600)
    assert (await limit(None, signed="none")).status_code == 201
    assert (await limit(400)).status_code == 201
    # The copied signature of an earlier change has its first answer, and changes nothing.
    again = await limit(600, signed=600, named=change_id)
    assert (again.content, again.headers["idempotent-replay"]) == (raised.content, "true")
    stands = (await phone.get("me/standing")).json()
    assert (stands["confirm_above_yen"], stands["unconfirmed_per_day_yen"]) == (400, 30_000)
    # The same of what a day may come to.
    assert (await limit(400, per_day=900)).json()["per_day_yen"] == 900
    assert (await phone.get("me/standing")).json()["unconfirmed_per_day_yen"] == 900
    is_problem(await limit(400, per_day=901), 403, "confirmation-needed")
    is_problem(await limit(400), 403, "confirmation-needed")
    raised = await limit(300, signed=300, named=new_id(), per_day=40_000)
    assert (raised.status_code, raised.json()["per_day_yen"]) == (201, 40_000)
    # Nobody's own limit is above the region's.
    assert (await phone.get("me/standing")).json()["unconfirmed_per_day_yen"] == 30_000


async def test_a_stolen_token_pays_in_a_day_what_needs_no_confirmation_and_no_more(
    phone: Phone, town: Town
):
    store = await town.open_store()
    await town.top_up(phone.wallet, 90_000)
    told = await asyncio.gather(*(phone.pay(store, 5_000) for _ in range(12)))
    assert sorted(answer.status_code for answer in told) == [201] * 6 + [403] * 6
    refused = is_problem(await phone.pay(store, 1), 403, "confirmation-needed")
    assert (refused["limit_yen"], refused["used_yen"]) == (30_000, 30_000)
    assert await town.balances(phone.wallet.wallet_id) == {"coin": 60_000}
    assert (await phone.quote(store, 1)).json()["needs_confirmation"] is True
    # Whoever holds the device goes on, a signature for each payment.
    device = await give_device(town.database, town.region.region_id, phone.wallet.person_id)
    payment_id = new_id()
    lines = payment_lines(phone, store, 5_000, payment_id)
    paid = await phone.pay(store, 5_000, payment_id, confirmation=device.confirms(lines))
    assert (paid.status_code, paid.json()["confirmed_by"]) == (201, "device"), paid.text
