"""A region with one sender, for tests of delivery: at noon of a day in November."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

from access.public_addresses import PublicAddresses
from core.database import Database
from ledger.regions import Region
from notifications.vapid import Vapid
from tests.notifications.deliver_side import NOON, Side
from tests.notifications.push_side import pushing
from tests.servers import Servers
from tests.town_builder import open_region, set_clock
from tests.worker.other_side import MailSide, listening
from worker.carry_mail import MailCarrier
from worker.carry_web_push import WebPushCarrier
from worker.notice_carriers import LetterCarrier
from worker.tell_notices import Teller


@pytest.fixture(scope="module")
async def one_place(servers: Servers) -> AsyncIterator[tuple[Database, Region, Any]]:
    place = await servers.clone()
    database = Database(place.app_url)
    yield database, await open_region(database, "setagaya", "Asia/Tokyo"), place
    await database.close()
    await servers.leave(place)


@pytest.fixture
async def side(one_place: tuple[Database, Region, Any]) -> AsyncIterator[Side]:
    database, region, place = one_place
    await set_clock(place, NOON)
    async with database.transaction(region.region_id) as db:
        await db.execute(text("DELETE FROM notifications.outbox"))
    mail, addresses = MailSide(), PublicAddresses(allows_loopback=True)
    vapid = Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto:ops@example.jp")
    async with pushing() as push, listening(mail):
        carrier = WebPushCarrier(vapid, addresses, deadline_s=1.0)
        by_mail = LetterCarrier("email", MailCarrier(mail.url, "a@b.jp", must_encrypt=False))
        teller = Teller(database, {"web_push": carrier, "email": by_mail})
        yield Side(database, region, place, push, mail, teller)
        await teller.close()
        await carrier.close()
    addresses.close()
