"""A person of whom everything is unique does everything; then the city's roles ask for everything.

Nothing that is answered to them, on any route, well or badly asked, nothing that is logged and no
metric has a name, a number, an id or an amount of that person.
"""

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI, Request
from sqlalchemy import text

from access.open_vault import open_vault_of
from core.logs import LOGGING, QuietFormatter
from core.settings import Settings
from notifications.tell_own import tell_own
from residents.consent import PURPOSES
from simulations.work import work
from tests.api.admin_office import Office
from tests.api.benefit_steps import offered
from tests.api.campaign_steps import simulated
from tests.api.crawler import Answered, crawl
from tests.api.furnished import furnish
from tests.api.packet_log import confirmation, pay
from tests.api.phone import Token
from tests.api.resident_app import ResidentApp
from tests.residents.people import verify
from tests.town_builder import Store, Town, Wallet, new_id
from torture.browser import Browser
from worker.carry_mail import MailCarrier
from worker.heartbeat import Heartbeat
from worker.main import Worker
from worker.notice_carriers import LetterCarrier
from worker.tell_notices import Teller

PHONE, NEW_PHONE, DEVICE = "+819077731777", "+819077737773", "七七七三一の電話"
REFERENCE, REASON = "Q-7773177", "会計番号七七七三一について"
MAIL, FCM = "nana-7773177@example.jp", "token-7773177"
PUSH = "https://push-7773177.example.jp/send/a"
PAID_YEN, REFUNDED_YEN, TOPPED_UP_YEN = 77_731, 7_773, 88_883


@dataclass(frozen=True)
class Seeded:
    """What the person is known by, and the campaign and the benefit that gave them something."""

    needles: frozenset[str]
    campaign_id: UUID
    benefit_id: UUID


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What a process writes to its log, in the format that is deployed."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(QuietFormatter(LOGGING["formatters"]["quiet"]["format"]))
    handler.addFilter(lambda record: not record.name.startswith("httpx"))  # as deployed
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


async def seeded(town: Town, office: Office, store: Store, campaign_id: UUID) -> Seeded:
    """Signs in, is verified, tops up, pays, is refunded, takes a benefit, is looked at."""
    app = ResidentApp(office.client, town.database)
    asked = await app.ask(PHONE)
    code = await app.read_code(PHONE)
    app.keep(await app.answer(asked.json()["challenge_id"], code, name=DEVICE))
    person_id, device_id = (UUID(app.tokens[name]) for name in ("person_id", "device_id"))
    await verify(town, person_id, reason=REASON)
    wallet = Wallet(new_id(), person_id)
    assert (await app.call("PUT", f"wallets/{wallet.wallet_id}")).status_code == 201
    topped_up = await town.top_up(wallet, TOPPED_UP_YEN)
    payment_id = new_id()
    signed = confirmation(app, wallet, store, PAID_YEN, payment_id)
    paid = await pay(app, wallet, store, PAID_YEN, payment_id, confirmation=signed)
    assert paid.status_code == 201, paid.text
    refunded = await town.refund(payment_id, store, REFUNDED_YEN)
    line = {"reference": REFERENCE, "phone": PHONE.replace("+81", "0")}
    others = [{"reference": f"A-{number}", "phone": f"0901234{number}"} for number in (1111, 2222)]
    benefit = await offered(office, town, [line, *others], 30_000)
    offer = (await app.call("GET", "offers")).json()["items"][0]
    answer = {"answer": "use", "wallet_id": str(wallet.wallet_id)}
    took = await app.call("PUT", f"offers/{offer['offer_id']}/answer", **answer)
    assert (await app.begin_change(NEW_PHONE)).status_code == 200
    looked = await office.look(f"wallets/{wallet.wallet_id}", REASON)
    assert looked.status_code == 200, looked.text
    told_of = await told_by_notices(app, town)
    told = [value for grant in paid.json()["grants"] for value in grant.values()]
    granted = {value for value in told if isinstance(value, int) and value % 1_000 > 0}
    assert granted, paid.text
    spent = await town.rows(
        "SELECT funded_yen - budget_left_yen, budget_left_yen FROM campaigns.standing"
        " WHERE campaign_id = :id", id=campaign_id,
    )  # fmt: skip
    numbers = {PAID_YEN, REFUNDED_YEN, TOPPED_UP_YEN, PAID_YEN - REFUNDED_YEN, *granted, *spent[0]}
    ids = (person_id, device_id, wallet.wallet_id, topped_up.entry_id, payment_id,
           refunded.entry_id, offer["offer_id"])  # fmt: skip
    amounts = {text for number in numbers for text in (str(number), f"{number:,}")}
    words = {PHONE, PHONE.replace("+81", "0"), NEW_PHONE, DEVICE, REFERENCE, REASON, code, *told_of}
    assert took.status_code == 201, took.text
    needles = frozenset(words | amounts | {str(each) for each in ids})
    return Seeded(needles, campaign_id, benefit.benefit_id)


async def told_by_notices(app: ResidentApp, town: Town) -> set[str]:
    """Wants to be told by every way, and is told of the own money: by what that could be known."""
    keys, words = Browser().keys(), {MAIL, PUSH, FCM}
    for purpose in PURPOSES:
        assert (await app.call("PUT", f"me/consents/{purpose}", is_given=True)).status_code == 201
    wished = {"language": "en", "interests": ["seniors"], "muted": ["refund:email"]}
    assert (await app.call("PUT", "me/notice-preferences", **wished)).status_code == 201
    for where in ({"channel": "email", "address": MAIL}, {"channel": "fcm", "address": FCM},
                  {"channel": "web_push", "address": PUSH, **keys}):  # fmt: skip
        address_id = new_id()
        added = await app.call("PUT", f"me/addresses/{address_id}", **where)
        assert added.status_code == 201, added.text
        words |= {str(address_id), *keys.values()}
    async with town.database.transaction(town.region.region_id) as db:
        await db.execute(text("UPDATE notifications.address SET state = 'active'"))
    assert await tell_own(town.database, town.region, lambda: None) > 0
    tomorrow = (await town.now()).astimezone(town.region.zone) + timedelta(days=1)
    await town.set_clock(tomorrow.replace(hour=12))  # at night nobody is told
    mail = MailCarrier("smtp://127.0.0.1:9", "meguri@example.jp", must_encrypt=False)
    teller = Teller(town.database, {"email": LetterCarrier("email", mail)})
    await teller.round()
    await teller.finish()
    rows = await town.rows("SELECT item_id FROM notifications.inbox WHERE kind = 'payment'")
    assert rows
    [waits] = await town.rows("SELECT why FROM notifications.outbox WHERE tries = 1 LIMIT 1")
    assert waits[0] == "SMTPConnectError"
    return words | {str(row[0]) for row in rows}


async def test_no_answer_log_or_metric_tells_the_citys_roles_of_a_person(
    town: Town, app: FastAPI, app_client: httpx.AsyncClient, token: Token, settings: Settings,
    tmp_path: Path, logged: io.StringIO,
):  # fmt: skip
    office = Office(app_client, token)
    furnished = await furnish(town, open_vault_of(settings))
    store = await town.open_store()
    campaign_id = await town.live_campaign(per_payment_points=30_000)
    person = await seeded(town, office, store, campaign_id)
    simulation_id = await simulated(office, town)
    await work(town.database, town.region, lambda: None)
    await town.set_clock(await town.now() + timedelta(days=8))
    heart = Heartbeat(settings.model_copy(update={"data_dir": tmp_path}))
    await Worker(town.database, heart).round()
    own = {
        "campaign_id": campaign_id,
        "simulation_id": simulation_id,
        "benefit_id": person.benefit_id,
    }

    def names(path: str, name: str) -> object:
        return own.get(name) or furnished.really(path, name)

    def caller(role: str) -> dict[str, str]:
        return office.headers(role, uuid4())

    told: list[Answered] = []
    for role in ("city", "campaigns"):
        told += await crawl(app, app_client, partial(caller, role), names)
    assert {"GET", "PUT", "POST"} <= {each.method for each in told}
    assert len(told) > 800
    assert 429 not in {each.status for each in told}
    seen = {each.route for each in told if each.status == 200 and each.method == "GET"}
    assert {f"/v1/admin/{noun}" for noun in ("campaigns", "benefits", "simulations")} <= seen
    assert "/v1/admin/campaigns/{campaign_id}/history" in seen
    assert not [each for each in told if each.status == 500]
    assert [
        (each.path, each.hits(person.needles)) for each in told if each.hits(person.needles)
    ] == []
    assert any(each.route == "/metrics" for each in told)
    lines = Answered("", "", "log", 0, logged.getvalue())
    assert "setagaya" in lines.text, "the worker spoke"
    assert lines.hits(person.needles) == []

    # And the crawler would have seen it: finance has exact figures, and a leak is planted.
    exact = await office.get("finance", f"campaigns/{campaign_id}")
    assert Answered("GET", "", "", 200, exact.text).hits(person.needles)

    @app.get("/v1/leak")
    async def leak(request: Request) -> dict[str, str]:
        return {"asked_by": str(request.client), "phone": PHONE}

    app.router.routes[:] = [
        route for route in app.routes if getattr(route, "path", "") == "/v1/leak"
    ]
    [*leaks] = await crawl(app, app_client, partial(caller, "city"), names)
    assert {hit for each in leaks for hit in each.hits(person.needles)} == {PHONE}
