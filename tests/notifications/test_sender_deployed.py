"""The worker as it is deployed fills inboxes, and tells of what is in them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core.settings import Settings
from tests.notifications.deliver_side import Side
from worker.main import run


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
    someone = await side.somebody()
    await side.mailbox(someone)
    await side.notice(someone)
    named = {"smtp_url": side.mail.url, "mail_from": "a@example.jp"}
    async with (
        working(side, settings.model_copy(update=named), tmp_path),
        asyncio.timeout(30),
    ):
        while (await side.became(someone)).get("email") != ("sent", None):
            await asyncio.sleep(0.02)
    assert len(side.mail.mails) == 1
    assert (await side.became(someone))["inbox"] == ("sent", None)
