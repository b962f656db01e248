"""Who leaves between queueing and sending is told nothing, by whichever way; the others are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import text

from core.settings import Settings, load_settings
from notifications.addresses import OwnChannel, drop_address
from notifications.fill_inboxes import fill_inboxes
from notifications.messages import end_message
from residents.consent import set_consent
from tests.notifications.deliver_side import Side
from tests.notifications.fcm_side import FcmSide, google
from tests.worker.other_side import SmsSide, listening
from worker.tell_notices import teller_of

Change = Literal["stays", "consent", "address", "muted", "closed", "stopped"]
BECAME: Final[dict[Change, tuple[str, str | None]]] = {
    "stays": ("sent", None),
    "consent": ("dropped", "no-consent"),
    "address": ("dropped", "no-address"),
    "muted": ("dropped", "muted"),
    "closed": ("dropped", "closed"),
    "stopped": ("dropped", "stopped"),
}
CHANNELS: Final[tuple[OwnChannel, ...]] = get_args(OwnChannel)


@dataclass
class Providers:
    """Of SMS and of phones; those of browsers and mailboxes are the side's own."""

    sms: SmsSide
    fcm: FcmSide
    settings: Settings


@asynccontextmanager
async def providing(side: Side, folder: Path) -> AsyncIterator[Providers]:
    """All four, and settings that name them."""
    key = folder / "push.pem"
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key.write_bytes(ec.generate_private_key(ec.SECP256R1()).private_bytes(*form))
    async with google() as fcm, listening(sms := SmsSide()):
        settings = load_settings(
            environment="test",
            data_dir=folder,
            webhooks_to_loopback=True,
            web_push={"key_file": key, "contact": "mailto:ops@example.jp"},
            fcm=fcm.named(folder),
            sms_provider={"url": sms.url, "token": "x"},
            smtp_url=side.mail.url,
            mail_from="a@example.jp",
        )
        yield Providers(sms, fcm, settings)


async def somebody(side: Side, channel: OwnChannel, number: int) -> UUID:
    """Who agrees, and can be told by this way alone."""
    person_id, phone = await side.somebody(), f"+8190{number:08}"
    where = {
        "web_push": side.push.url(f"/{number}"),
        "fcm": f"phone-{number}",
        "email": f"{number}@example.jp",
        "sms": "",
    }[channel]
    await side.reach(person_id, channel, where)
    await run(side, "UPDATE residents.person SET phone = :phone WHERE person_id = :who",
              who=person_id, phone=phone)  # fmt: skip
    return person_id


async def run(side: Side, statement: str, **values: Any) -> None:
    async with side.database.transaction(side.region.region_id) as db:
        await db.execute(text(statement), values)


async def change_mind(side: Side, who: UUID, channel: OwnChannel, change: Change) -> None:
    region_id = side.region.region_id
    async with side.database.transaction(region_id) as db:
        if change == "consent":
            await set_consent(db, region_id, who, "news_of_city", is_given=False)
        if change == "address":
            where = "SELECT address_id FROM notifications.address WHERE person_id = :who"
            address_id = await db.scalar(text(where), {"who": who})
            assert address_id is not None
            await drop_address(db, region_id, who, UUID(int=address_id.int))
    if change == "muted":
        await run(side, "UPDATE notifications.preference SET muted = :muted WHERE person_id = :who",
                  muted=[f"public_service:{channel}"], who=who)  # fmt: skip
    if change == "closed":
        await run(side, "UPDATE residents.person SET closed_at = now(), phone = NULL"
                  " WHERE person_id = :who", who=who)  # fmt: skip


async def test_who_leaves_before_it_is_sent_is_told_nothing_by_any_way(side: Side, tmp_path: Path):
    """Of each way and each change one person; and by each way one who has an emergency too."""
    cells = [(channel, change) for channel in CHANNELS for change in BECAME]
    people = {cell: await somebody(side, cell[0], number) for number, cell in enumerate(cells)}
    stopped = await side.notice(*(who for cell, who in people.items() if cell[1] == "stopped"))
    await side.notice(*(who for cell, who in people.items() if cell[1] != "stopped"))
    await fill_inboxes(side.database, side.region, lambda: None)
    queued = {cell: (await side.became(who))[cell[0]] for cell, who in people.items()}
    assert set(queued.values()) == {("waiting", None)}

    for (channel, change), who in people.items():
        await change_mind(side, who, channel, change)
    async with side.database.transaction(side.region.region_id) as db:
        assert await end_message(db, side.region.region_id, stopped.message_id, "stopped")
    muted = {channel: people[channel, "muted"] for channel in CHANNELS}
    await side.emergency(*muted.values())

    async with providing(side, tmp_path) as providers:
        async with teller_of(side.database, providers.settings) as side.teller:
            await side.round()
        sent = {
            "web_push": side.push.paths(),
            "fcm": providers.fcm.phones(),
            "email": [mail.partition("\nTo: ")[2].split()[0] for mail in side.mail.mails],
            "sms": [body["to"] for body in providers.sms.bodies],
        }
    rows = await side.rows(
        "SELECT channel, state, why, person_id FROM notifications.outbox"
        " WHERE channel <> 'inbox' AND kind = 'public_service'"
    )
    became = {UUID(int=row.person_id.int): (row.channel, row.state, row.why) for row in rows}
    assert became == {who: (channel, *BECAME[change]) for (channel, change), who in people.items()}
    for channel in CHANNELS:
        told = {cells.index((channel, change)) for change in ("stays", "muted")}
        spelled = {
            "web_push": {f"/{number}" for number in told},
            "fcm": {f"phone-{number}" for number in told},
            "email": {f"{number}@example.jp" for number in told},
            "sms": {f"+8190{number:08}" for number in told},
        }[channel]
        assert sorted(sent[channel]) == sorted(spelled), f"{channel}: an emergency is never muted"
