"""`meguri outbox` shows what waits, and in production nothing."""

import pytest
import typer

from access.messages import put_message
from cli.outbox import _lines
from core.database import Database
from core.settings import Settings
from ledger.regions import Region


async def test_what_waits_is_shown_with_its_region(
    database: Database, region: Region, settings: Settings
):
    assert await _lines(settings) == ["Nothing waits to be sent."]
    async with database.transaction(region.region_id) as db:
        await put_message(
            db, 1, channel="sms", purpose="test", address="+819012345678", body="確認コード 314159"
        )
    [line] = await _lines(settings)
    assert line.endswith("  setagaya  +819012345678  test: 確認コード 314159")


async def test_in_production_nobody_reads_others_codes(settings: Settings):
    real = settings.model_copy(update={"environment": "production"})
    with pytest.raises(typer.Exit) as refused:
        await _lines(real)
    assert refused.value.exit_code == 2
