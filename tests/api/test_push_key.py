"""A page is told the key that it subscribes with, or that nobody pushes."""

from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI

from core.senders import WebPush
from notifications.vapid import read_vapid
from tests.notifications.notices_builder import agree
from tests.town_builder import Town


async def test_a_page_is_told_the_key_of_this_deployment(
    app: FastAPI, app_client: httpx.AsyncClient, token: Any, town: Town, tmp_path: Path
):
    wallet = await town.open_wallet()
    await agree(town, wallet)
    headers = {"Authorization": f"Bearer {token('resident', wallet.person_id)}"}
    told = await app_client.get("/v1/me/push-key", headers=headers)
    assert (told.status_code, told.json()) == (200, {"public_key": None})
    key, path = ec.generate_private_key(ec.SECP256R1()), tmp_path / "push.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    named = WebPush(key_file=path, contact="mailto:ops@example.jp")
    settings = app.state.meguri.settings
    object.__setattr__(settings, "web_push", named)
    told = await app_client.get("/v1/me/push-key", headers=headers)
    assert told.json() == {"public_key": read_vapid(path, named.contact).public}
