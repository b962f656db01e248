"""I close my account: nothing personal is left anywhere, and the books and seals still hold."""

import asyncio
from pathlib import Path
from uuid import UUID, uuid4
from zipfile import ZipFile

import asyncpg
import pytest
from sqlalchemy import insert, select, text

from access.signatures import text_to_sign
from archives.export import export
from core.database import Database
from notifications.tables import address
from payments.verify import verify_books
from residents.close_person import ClosePerson
from residents.open_person import lock_open_person
from residents.wallet import OpenWallet
from seals.check_proof import key_id
from seals.forget import forget
from seals.verify import verify_chain
from tests.api.admin_office import Office
from tests.api.probe import is_problem
from tests.api.resident_app import ResidentApp, messages_to
from tests.seals.sealed_town import sealed
from tests.servers import Place
from tests.somebody_waits import somebody_waits
from tests.town_builder import Town, new_id

PHONE = "+819012345678"
UNIQUE = ("UNIQ-NAME", "UNIQ-DEVICE", "UNIQ-LOOK", "UNIQ-WALLET", "UNIQ-REQUEST", "UNIQ-CLIENT")
EVERY = (
    *UNIQUE,
    "UNIQ-RECOVERY",
    "UNIQ-EVIDENCE",
    "UNIQ-AREA",
    "UNIQ-AGE",
    "UNIQ-OFF",
    "uniqarea",
    "uniq-mail",
    "UNIQ-TOKEN",
    "00c0ffee-0000-4000-8000-00000000cafe",
    "9012345678",
    "9087654321",
)

_VERIFICATION = (
    "INSERT INTO residents.verification (region_id, verification_id, person_id, tier, method,"
    " evidence, verified_by, expires_on, area, age_band) VALUES (1, gen_random_uuid(), :person,"
    " 'verified_resident', 'document', 'UNIQ-EVIDENCE', 'admin:x', '2199-01-31', 'UNIQ-AREA',"
    " 'UNIQ-AGE')"
)
_REQUEST = (
    "INSERT INTO access.request (region_id, request_id, kind, object_id, facts, reason, made_by,"
    " made_with, expires_at) VALUES (1, gen_random_uuid(), 'recovery', :person, '{}',"
    " 'UNIQ-REQUEST', gen_random_uuid(), '{}', clock_timestamp())"
)
_CLIENT = (
    "UPDATE access.session SET client = 'UNIQ-CLIENT',"
    " installation_id = '00c0ffee-0000-4000-8000-00000000cafe' WHERE subject_id = :person"
)
_MORE = (_VERIFICATION, _REQUEST, _CLIENT)


@pytest.fixture
async def hanako(app_client, database: Database) -> ResidentApp:
    """A resident who signed in."""
    app = ResidentApp(app_client, database)
    await app.sign_in(PHONE)
    return app


async def close(app: ResidentApp):
    return await app.change("me/closing", "closing", {})


async def everything(place: Place) -> list[str]:
    """Each row of each table, as text."""
    superuser = await asyncpg.connect(place.superuser_url)
    try:
        tables = await superuser.fetch(
            "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind IN ('r', 'm')"
            " AND relnamespace::regnamespace::text IN ('ledger', 'access', 'residents', 'seals',"
            " 'merchants', 'campaigns', 'meguri', 'notifications')"
        )
        rows = []
        for table in tables:
            found = await superuser.fetch(f"SELECT t::text FROM {table['name']} t")
            rows += [f"{table['name']} {row[0]}" for row in found]
        return rows
    finally:
        await superuser.close()


async def fill(hanako: ResidentApp, office: Office, town: Town):
    """Let a string of its own stand in each field that is about the person; the wallet is empty."""
    person_id = UUID(hanako.tokens["person_id"])
    wallet, store = await town.open_wallet(person_id), await town.open_store()
    await town.top_up(wallet, 700)
    await town.pay(wallet, store, 700)
    await hanako.call("PATCH", "me", name="UNIQ-NAME")
    await hanako.call("PATCH", f"me/devices/{hanako.tokens['device_id']}", name="UNIQ-DEVICE")
    declared = await hanako.call("PATCH", "me/attributes", area="uniqarea", age_band="45-64")
    assert declared.status_code == 200, declared.text
    elsewhere = {"areas": ["elsewhere"], "proof": "declared"}
    await town.live_campaign(who=elsewhere)
    await town.top_up(wallet, 300)
    await town.pay(wallet, store, 300)
    await hanako.begin_change("+819087654321")
    looked = await office.client.post(
        "/v1/admin/people/looks",
        json={"phone": PHONE, "reason": "UNIQ-LOOK"},
        headers=office.headers("desk"),
    )
    assert looked.status_code == 200, looked.text
    await office.look(f"wallets/{wallet.wallet_id}", "UNIQ-WALLET")
    recovery = {"person_id": str(person_id), "evidence": "passport", "reason": "UNIQ-RECOVERY"}
    asked = await office.put("desk", f"recoveries/{new_id()}", recovery)
    assert asked.status_code == 201, asked.text
    for state in ("frozen", "open"):
        path = f"wallets/{wallet.wallet_id}/state-changes/{new_id()}"
        frozen = await office.put("desk", path, {"state": state, "reason": "UNIQ-OFF"})
        assert frozen.status_code == 201, frozen.text
    for where in ({"channel": "email", "address": "uniq-mail@example.jp"},
                  {"channel": "fcm", "address": "UNIQ-TOKEN"}):  # fmt: skip
        added = await hanako.call("PUT", f"me/addresses/{new_id()}", **where)
        assert added.status_code == 201, added.text
    async with town.database.transaction(1) as db:
        for statement in _MORE:
            await db.execute(text(statement), {"person": person_id})
    return wallet


async def test_nothing_personal_is_left_and_books_and_seals_hold(
    hanako: ResidentApp, app_client, token, town: Town, place: Place, tmp_path: Path
):
    office = Office(app_client, token)
    await fill(hanako, office, town)
    before = await everything(place)
    assert [word for word in EVERY if not any(word in row for row in before)] == []
    assert any("uniqarea" in row for row in before if row.startswith("ledger.person_facts"))
    keys = await sealed(town)
    closed = await close(hanako)
    assert closed.status_code == 200, closed.text
    later = await sealed(town, after=keys)
    assert await messages_to(town.database, "uniq-mail@example.jp") == []
    owner = await asyncpg.connect(place.owner_url, server_settings={"role": "meguri_owner"})
    erased, waiting = await forget(owner, 1)
    assert (erased >= 3, waiting) == (True, 0)
    assert (await forget(owner, 1)) == (0, 0)
    # The last message goes out, and is forgotten as every one is.
    assert len(await messages_to(town.database, PHONE)) == 1
    async with town.database.transaction(1) as db:
        sent = "state = 'sent', address = '', body = '', ended_at = clock_timestamp()"
        await db.execute(text(f"UPDATE access.message SET {sent} WHERE state = 'waiting'"))
    after = await everything(place)
    assert [(word, row) for word in EVERY for row in after if word in row] == []
    assert not any(hanako.key.public.hex() in row for row in after)
    assert any(hanako.key.public.hex() in row for row in before)
    archive = tmp_path / "setagaya.zip"
    await export(town.database, town.region, archive, lambda *_: None)
    with ZipFile(archive) as parts:
        packed = b"".join(parts.read(name) for name in parts.namelist())
    assert [word for word in EVERY if word.encode() in packed] == []
    known = {key_id(public): public for public in (*keys.public, *later.public)}
    async with owner.transaction():
        verdict = await verify_chain(owner, 1, known)
    await owner.close()
    assert (verdict.faults, verdict.erased) == ([], erased)
    assert (await verify_books(town.database, town.region)).is_sound


async def test_what_is_added_at_this_moment_is_forgotten_too(
    hanako: ResidentApp, database: Database
):
    person_id = UUID(hanako.tokens["person_id"])
    async with database.transaction(1) as db:  # as another app of theirs adds one
        await lock_open_person(db, 1, person_id)
        added = {"person_id": person_id, "channel": "fcm", "address": "UNIQ-TOKEN"}
        await db.execute(insert(address).values(region_id=1, address_id=new_id(), **added))
        closing = asyncio.create_task(close(hanako))
        await somebody_waits(database)
    assert (await closing).status_code == 200
    async with database.snapshot(1) as db:
        assert (await db.scalars(select(address.c.address))).all() == []


async def test_tokens_end_and_the_number_begins_anew(
    hanako: ResidentApp, database: Database, town: Town
):
    person_id = hanako.tokens["person_id"]
    assert (await close(hanako)).status_code == 200
    async with asyncio.timeout(5):
        while (answer := await hanako.call("GET", "me")).status_code != 401:
            assert answer.status_code == 404, answer.text
            await asyncio.sleep(0.05)
    is_problem(answer, 401, "token-revoked")
    assert (await hanako.sign_in_by_device()).status_code == 401
    late = await town.submit(
        OpenWallet(entry_id=new_id(), actor=f"resident:{person_id}", person_id=UUID(person_id))
    )
    assert late.entry.refusal == "person-closed"
    again = ResidentApp(hanako.client, database, key=hanako.key)
    async with database.transaction(1) as db:
        await db.execute(text("DELETE FROM access.allowance"))
    await again.sign_in(PHONE)
    assert again.tokens["person_id"] != person_id
    assert again.tokens["is_usable"] is True
    assert (await again.call("GET", "me")).json()["name"] is None
    assert (await again.call("GET", "me/looks")).json()["items"] == []


async def test_what_ended_in_the_middle_is_completed_by_asking_anew(
    hanako: ResidentApp, database: Database, town: Town
):
    """The ledger knew that the person is gone, and then the process died before it erased."""
    person_id = hanako.tokens["person_id"]
    actor = f"resident:{person_id}"
    await town.submit(ClosePerson(entry_id=new_id(), actor=actor, person_id=UUID(person_id)))
    closed = await close(hanako)
    assert closed.status_code == 200, closed.text
    async with database.transaction(1) as db:
        kept = await db.execute(text("SELECT phone, closed_at IS NULL FROM residents.person"))
        assert kept.all() == [(None, False)]


async def test_what_stands_in_the_way_is_told_and_nothing_is_closed(
    hanako: ResidentApp, town: Town, database: Database
):
    wallet = await town.open_wallet(UUID(hanako.tokens["person_id"]))
    await town.top_up(wallet, 500)
    refused = await close(hanako)
    is_problem(refused, 409, "wallet-not-empty")
    assert (refused.json()["coin_yen"], refused.json()["owed_yen"]) == (500, 0)
    assert refused.json()["wallet_id"] == str(wallet.wallet_id)
    await town.change_wallet(wallet, "frozen")
    is_problem(await close(hanako), 409, "wallet-frozen")
    assert (await hanako.call("GET", "me")).status_code == 200


async def test_nothing_is_closed_without_a_confirmation_of_this(hanako: ResidentApp):
    is_problem(await hanako.call("POST", "me/closing"), 422, "malformed-request")
    is_problem(await hanako.change("me/closing", "pin", {}), 403, "confirmation-wrong")
    change_id = str(new_id())
    stranger = text_to_sign(
        "closing", region="setagaya", person_id=str(uuid4()), change_id=change_id
    )
    body = {
        "change_id": change_id,
        "confirmation": {
            "device_id": hanako.tokens["device_id"],
            "signature": hanako.key.signature(stranger),
        },
    }
    is_problem(await hanako.call("POST", "me/closing", **body), 403, "confirmation-wrong")
    assert (await hanako.call("GET", "me")).status_code == 200


async def test_a_payment_at_the_same_moment_is_whole_or_not_at_all(
    hanako: ResidentApp, town: Town, database: Database
):
    """The wallet holds what one payment takes: either it is paid, or the account stays."""
    wallet = await town.open_wallet(UUID(hanako.tokens["person_id"]))
    store = await town.open_store()
    await town.top_up(wallet, 500)
    paid, closed = await asyncio.gather(
        town.submit(town.payment(wallet, store, 500)), close(hanako)
    )
    assert paid.entry.refusal is None
    if closed.status_code != 200:
        is_problem(closed, 409, "wallet-not-empty")
        closed = await close(hanako)
    assert closed.status_code == 200
    late = await town.submit(town.payment(wallet, store, 500))
    assert late.entry.refusal == "wallet-closed"


@pytest.mark.parametrize(
    ("erase", "by_hand"),
    [
        ("access.erase_reasons", "UPDATE access.act SET reason = '-'"),
        ("ledger.erase_person_facts", "DELETE FROM ledger.person_facts"),
    ],
)
async def test_nothing_of_a_person_who_is_here_can_be_erased(
    hanako: ResidentApp, database: Database, erase: str, by_hand: str
):
    for region, words in ((1, "is not closed"), (2, "not set to region")):
        with pytest.raises(Exception, match=words):
            async with database.transaction(1) as db:
                await db.execute(
                    text(f"SELECT {erase}(:region, :person)"),
                    {"region": region, "person": UUID(hanako.tokens["person_id"])},
                )
    async with database.transaction(1) as db:
        await db.execute(text("SET LOCAL meguri.erasing = 'on'"))
        with pytest.raises(Exception, match="permission denied"):
            await db.execute(text(by_hand))
