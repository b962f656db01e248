"""Sign-in at the city's provider: who was invited comes in, and nobody else."""

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import text

from access.posts import Reach
from core.database import Database
from tests.api.oidc.browsing import HANAKO, PATH, begun, comes_back
from tests.api.oidc.city_provider import CityProvider
from tests.api.probe import is_problem
from tests.api.staff_office import Office

DESK = Reach("admin", "desk")


async def test_who_was_invited_comes_in_by_the_subject_from_then_on(
    office: Office, provider: CityProvider, browser: httpx.AsyncClient, database: Database
):
    await office.invited(DESK, HANAKO)
    query = provider.sign_in(await begun(browser)) | {"session_state": "theirs"}
    arrived = await browser.get(f"{PATH}/callback", params=query)
    assert arrived.status_code == 200, arrived.text
    told = (await browser.post(PATH, json=arrived.json())).json()
    assert told["choice"] is None
    claims = jwt.decode(told["tokens"]["access_token"], options={"verify_signature": False})
    assert (claims["aud"], claims["role"], claims["region"]) == ("admin", "desk", "setagaya")
    async with database.transaction(1) as db:
        row = (await db.execute(text("SELECT upstream, name FROM access.login"))).one()
        methods = (await db.execute(text("SELECT method FROM access.session"))).scalars().all()
    assert tuple(row) == (f"{provider.issuer} hanako", "世田谷 花子")
    assert methods == ["oidc"]
    again = await comes_back(browser, provider, email="other@example.jp")
    assert again.status_code == 200, "the subject alone says who comes"
    stranger = await comes_back(browser, provider, sub="taro", email=HANAKO)
    is_problem(stranger, 401, "oidc-refused")


async def test_what_the_browser_is_sent_away_with(
    browser: httpx.AsyncClient, provider: CityProvider
):
    answer = await browser.post(f"{PATH}/challenges", json={})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-meguri-sign-in=")
    assert cookie.endswith("; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax")
    url = urlsplit(answer.json()["authorization_url"])
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{provider.issuer}/authorize"
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert query["redirect_uri"] == f"https://api.example.jp{PATH}/callback"
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    secrets = [query["state"].split(".")[1], query["nonce"], query["code_challenge"]]
    assert all(len(secret) == 43 for secret in secrets)
    assert provider.secret not in url.query


async def test_a_login_that_was_made_otherwise_is_linked_once(
    office: Office, provider: CityProvider, browser: httpx.AsyncClient, database: Database
):
    person = await office.hire(DESK, HANAKO)
    browser.cookies.clear()
    arrived = await comes_back(browser, provider)
    told = (await browser.post(PATH, json=arrived.json())).json()
    mine, own = (
        jwt.decode(each, options={"verify_signature": False})["sub"]
        for each in (told["tokens"]["access_token"], person.access_token)
    )
    assert mine == own, "one person is one actor, however they sign in"
    async with database.transaction(1) as db:
        query = text("SELECT count(*) FROM access.act WHERE act = 'login.linked'")
        assert (await db.execute(query)).scalar_one() == 1


async def test_nobody_gets_in_who_was_not_invited(
    office: Office, provider: CityProvider, browser: httpx.AsyncClient, database: Database
):
    await office.invited(DESK, "somebody@else.example")
    is_problem(await comes_back(browser, provider), 401, "oidc-refused")
    other = await comes_back(browser, provider, email="somebody@else.example")
    is_problem(other, 401, "oidc-refused")
    await office.invited(DESK, HANAKO)
    is_problem(await comes_back(browser, provider, email_verified=False), 401, "oidc-refused")
    is_problem(await comes_back(browser, provider, email_verified="true"), 401, "oidc-refused")
    async with database.transaction(1) as db:
        assert (await db.execute(text("SELECT count(*) FROM access.login"))).scalar_one() == 0
        await db.execute(text("UPDATE access.invitation SET expires_at = clock_timestamp()"))
    is_problem(await comes_back(browser, provider, email_verified=True), 401, "oidc-refused")


async def test_a_suspended_login_stays_out(
    office: Office, provider: CityProvider, browser: httpx.AsyncClient, database: Database
):
    await office.invited(DESK, HANAKO)
    arrived = (await comes_back(browser, provider)).json()
    async with database.transaction(1) as db:
        await db.execute(text("UPDATE access.login SET state = 'suspended'"))
    is_problem(await browser.post(PATH, json=arrived), 401, "oidc-refused")
    is_problem(await comes_back(browser, provider), 401, "oidc-refused")


async def test_a_return_and_a_code_count_once_and_in_the_browser_that_began(
    office: Office, provider: CityProvider, browser: httpx.AsyncClient
):
    await office.invited(DESK, HANAKO)
    query = provider.sign_in(await begun(browser))
    kept = browser.cookies
    browser.cookies = httpx.Cookies()
    is_problem(await browser.get(f"{PATH}/callback", params=query), 401, "oidc-refused")
    browser.cookies = kept
    late = await browser.get(f"{PATH}/callback", params=query)
    is_problem(late, 401, "oidc-refused")
    query = provider.sign_in(await begun(browser))
    arrived = (await browser.get(f"{PATH}/callback", params=query)).json()
    is_problem(await browser.get(f"{PATH}/callback", params=query), 401, "oidc-refused")
    kept = browser.cookies
    browser.cookies = httpx.Cookies()
    is_problem(await browser.post(PATH, json=arrived), 401, "oidc-refused")
    browser.cookies = kept
    is_problem(await browser.post(PATH, json=arrived), 401, "oidc-refused")


async def test_a_return_of_another_sign_in_is_refused(
    office: Office, provider: CityProvider, browser: httpx.AsyncClient
):
    await office.invited(DESK, HANAKO)
    first, second = provider.sign_in(await begun(browser)), provider.sign_in(await begun(browser))
    swapped = second | {"code": first["code"]}
    is_problem(await browser.get(f"{PATH}/callback", params=swapped), 401, "oidc-refused")


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://evil.example"}, {"iss": None}, {"code": "unknown"}, {"code": None},
        {"state": None}, {"state": "x"}, {"error": "access_denied", "code": None},
    ],
    ids=str,
)  # fmt: skip
async def test_a_return_that_is_not_whole_is_refused(
    office: Office, provider: CityProvider, browser: httpx.AsyncClient, change: dict[str, Any]
):
    await office.invited(DESK, HANAKO)
    query: dict[str, Any] = provider.sign_in(await begun(browser)) | change
    query = {name: value for name, value in query.items() if value is not None}
    is_problem(await browser.get(f"{PATH}/callback", params=query), 401, "oidc-refused")


def hs256(provider: CityProvider) -> Any:
    public = provider.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)

    def forge(claims: dict[str, Any]) -> str:
        head, body, _ = jwt.encode(claims, "x" * 32, "HS256", {"kid": "one"}).split(".")
        signature = hmac.sign(f"{head}.{body}".encode(), public)
        return f"{head}.{body}.{jwt.utils.base64url_encode(signature).decode()}"

    return forge


async def test_tokens_that_are_forged_or_for_others_sign_nobody_in(
    office: Office, provider: CityProvider, browser: httpx.AsyncClient
):
    await office.invited(DESK, HANAKO)
    good = dict(provider.claims)
    other = ec.generate_private_key(ec.SECP256R1())
    for change in (
        {"iss": "https://evil.example"}, {"aud": "another"}, {"nonce": "another"},
        {"exp": int(time.time()) - 1}, {"aud": ["meguri", "b"]}, {"at_hash": "x"},
    ):  # fmt: skip
        provider.claims = dict(good)
        is_problem(await comes_back(browser, provider, **change), 401, "oidc-refused")
    provider.claims = good
    forgeries: list[Any] = [
        lambda claims: jwt.encode(claims, None, "none"),  # type: ignore[arg-type]
        hs256(provider),
        lambda claims: jwt.encode(claims, other, "ES256", {"kid": "one"}),
        lambda _: "no token",
        lambda _: 5,
    ]
    for forge in forgeries:
        provider.forge = forge
        is_problem(await comes_back(browser, provider), 401, "oidc-refused")
    provider.forge = None
    assert (await comes_back(browser, provider)).status_code == 200
