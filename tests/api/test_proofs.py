"""Proofs: each face proves its own entries and sees nothing of others; one file checks them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from seals import check_proof
from seals.check_proof import Unproven, check, check_against
from seals.erase import erase
from seals.keys import SealKeys
from seals.publish import publish
from seals.seal import seal
from tests.api.probe import is_problem
from tests.conftest import Token
from tests.seals.sealed_town import sealed, sealing
from tests.town_builder import Store, Town, Wallet


class Scene:
    """A wallet, a store, a payment and its refund, sealed; and who may ask for what."""

    def __init__(self, town: Town, client: httpx.AsyncClient, token: Token) -> None:
        self.town, self.client, self.token = town, client, token
        self.wallet: Wallet
        self.store: Store
        self.keys: SealKeys

    async def live(self) -> None:
        town = self.town
        self.wallet, self.store = await town.open_wallet(), await town.open_store()
        await town.live_campaign()
        self.top_up = await town.top_up(self.wallet, 5_000)
        self.payment = await town.pay(self.wallet, self.store, 1_000)
        self.refund = await town.refund(self.payment.entry_id, self.store, 400)
        self.keys = await sealed(town, largest=2)

    async def ask(self, path: str, token: str) -> httpx.Response:
        return await self.client.get(path, headers={"Authorization": f"Bearer {token}"})

    def resident(self, wallet: Wallet | None = None) -> str:
        return self.token("resident", sub=(wallet or self.wallet).person_id)

    def merchant(self, **claims: Any) -> str:
        said = {"merchant": self.store.merchant_id, "role": "owner", **claims}
        return self.token("merchant", **said)

    async def proof(self, path: str, token: str) -> dict[str, Any]:
        answer = await self.ask(path, token)
        assert answer.status_code == 200, answer.text
        proof: dict[str, Any] = answer.json()
        return proof


@pytest.fixture
async def scene(town: Town, app_client: httpx.AsyncClient, token: Token) -> Scene:
    """The scene after everything in it was sealed."""
    scene = Scene(town, app_client, token)
    await scene.live()
    return scene


def names(proof: dict[str, Any]) -> set[str]:
    return {part["content"][0] for part in proof["parts"] if "content" in part}


async def test_a_resident_proves_a_payment_and_sees_nothing_of_the_shop(scene: Scene):
    path = f"/v1/payments/{scene.payment.entry_id}/proof"
    proof = await scene.proof(path, scene.resident())
    shown = check_against(proof, scene.keys.public[-1].hex(), None)
    assert shown["entry"]["amount"] == 1_000
    assert shown["holder"]["person"] == str(scene.wallet.person_id)
    assert shown["text store_name"] == "Hinode-ya"
    assert shown["grant 0"]["rebate_points"] > 0
    accounts = [each["account"] for name, each in shown.items() if name.startswith("posting ")]
    assert {account["holder_id"] for account in accounts} == {str(scene.wallet.wallet_id)}
    assert {account["kind"] for account in accounts} == {"coin", "points"}
    assert not names(proof) & {"office facts", "office grant 0", "actor", "fingerprint"}
    assert len(proof["parts"]) > len(shown) + 5


async def test_a_resident_proves_every_entry_of_the_wallets_history(scene: Scene):
    for entry in (scene.top_up, scene.payment, scene.refund):
        path = f"/v1/wallets/{scene.wallet.wallet_id}/entries/{entry.entry_id}/proof"
        proof = await scene.proof(path, scene.resident())
        shown, _ = check(proof)
        assert shown["entry"]["entry_id"] == str(entry.entry_id)
        assert not any("reason" in name or "reference" in name for name in shown)


async def test_a_shop_proves_its_sales_and_learns_nothing_of_the_resident(scene: Scene):
    for entry in (scene.payment, scene.refund):
        path = f"/v1/stores/{scene.store.store_id}/payments/{entry.entry_id}/proof"
        answer = await scene.ask(path, scene.merchant())
        assert answer.status_code == 200
        for secret in (scene.wallet.wallet_id, scene.wallet.person_id):
            assert str(secret) not in answer.text
        proof = answer.json()
        shown, _ = check(proof)
        accounts = [each["account"] for name, each in shown.items() if name.startswith("posting ")]
        assert {account["holder_id"] for account in accounts} == {str(scene.store.merchant_id)}
        assert not any("grant" in name or "facts" in name for name in names(proof))


async def test_the_office_proves_any_entry_in_full(scene: Scene):
    for entry in (scene.top_up, scene.payment, scene.refund):
        path = f"/v1/admin/journal/{entry.entry_id}/proof"
        proof = await scene.proof(path, scene.token("admin", role="auditor"))
        assert all("content" in part for part in proof["parts"])
        shown, _ = check(proof)
        assert shown["entry"]["seq"] == entry.seq


async def test_a_hidden_part_cannot_be_guessed_from_its_digest(scene: Scene):
    office = await scene.proof(
        f"/v1/admin/journal/{scene.payment.entry_id}/proof", scene.token("admin", role="auditor")
    )
    own = await scene.proof(f"/v1/payments/{scene.payment.entry_id}/proof", scene.resident())
    given = {part["salt"] for part in own["parts"] if "salt" in part}
    for known, seen in zip(office["parts"], own["parts"], strict=True):
        if "digest" in seen:
            content = check_proof.canonical(known["content"])
            guesses = [check_proof.part_digest(bytes.fromhex(salt), content) for salt in given]
            assert bytes.fromhex(seen["digest"]) not in guesses


async def test_nobody_proves_what_is_not_theirs(scene: Scene):
    other = await scene.town.open_wallet()
    payment = scene.payment.entry_id
    for path in (
        f"/v1/payments/{payment}/proof",
        f"/v1/payments/{scene.top_up.entry_id}/proof",
    ):
        is_problem(await scene.ask(path, scene.resident(other)), 404, "payment-unknown")
    path = f"/v1/wallets/{scene.wallet.wallet_id}/entries/{payment}/proof"
    is_problem(await scene.ask(path, scene.resident(other)), 404, "wallet-unknown")
    path = f"/v1/wallets/{other.wallet_id}/entries/{payment}/proof"
    is_problem(await scene.ask(path, scene.resident(other)), 404, "entry-unknown")
    strangers = await scene.town.open_store()
    path = f"/v1/stores/{strangers.store_id}/payments/{payment}/proof"
    as_owner = scene.merchant(merchant=strangers.merchant_id)
    is_problem(await scene.ask(path, as_owner), 404, "payment-unknown")
    path = f"/v1/stores/{scene.store.store_id}/payments/{payment}/proof"
    is_problem(await scene.ask(path, as_owner), 404, "store-unknown")
    path = f"/v1/stores/{scene.store.store_id}/payments/{scene.top_up.entry_id}/proof"
    is_problem(await scene.ask(path, scene.merchant()), 404, "payment-unknown")
    path = f"/v1/admin/journal/{uuid4()}/proof"
    is_problem(await scene.ask(path, scene.token("admin", role="auditor")), 404, "entry-unknown")
    path = f"/v1/admin/journal/{payment}/proof"
    is_problem(await scene.ask(path, scene.token("admin", role="desk")), 403, "role-missing")


async def test_an_entry_that_is_not_sealed_yet_is_told_so(scene: Scene):
    payment = await scene.town.pay(scene.wallet, scene.store, 10)
    path = f"/v1/payments/{payment.entry_id}/proof"
    answer = await scene.ask(path, scene.resident())
    is_problem(answer, 503, "not-sealed-yet")
    assert answer.headers["retry-after"] == "3"
    async with sealing(scene.town.place) as database:
        await seal(database, scene.town.region.region_id, scene.keys)
    check(await scene.proof(path, scene.resident()))


async def test_a_proof_leads_to_the_first_head_published_after_it(scene: Scene, tmp_path: Path):
    path = f"/v1/payments/{scene.payment.entry_id}/proof"
    before = await scene.proof(path, scene.resident())
    assert (before["is_published"], before["chain"]) == (False, [])
    for _ in range(30):
        await scene.town.open_wallet()
    async with sealing(scene.town.place) as database:
        await seal(database, scene.town.region.region_id, scene.keys, largest=1)
        await publish(database, scene.town.region, tmp_path)
    proof = await scene.proof(path, scene.resident())
    head = (tmp_path / "setagaya" / "latest.json").read_text()
    assert proof["is_published"] is True
    assert 0 < len(proof["chain"]) < 20
    check_against(proof, None, head)
    check_against(proof, (tmp_path / "keys.json").read_text(), head)
    with pytest.raises(Unproven):
        check_against(before, None, head)
    chain: list[Any] = proof["chain"]
    for wrong in (chain[1:], chain[:-1], []):
        with pytest.raises(Unproven):
            check({**proof, "chain": wrong})
    told = await scene.client.get("/seals/setagaya/latest.json")
    assert told.json() == json.loads(head)
    keys = await scene.client.get("/seals/keys.json")
    assert keys.json() == json.loads((tmp_path / "keys.json").read_text())


async def test_published_heads_are_there_for_everybody_by_their_day(scene: Scene, tmp_path: Path):
    is_problem(await scene.client.get("/seals/setagaya/latest.json"), 404, "head-unknown")
    async with sealing(scene.town.place) as database:
        day = await publish(database, scene.town.region, tmp_path)
    answer = await scene.client.get(f"/seals/setagaya/{day}.json")
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert answer.json() == json.loads((tmp_path / "setagaya" / f"{day}.json").read_text())
    is_problem(await scene.client.get("/seals/setagaya/2020-01-01.json"), 404, "head-unknown")
    is_problem(await scene.client.get("/seals/setagaya/2020-13-77.json"), 404, "head-unknown")
    is_problem(await scene.client.get("/seals/nowhere/latest.json"), 404, "region-unknown")
    is_problem(await scene.client.get("/seals/setagaya/x.json"), 422, "malformed-request")
    for path in ("/seals/setagaya/latest.json?dya=2026-11-22", "/seals/keys.json?key=1"):
        is_problem(await scene.client.get(path), 422, "malformed-request")


async def test_whatever_is_changed_in_a_proof_is_no_proof_any_more(scene: Scene):
    path = f"/v1/admin/journal/{scene.payment.entry_id}/proof"
    proof = await scene.proof(path, scene.token("admin", role="auditor"))
    key = scene.keys.public[-1].hex()
    check_against(proof, key, None)
    for place in places(proof):
        changed = json.loads(json.dumps(proof))
        if not change(changed, place):
            continue
        with pytest.raises((Unproven, KeyError, ValueError, TypeError)):
            check_against(changed, key, None)


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where each number and text of a proof stands."""
    if isinstance(value, dict):
        return [place for key, inner in value.items() for place in places(inner, (*way, key))]
    if isinstance(value, list):
        return [place for n, inner in enumerate(value) for place in places(inner, (*way, n))]
    return [way]


def change(proof: dict[str, Any], way: tuple[Any, ...]) -> bool:
    """Change what stands there; False where the check need not mind."""
    *steps, last = way
    inside: Any = proof
    for step in steps:
        inside = inside[step]
    value = inside[last]
    if way in {("is_published",), ("head", "hash")}:
        return False
    if isinstance(value, str) and value:
        inside[last] = value[:-1] + ("1" if value[-1] != "1" else "2")
    else:
        inside[last] = (value or 0) + 1 if value != "" else "x"
    return True


async def test_an_erased_text_leaves_a_proof_of_everything_else(scene: Scene):
    owner = await asyncpg.connect(
        scene.town.place.owner_url, server_settings={"role": "meguri_owner"}
    )
    await erase(owner, scene.town.region.region_id, scene.refund.entry_id, ["reason"])
    await owner.close()
    path = f"/v1/admin/journal/{scene.refund.entry_id}/proof"
    proof = await scene.proof(path, scene.token("admin", role="auditor"))
    shown = check_against(proof, scene.keys.public[-1].hex(), None)
    assert "text reason" not in shown
    assert shown["text store_name"] == "Hinode-ya"
    assert shown["entry"]["amount"] == 400


async def test_one_file_checks_it_without_anything_of_ours(scene: Scene, tmp_path: Path):
    proof = await scene.proof(f"/v1/payments/{scene.payment.entry_id}/proof", scene.resident())
    file, alone = tmp_path / "proof.json", tmp_path / "check_proof.py"
    file.write_text(json.dumps(proof))
    alone.write_text(Path(check_proof.__file__).read_text())

    def run(*words: str) -> tuple[int, str]:
        command = [sys.executable, str(alone), *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    code, told = run("proof.json", "--key", scene.keys.public[-1].hex())
    assert code == 0
    assert told.endswith("\nPROVEN\n")
    assert json.loads(told.removesuffix("PROVEN\n"))["entry"]["amount"] == 1_000
    code, told = run("proof.json")
    assert (code, told.split(":")[0]) == (1, "NOT PROVEN")
    assert run("proof.json", "--key", "00" * 32)[0] == 1
    assert run("nothing.json", "--key", "00" * 32)[0] == 1
    assert run("--key")[0] == 2
    file.write_text('{"format": 1}')
    assert run("proof.json", "--key", scene.keys.public[-1].hex())[0] == 1
