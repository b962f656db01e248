"""How a resident stands, what one declares, and the limit of one's own."""

from typing import Any

import httpx
import pytest

from tests.api.phone import Phone, Token, phone_of
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


async def test_a_limit_of_ones_own_is_raised_by_a_signature_that_says_so(phone: Phone, town: Town):
    device = await give_device(town.database, town.region.region_id, phone.wallet.person_id)

    async def limit(yen: int | None, signed: object = None, named: Any = None) -> httpx.Response:
        change_id = named or new_id()
        lines = (
            f"meguri confirmation limit\nregion=setagaya\nperson_id={phone.wallet.person_id}"
            f"\nchange_id={change_id}\nlimit_yen={signed}"
        )
        more = {} if signed is None else {"confirmation": device.confirms(lines)}
        return await phone.put(f"me/confirmation-limits/{change_id}", {"limit_yen": yen} | more)

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
    assert (await phone.get("me/standing")).json()["confirm_above_yen"] == 400
