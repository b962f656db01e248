"""The worker as it is deployed fills inboxes, and tells of what is in them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.senders import Fcm
from core.settings import Settings, SettingsError
from tests.notifications.deliver_side import Side
from tests.notifications.fcm_side import error, google
from worker.main import run

_WAITS = "SELECT 1 FROM notifications.outbox WHERE state = 'waiting' LIMIT 1"


@asynccontextmanager
async def working(side: Side, settings: Settings, folder: Path) -> AsyncIterator[None]:
    """What `meguri worker` runs, at the side's database, until the block ends."""
    here = {
        "database_url": side.place.app_url,
        "sealer_database_url": side.place.sealer_url,
        "data_dir": folder,
        "seal_keys_file": folder / "seal-keys.json",
    }
    task = asyncio.create_task(run(settings.model_copy(update=here)))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
    assert task.cancelled(), "it ended by itself"


async def test_the_deployed_worker_fills_inboxes_and_tells_of_them(
    side: Side, settings: Settings, tmp_path: Path
):
    """Mailboxes and phones, one of which is a phone no more."""
    lasts, gone = await side.somebody(), await side.somebody()
    await side.mailbox(lasts)
    await side.reach(lasts, "fcm", "phone")
    await side.reach(gone, "fcm", "old phone")
    made = await side.notice(lasts, gone)
    async with google() as fcm:
        fcm.answers["old phone"] = error(404, "UNREGISTERED")
        named = {"smtp_url": side.mail.url, "mail_from": "a@example.jp", "fcm": fcm.named(tmp_path)}
        async with (
            working(side, settings.model_copy(update=named), tmp_path),
            asyncio.timeout(30),
        ):
            while await side.rows(_WAITS):
                await asyncio.sleep(0.02)
        assert sorted(fcm.phones()) == ["old phone", "phone"]
        assert {message["data"]["item_id"] for message in fcm.got} == {str(made.message_id)}
    assert len(side.mail.mails) == 1
    sent = dict.fromkeys(("inbox", "email", "fcm"), ("sent", None))
    assert await side.became(lasts) == sent
    assert (await side.became(gone))["fcm"] == ("dropped", "unregistered")
    rows = await side.rows("SELECT state, why, address FROM notifications.address"
                           " WHERE person_id = :who", who=gone)  # fmt: skip
    assert [tuple(row) for row in rows] == [("dropped", "gone", "")]


async def test_a_worker_does_not_start_with_a_key_that_is_none(settings: Settings, tmp_path: Path):
    path = tmp_path / "fcm.json"
    path.write_text("hunter2")
    wrong = settings.model_copy(update={"fcm": Fcm(key_file=path), "data_dir": tmp_path})
    with pytest.raises(SettingsError, match=r"MEGURI_FCM\[key_file\]: .*it is not JSON"):
        await run(wrong)
