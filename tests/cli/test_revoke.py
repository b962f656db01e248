"""`meguri revoke`: what an operator revokes holds in the running processes."""

import asyncio
import subprocess
import sys
from uuid import uuid4

import httpx
import jwt
from fastapi import FastAPI

from core.settings import Settings
from tests.cli.served import ROOT, environment
from tests.conftest import Token


def meguri(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        capture_output=True, text=True, check=False, cwd=ROOT, env=environment(settings),
    )  # fmt: skip


async def test_an_operator_revokes_a_token_and_a_person(
    app: FastAPI, app_client: httpx.AsyncClient, settings: Settings, token: Token
):
    person = uuid4()
    one, another = token("resident", sub=person), token("resident", sub=person)
    jti = jwt.decode(one, options={"verify_signature": False})["jti"]
    told = await asyncio.to_thread(
        meguri, settings, "revoke", "jti", jti, "--region", "setagaya", "--days", "1"
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == f"Revoked jti {jti} in setagaya for 1 days.\n"
    await _until(app_client, one, 401)
    assert (await _ask(app_client, another)).status_code == 200
    words = ("revoke", "sub", str(person), "--region", "setagaya")
    assert (await asyncio.to_thread(meguri, settings, *words)).returncode == 0
    await _until(app_client, another, 401)


async def test_an_operators_own_tokens_are_of_no_region(
    app: FastAPI, app_client: httpx.AsyncClient, settings: Settings, token: Token
):
    sub = uuid4()
    header = token("admin", sub=sub, region="*", role="operator")
    path = "/v1/admin/regions/setagaya"
    assert (await _ask(app_client, header, path)).status_code in {200, 404}
    told = await asyncio.to_thread(meguri, settings, "revoke", "sub", str(sub), "--region", "*")
    assert told.returncode == 0, told.stderr
    await _until(app_client, header, 401, path)


async def test_an_unknown_region_is_said(settings: Settings, region):
    told = await asyncio.to_thread(
        meguri, settings, "revoke", "sub", str(uuid4()), "--region", "nowhere"
    )
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == "meguri: there is no region nowhere\n"


async def test_a_database_that_is_away_is_said_in_one_line(settings: Settings):
    gone = settings.model_copy(update={"database_url": "postgresql://meguri@127.0.0.1:1/meguri"})
    told = await asyncio.to_thread(
        meguri, gone, "revoke", "sub", str(uuid4()), "--region", "setagaya"
    )
    assert told.returncode == 2
    assert told.stderr == (
        "meguri: database-unavailable: The database cannot be reached; nothing was done.\n"
    )


async def _ask(client: httpx.AsyncClient, token: str, path: str = "/v1/wallets") -> httpx.Response:
    return await client.get(path, headers={"Authorization": f"Bearer {token}"})


async def _until(
    client: httpx.AsyncClient, token: str, status: int, path: str = "/v1/wallets"
) -> None:
    async with asyncio.timeout(5):
        while (await _ask(client, token, path)).status_code != status:
            await asyncio.sleep(0.05)
