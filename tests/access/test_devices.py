"""Devices wait, are found, named, approved and revoked; a revoked one leaves no way in."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from access.devices import (
    DEVICE_KEY_TAKEN,
    DEVICE_UNKNOWN,
    DEVICES_ENOUGH,
    MOST_DEVICES,
    Device,
    add_key,
    approve_device,
    devices_of,
    find_device,
    find_usable,
    rename_device,
    revoke_device,
)
from access.renew_session import Closed, refresh_text, renew_session
from access.sessions import Home, Whose, end_sessions, open_session
from core.database import Database
from core.errors import Problem, ProblemType
from tests.access.device_key import DeviceKey

DAY = timedelta(days=1)


async def added(
    database: Database, person: UUID, key: DeviceKey | None = None, wait: timedelta = timedelta(0)
) -> Device:
    public = (key or DeviceKey()).public
    async with database.transaction(1) as db:
        return await add_key(
            db, 1, owner="resident", subject_id=person, public_key=public, name="電話", wait=wait
        )


async def refused(told: ProblemType, asked) -> None:
    with pytest.raises(Problem) as caught:
        await asked
    assert caught.value.type is told


async def test_a_device_that_waits_is_known_and_not_usable(database: Database):
    person = uuid4()
    first, waiting = await added(database, person), await added(database, person, wait=DAY)
    async with database.transaction(1) as db:
        assert await find_usable(db, 1, person, first.device_id) == first
        assert await find_device(db, 1, person, waiting.device_id) == waiting
        assert await find_usable(db, 1, person, waiting.device_id) is None
        assert await find_usable(db, 1, uuid4(), first.device_id) is None, "somebody else's"
        approved = await approve_device(db, 1, person, waiting.device_id)
        assert approved.is_usable
        assert await find_usable(db, 1, person, waiting.device_id) == approved
    async with database.transaction(2) as db:
        assert await find_device(db, 2, person, first.device_id) is None, "another region"


async def test_a_key_that_comes_again_is_the_same_device_and_waits_no_less(database: Database):
    person, key = uuid4(), DeviceKey()
    waiting = await added(database, person, key, DAY)
    assert await added(database, person, key) == waiting
    await refused(DEVICE_KEY_TAKEN, added(database, uuid4(), key))


async def test_of_twenty_that_add_one_key_all_get_the_same_device(database: Database):
    person, key = uuid4(), DeviceKey()
    told = await asyncio.gather(*(added(database, person, key) for _ in range(20)))
    assert len({device.device_id for device in told}) == 1


async def test_a_name_changes_only_for_its_owner(database: Database):
    person = uuid4()
    device = await added(database, person)
    async with database.transaction(1) as db:
        renamed = await rename_device(db, 1, person, device.device_id, "📱 台所")
        assert renamed.name == "📱 台所"
        await refused(DEVICE_UNKNOWN, rename_device(db, 1, uuid4(), device.device_id, "x"))


async def test_a_revoked_device_leaves_no_way_in(database: Database, home: Home):
    person, key = uuid4(), DeviceKey()
    device, other = await added(database, person, key), await added(database, person)
    async with database.transaction(1) as db:
        opened = await open_session(
            db, home, Whose("resident", person, None, device.device_id), "sms"
        )
        await refused(DEVICE_UNKNOWN, revoke_device(db, 1, uuid4(), device.device_id))
        await revoke_device(db, 1, person, device.device_id)
    async with database.transaction(1) as db:
        signature = key.sign(refresh_text(home.code, opened.refresh_token))
        renewed = await renew_session(db, home, opened.refresh_token, signature)
        assert renewed == Closed("over", opened.session_id)
        assert await find_device(db, 1, person, device.device_id) is None
        assert await devices_of(db, 1, person, None, 50) == [other]
        for change in (
            revoke_device(db, 1, person, device.device_id),
            approve_device(db, 1, person, device.device_id),
            rename_device(db, 1, person, device.device_id, "x"),
        ):
            await refused(DEVICE_UNKNOWN, change)
    await refused(DEVICE_KEY_TAKEN, added(database, person, key))


@pytest.mark.parametrize("turn", range(10))
async def test_a_session_that_begins_while_its_device_is_revoked_ends_too(
    database: Database, home: Home, turn: int
):
    person = uuid4()
    device = await added(database, person)

    async def begin():
        async with database.transaction(1) as db:
            if await find_device(db, 1, person, device.device_id) is None:
                return None
            await asyncio.sleep(0.02)  # time for the other one to pass by
            whose = Whose("resident", person, None, device.device_id)
            return await open_session(db, home, whose, "device")

    async def revoke():
        await asyncio.sleep(0.002 * turn)
        async with database.transaction(1) as db:
            await revoke_device(db, 1, person, device.device_id)

    opened, _ = await asyncio.gather(begin(), revoke())
    async with database.transaction(1) as db:
        assert await end_sessions(db, 1, "late", device_id=device.device_id) == []
        if opened is not None:
            renewed = await renew_session(db, home, opened.refresh_token, None)
            assert renewed == Closed("over", opened.session_id)


async def test_a_subject_has_so_many_devices_and_no_more(database: Database):
    person = uuid4()
    devices = [await added(database, person) for _ in range(MOST_DEVICES)]
    await refused(DEVICES_ENOUGH, added(database, person))
    async with database.transaction(1) as db:
        assert await devices_of(db, 1, person, None, 3) == devices[:3]
        assert await devices_of(db, 1, person, devices[2].device_id, 50) == devices[3:]
        await revoke_device(db, 1, person, devices[0].device_id)
    await added(database, person)
