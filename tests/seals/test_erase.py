"""Erasing a text about a person: it is gone for good, and the chain holds."""

import asyncpg
import pytest

from core.errors import Problem
from ledger.verify import verify_region
from payments.refund import Refund
from seals.check_proof import key_id
from seals.erase import erase
from seals.keys import SealKeys
from seals.prove import NOT_SEALED_YET
from seals.verify import ChainVerdict, verify_chain
from tests.seals.sealed_town import live, sealed
from tests.town_builder import Town


@pytest.fixture
async def owner(town: Town):
    """A connection as the owner of the tables."""
    settings = {"role": "meguri_owner"}
    connection = await asyncpg.connect(town.place.owner_url, server_settings=settings)
    yield connection
    await connection.close()


async def verdict_of(owner: asyncpg.Connection, town: Town, keys: SealKeys) -> ChainVerdict:
    known = {key_id(public): public for public in keys.public}
    async with owner.transaction():
        return await verify_chain(owner, town.region.region_id, known)


async def refund_of(town: Town):
    [row] = await town.rows(
        "SELECT entry_id, refers_to, actor FROM ledger.entry WHERE kind = 'refund'"
    )
    return row


async def test_the_text_its_fingerprint_and_its_salt_go_and_nothing_breaks(town: Town, owner):
    await live(town)
    keys = await sealed(town)
    entry_id = (await refund_of(town)).entry_id
    region_id = town.region.region_id
    assert await erase(owner, region_id, entry_id, ["reason"]) == ["reason"]
    assert await erase(owner, region_id, entry_id, ["reason"]) == []
    verdict = await verdict_of(owner, town, keys)
    assert (verdict.faults, verdict.erased) == ([], 1)
    assert await erase(owner, region_id, entry_id) == ["store_name"]
    verdict = await verdict_of(owner, town, keys)
    assert (verdict.faults, verdict.erased) == ([], 1)
    [row] = await town.rows(
        "SELECT facts->>'reason' AS reason, facts->>'store_name' AS store_name, fingerprint,"
        " (facts->>'refunded_yen')::int AS refunded_yen"
        f" FROM ledger.entry WHERE entry_id = '{entry_id}'"
    )
    assert (row.reason, row.store_name, row.refunded_yen) == ("", "", 300)
    assert row.fingerprint == bytes(16)
    assert (await verify_region(town.database, town.region)).is_sound


async def test_a_text_that_is_put_back_or_written_anew_is_found(town: Town, owner):
    await live(town)
    keys = await sealed(town)
    entry_id = (await refund_of(town)).entry_id
    await erase(owner, town.region.region_id, entry_id, ["reason"])
    async with owner.transaction():
        await owner.execute("SET LOCAL meguri.erasing = 'on'")
        await owner.execute(
            'UPDATE ledger.entry SET facts = facts || \'{"reason": "test"}\' WHERE entry_id = $1',
            entry_id,
        )
    [fault] = (await verdict_of(owner, town, keys)).faults
    assert fault.place.endswith("text reason, which was erased")


async def test_a_retry_of_an_entry_whose_text_was_erased_moves_nothing(town: Town, owner):
    await live(town)
    await sealed(town)
    row = await refund_of(town)
    await erase(owner, town.region.region_id, row.entry_id)
    command = Refund(
        entry_id=row.entry_id, actor=row.actor, merchant_id=row.entry_id, stores=None,
        payment_id=row.refers_to, amount_yen=300, reason="test",
    )  # fmt: skip
    with pytest.raises(Problem) as refusal:
        await town.submit(command)
    assert refusal.value.type.slug == "id-in-use"


async def test_what_is_not_sealed_yet_is_not_erased(town: Town, owner):
    await live(town)
    with pytest.raises(Problem) as refusal:
        await erase(owner, town.region.region_id, (await refund_of(town)).entry_id)
    assert refusal.value.type is NOT_SEALED_YET
