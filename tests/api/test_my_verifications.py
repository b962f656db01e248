"""A provider verifies from afar: asked once, completed by a retry, refused by each slug."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from core.settings import Settings, SettingsError
from residents.verifiers import load_verifiers
from tests.api.phone import Phone, Token, phone_of
from tests.api.probe import is_problem
from tests.residents.a_verifier import office
from tests.residents.people import enrol
from tests.town_builder import Town, new_id


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A deployment with a provider plugged in."""
    return settings.model_copy(update={"verifiers": {"jpki": "tests.residents.a_verifier:office"}})


@pytest.fixture
async def phone(town: Town, app_client: httpx.AsyncClient, token: Token) -> Phone:
    """The app of a person whom nobody has verified."""
    wallet = await town.open_wallet()
    await enrol(town.database, town.region.region_id, wallet.person_id)
    return phone_of(app_client, token, wallet)


async def show(
    phone: Phone, proof: object, verification_id: UUID | None = None, **more: Any
) -> httpx.Response:
    body = {"method": "jpki", "proof": str(proof)} | more
    return await phone.put(f"me/verifications/{verification_id or new_id()}", body)


async def test_a_proof_gives_a_tier_once(phone: Phone, town: Town):
    named = new_id()
    first = await show(phone, named, named)
    assert (first.status_code, first.json()["tier"]) == (201, "verified_resident"), first.text
    asked = office.asked
    again = await show(phone, named, named)
    assert (again.content, again.headers["idempotent-replay"]) == (first.content, "true")
    assert office.asked == asked, "a retry asks nobody"
    standing = (await phone.get("me/standing")).json()
    assert (standing["tier"], standing["area"]) == ("verified_resident", "kitazawa")
    [row] = await town.rows("SELECT * FROM residents.verification")
    assert (row.method, row.evidence, row.verified_by) == ("jpki", "certificate", "verifier:jpki")
    [act] = await town.rows("SELECT actor, act, person_id FROM access.act")
    assert tuple(act) == ("verifier:jpki", "person.verified", phone.wallet.person_id)


async def test_what_proves_nothing_leaves_nothing(phone: Phone, town: Town):
    is_problem(await show(phone, new_id()), 422, "proof-refused")
    away = await show(phone, "away")
    is_problem(away, 503, "verifier-away")
    assert away.headers["retry-after"] == "30"
    is_problem(await show(phone, "x", method="fax"), 404, "verifier-unknown")
    is_problem(await show(phone, "\n"), 422, "malformed-request")
    assert await town.rows("SELECT 1 FROM residents.verification") == []
    assert (await phone.get("me/standing")).json()["tier"] == "unverified"


async def test_the_id_of_another_is_taken(
    phone: Phone, town: Town, app_client: httpx.AsyncClient, token: Token
):
    named = new_id()
    assert (await show(phone, named, named)).status_code == 201
    wallet = await town.open_wallet()
    await enrol(town.database, town.region.region_id, wallet.person_id)
    stranger = phone_of(app_client, token, wallet)
    is_problem(await show(stranger, named, named), 409, "id-in-use")
    assert (await stranger.get("me/standing")).json()["tier"] == "unverified"


@pytest.mark.parametrize("place", ["nowhere:office", "tests.residents.a_verifier:nobody", "", ":x"])
def test_a_provider_that_is_not_there_stops_the_start(place: str):
    with pytest.raises(SettingsError, match="jpki"):
        load_verifiers({"jpki": place})
