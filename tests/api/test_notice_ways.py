"""A way that nobody has set up is told to whoever sends and whoever operates, in no small count."""

import logging
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from core.metrics import notice_ways
from core.settings import Settings
from notifications.tables import address
from residents.tables import person
from tests.api.admin_office import Office
from tests.notifications.notices_builder import PLAIN, drafted_notice
from tests.town_builder import Town, new_id
from worker.carry_mail import MailCarrier
from worker.notice_carriers import LetterCarrier
from worker.tell_notices import Teller, teller_of

NOWHERE = MailCarrier("smtp://127.0.0.1:9", "a@example.jp", must_encrypt=False)


@pytest.fixture
def office(app_client: httpx.AsyncClient, token: Any) -> Office:
    return Office(app_client, token)


async def ways(office: Office) -> dict[str, tuple[bool, int]]:
    answer = await office.get("campaigns", "notice-ways")
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    return {each["channel"]: (each["is_carried"], each["addresses"]) for each in items}


async def people_with(town: Town, channel: str, many: int) -> None:
    region_id = town.region.region_id
    async with town.database.transaction(region_id) as db:
        whose = {"region_id": region_id, "person_id": new_id()}
        await db.execute(insert(person).values(**whose))
        rows = [
            {**whose, "address_id": new_id(), "channel": channel, "address": f"{nth}@example.jp"}
            for nth in range(many)
        ]
        await db.execute(insert(address), rows)


async def test_who_sends_sees_which_way_nobody_has_set_up(office: Office, town: Town):
    none = dict.fromkeys(("web_push", "fcm", "email", "sms", "webhook"), (False, 0))
    assert await ways(office) == none
    await people_with(town, "fcm", 199)
    await people_with(town, "email", 99)
    teller = Teller(town.database, {"email": LetterCarrier("email", NOWHERE)})
    await teller.round()
    await teller.finish()
    assert await ways(office) == none | {"fcm": (False, 100), "email": (True, 0)}
    notice_id = await drafted_notice(town, {"by": "declared"}, PLAIN)
    preview = (await office.get("city", f"notices/{notice_id}/preview")).json()
    missing = {each["channel"]: each["addresses"] for each in preview["not_carried"]}
    assert missing == {"web_push": 0, "fcm": 100, "sms": 0, "webhook": 0}
    await people_with(town, "fcm", 150)
    await Teller(town.database, {}).round()
    assert (await ways(office))["fcm"] == (False, 100), "counted once a day"
    await town.set_clock(await town.now() + timedelta(minutes=11))
    assert (await ways(office))["email"] == (False, 0), "its worker is away"
    assert (await office.get("finance", "notice-ways")).status_code == 403


async def test_who_operates_is_told_as_the_worker_begins(
    town: Town, settings: Settings, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.INFO, "worker.tell_notices"):
        async with teller_of(town.database, settings) as teller:
            assert set(teller.carriers) == {"webhook"}
    assert "not set up: email, fcm, sms, web_push" in caplog.text
    told = {
        sample.labels["channel"]: sample.value
        for metric in notice_ways.collect()
        for sample in metric.samples
    }
    assert told == {"web_push": 0, "fcm": 0, "email": 0, "sms": 0, "webhook": 1}
