"""The worker seals what was committed and publishes a head a day, through trouble and restarts."""

import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from core.database import Database
from seals.check_proof import check_signature, read_keys
from seals.keys import SealKeys, new_seal_keys
from seals.publish import heads_in_folder
from tests.seals.sealed_town import sealed
from tests.town_builder import Town
from worker.seal import Sealer

NOON = datetime(2027, 1, 10, 3, 0, tzinfo=UTC)


@pytest.fixture
def keys() -> SealKeys:
    """A key that the database does not know yet."""
    return new_seal_keys()


@pytest.fixture(autouse=True)
def worker_speaks(caplog: pytest.LogCaptureFixture) -> None:
    """What the worker says is heard."""
    caplog.set_level(logging.INFO, logger="worker")


async def unsealed(town: Town) -> int:
    [row] = await town.rows(
        "SELECT (SELECT max(seq) FROM ledger.entry)"
        " - coalesce((SELECT max(last_seq) FROM seals.block), 0)"
    )
    return int(row[0])


async def test_a_round_seals_and_publishes_once_a_day(
    town: Town,
    sealing_database: Database,
    keys: SealKeys,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
):
    await town.set_clock(NOON)
    sealer = Sealer(sealing_database, keys, tmp_path)
    await town.top_up(await town.open_wallet(), 100)
    await sealer.round()
    assert await unsealed(town) == 0
    await town.top_up(await town.open_wallet(), 100)
    await sealer.round()
    assert await unsealed(town) == 0
    assert caplog.messages == ["published the head of setagaya for 2027-01-10"]

    await town.set_clock(NOON + timedelta(days=1))
    await Sealer(sealing_database, keys, tmp_path).round()
    assert caplog.messages[1:] == ["published the head of setagaya for 2027-01-11"]
    assert sorted(path.name for path in (tmp_path / "setagaya").iterdir()) == [
        "2027-01-10.json", "2027-01-11.json", "latest.json",
    ]  # fmt: skip
    known = read_keys((tmp_path / "keys.json").read_text())
    numbers = []
    for head in heads_in_folder(tmp_path, "setagaya"):
        check_signature(head, known[keys.key_id])
        numbers.append(head["header"]["number"])
    assert numbers == [1, 2]
    latest = json.loads((tmp_path / "setagaya" / "latest.json").read_text())
    assert latest["header"]["number"] == 2


async def test_two_workers_publish_the_same_head(
    town: Town, sealing_database: Database, keys: SealKeys, tmp_path: Path
):
    await town.set_clock(NOON)
    first, second = (Sealer(sealing_database, keys, tmp_path / name) for name in "ab")
    await first.round()
    await town.open_wallet()
    await second.round()
    assert heads_in_folder(tmp_path / "a", "setagaya") == heads_in_folder(
        tmp_path / "b", "setagaya"
    )


async def test_a_folder_that_cannot_be_written_is_said_and_sealing_goes_on(
    town: Town,
    sealing_database: Database,
    keys: SealKeys,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, no folder")
    await Sealer(sealing_database, keys, blocked).round()
    assert "seal setagaya failed, again in 5 s" in caplog.text
    assert await unsealed(town) == 0


async def test_a_dead_database_is_survived(keys: SealKeys, caplog: pytest.LogCaptureFixture):
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    sealer = Sealer(database, keys, None)
    await sealer.round()
    await sealer.round()
    assert len(caplog.messages) == 1
    await database.close()


async def test_a_journal_with_a_gap_is_said_loudly_and_other_regions_are_sealed(
    town: Town,
    sealing_database: Database,
    second_town: Town,
    keys: SealKeys,
    caplog: pytest.LogCaptureFixture,
):
    await town.open_wallet()
    await second_town.open_wallet()
    superuser = await asyncpg.connect(town.place.superuser_url)
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("DELETE FROM ledger.entry WHERE seq = 1 AND region_id = 1")
    await superuser.close()
    await Sealer(sealing_database, keys, None).round()
    assert "seal setagaya: numbers 1 to 2 are not all in the journal" in caplog.text
    assert await unsealed(town) == 2
    assert await unsealed(second_town) == 0


async def test_nothing_is_built_on_a_block_of_somebody_else_or_published_of_it(
    town: Town, second_town: Town, sealing_database: Database, keys: SealKeys,
    tmp_path: Path, caplog: pytest.LogCaptureFixture,
):  # fmt: skip
    await Sealer(sealing_database, keys, None).round()
    await town.open_wallet()
    stranger = await sealed(town, after=keys)
    await town.open_wallet()
    await second_town.open_wallet()
    await town.set_clock(datetime.now(UTC) + timedelta(days=2))
    await Sealer(sealing_database, keys, tmp_path).round()
    told = f"seal setagaya: block 2 is signed with key {stranger.key_id}, which is not in our key"
    [said] = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert said.getMessage().startswith(told)
    assert not (tmp_path / "setagaya").exists()
    assert await unsealed(second_town) == 0

    trusting = SealKeys(keys.keys, tuple(stranger.public))
    await Sealer(sealing_database, trusting, tmp_path).round()
    assert heads_in_folder(tmp_path, "setagaya")[-1]["header"]["number"] == 3
