"""A real browser makes a passkey and signs in by it: Chromium, with a virtual authenticator."""

import asyncio
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect

from api.state import State
from api.tokens import issue
from core.database import Database
from core.settings import Settings
from residents.pin import pin_hash, set_pin
from tests.api.server import serving
from tests.town_builder import new_id

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
LISTENS = re.compile(r"ws://127\.0\.0\.1:(\d+)/")

pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

MAKE = """
(async () => {
  const send = (path, body) => fetch(path, {method: "POST", headers: {
    "content-type": "application/json", authorization: "Bearer %s"},
    body: JSON.stringify(body)}).then(answer => answer.json());
  const asked = await send("/v1/me/passkeys/challenges", {});
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked.options);
  const made = await navigator.credentials.create({publicKey});
  return await send("/v1/me/passkeys",
    {challenge_id: asked.challenge_id, credential: made.toJSON(), name: "Chromium",
     change_id: "%s", confirmation: {pin: "4071"}});
})()
"""
SIGN_IN = """
(async () => {
  const send = (path, body) => fetch(path, {method: "POST",
    headers: {"content-type": "application/json"},
    body: JSON.stringify(body)}).then(answer => answer.json());
  const path = "/v1/regions/setagaya/sign-in/passkeys";
  const asked = await send(path + "/challenges", {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked.options);
  const signed = await navigator.credentials.get({publicKey});
  return await send(path, {challenge_id: asked.challenge_id, credential: signed.toJSON()});
})()
"""


@contextmanager
def chromium() -> Iterator[str]:
    """The address at which a browser of its own can be driven, as long as the block lasts."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory() as profile:
        command = [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-dev-shm-usage", "--disable-background-networking",
            "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
        ]  # fmt: skip
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                yield f"http://127.0.0.1:{_port(Path(profile), process)}"
            finally:
                process.terminate()
                process.communicate(timeout=20)


def _port(profile: Path, process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if found := LISTENS.search(line):
            return found[1]
    raise AssertionError(f"Chromium did not start with {profile}")


class Tab:
    """One tab, driven over its DevTools socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._asked = 0

    async def call(self, method: str, **said: Any) -> Any:
        self._asked += 1
        await self._socket.send(json.dumps({"id": self._asked, "method": method, "params": said}))
        while True:
            told = json.loads(await self._socket.recv())
            if told.get("id") == self._asked:
                assert "error" not in told, told
                return told["result"]

    async def run(self, script: str) -> Any:
        """What the promise of a script gives."""
        told = await self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"]["value"]


@asynccontextmanager
async def open_tab(address: str) -> AsyncIterator[Tab]:
    """A tab whose computer has an authenticator that knows its user's finger."""
    async with httpx.AsyncClient() as client:
        made = (await client.put(f"{address}/json/new?about:blank")).json()
    async with connect(made["webSocketDebuggerUrl"], max_size=2**24) as socket:
        tab = Tab(socket)
        await tab.call("WebAuthn.enable")
        await tab.call(
            "WebAuthn.addVirtualAuthenticator",
            options={
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                "hasUserVerification": True, "isUserVerified": True,
            },
        )  # fmt: skip
        yield tab


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Passkeys of this machine, at whichever port."""
    return settings.model_copy(update={"passkey_rp_id": "localhost"})


async def test_chromium_makes_a_passkey_and_signs_in(
    settings: Settings, database: Database, region: Any
):
    person = uuid4()
    async with database.transaction(region.region_id) as db:
        await db.execute(
            text("INSERT INTO residents.person (region_id, person_id) VALUES (1, :person)"),
            {"person": person},
        )
    origins: list[str] = []
    with serving(settings.model_copy(update={"passkey_origins": origins})) as (url, app):
        local = url.replace("127.0.0.1", "localhost")
        origins.append(local)
        state: State = app.state.meguri
        token = issue(state.keys, "resident", person, "setagaya")
        kept = await pin_hash(state.vault, region.region_id, person, "4071")
        async with database.transaction(region.region_id) as db:
            assert await set_pin(db, region.region_id, person, kept)
        with chromium() as address:
            async with open_tab(address) as tab:
                await tab.call("Page.navigate", url=f"{local}/healthz")
                while await tab.run("location.origin + document.readyState") != f"{local}complete":
                    await asyncio.sleep(0.05)
                added = await tab.run(MAKE % (token, new_id()))
                assert added.get("kind") == "passkey", added
                signed_in = await tab.run(SIGN_IN)
    assert signed_in.get("person_id") == str(person), signed_in
    assert signed_in["device_id"] == added["device_id"]
    assert signed_in["scope"] == "device:read", "it waits"
