"""What is no number, no code, no key and no name is refused before anything is done with it."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from api.state import State
from tests.access.device_key import DeviceKey
from tests.api.conftest import REGION
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp


@pytest.fixture
def nobody(client: httpx.AsyncClient, state: State) -> ResidentApp:
    """An app of the shared deployment that nobody signs in with."""
    return ResidentApp(client, state.database, REGION)


@pytest.mark.parametrize(
    "phone",
    [
        "",
        "x" * 10_000,
        "٠٩٠١٢٣٤٥٦٧٨",
        "𝟘𝟡𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠",
        "03-3210-1234",
        "+1 202 555 0123",
        "📱",
        9012345678,
    ],
)
async def test_what_is_no_number_is_refused_and_not_sent_to(nobody: ResidentApp, phone: Any):
    answered = await nobody.ask(phone)
    assert answered.status_code == 422
    assert answered.json()["type"] in {"/problems/phone-not-usable", "/problems/malformed-request"}
    async with nobody.database.transaction(1) as db:
        assert await db.scalar(text("SELECT count(*) FROM access.message")) == 0


@pytest.mark.parametrize(
    "code",
    ["", "12345", "1234567", "١٢٣٤٥٦", "𝟙𝟚𝟛𝟜𝟝𝟞", "①②③④⑤⑥", "12345６", "12 456", "-12345", 123456],
)
async def test_a_code_is_six_digits_of_a_keyboard(nobody: ResidentApp, code: Any):
    answered = await nobody.answer(str(uuid4()), code)
    assert is_problem(answered, 422, "malformed-request")


@pytest.mark.parametrize(
    "wrong",
    [
        {"kty": "RSA"},
        {"crv": "secp256k1"},
        {"crv": "P-384"},
        {"d": DeviceKey().jwk["x"]},
        {"x": DeviceKey().jwk["x"]},
        {"x": "A" * 43},
        {"y": ""},
        {"x": DeviceKey().jwk["x"] + "="},
        {"x": "A" * 10_000},
        {"kty": None},
    ],
)
async def test_only_a_public_key_of_p256_is_taken(nobody: ResidentApp, wrong: dict[str, Any]):
    key = nobody.key.jwk | wrong
    answered = await nobody.answer(str(uuid4()), "123456", public_key=key)
    assert is_problem(answered, 422, "malformed-request")


@pytest.mark.parametrize("name", ["", "\u202e", "x" * 10_000, "a\u0000"])
async def test_a_device_has_a_name_that_can_be_read(nobody: ResidentApp, name: str):
    answered = await nobody.answer(str(uuid4()), "123456", name=name)
    assert is_problem(answered, 422, "malformed-request")
