"""Four eyes: who asked never decides, also under another name at the same device."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from access.acts import Doer
from access.emails import read_email
from access.login_devices import note_device
from access.logins import change_login_state, make_login
from access.posts import Reach, end_post, give_post, posts_of
from access.requests import (
    Decision,
    Request,
    RequestKind,
    decide,
    find_request,
    is_request,
    list_requests,
    make_request,
    withdraw,
)
from access.tables import act
from core.database import Database
from core.errors import Problem
from tests.somebody_waits import somebody_waits
from tests.town_builder import new_id

KIND = RequestKind("test.asked", timedelta(days=1))
SHORT = RequestKind("test.asked", timedelta(microseconds=1))


@dataclass
class Office:
    """The people of a region."""

    database: Database

    async def person(self, *devices: UUID) -> Doer:
        async with self.database.transaction(1) as db:
            email = read_email(f"{uuid4().hex}@example.jp")
            login_id = await make_login(db, 1, email, "世田谷 花子")
            for device in devices or (uuid4(),):
                await note_device(db, 1, login_id, device)
        return Doer(login_id, f"admin:{login_id}", "finance")

    async def hired(self) -> Doer:
        made = await self.person()
        async with self.database.transaction(1) as db:
            await give_post(db, 1, made.login_id, Reach("admin", "finance"), "admin:test")
        return made

    async def ends_post(self, whose: Doer) -> None:
        operator = Doer(uuid4(), "admin:test", "operator")
        async with self.database.transaction(1) as db:
            [held] = await posts_of(db, 1, whose.login_id)
            await end_post(db, 1, operator, Reach("admin", "operator"), held.post_id, "left")

    async def suspends(self, whose: Doer) -> None:
        async with self.database.transaction(1) as db:
            await change_login_state(
                db, 1, whose.login_id, "suspended", actor="admin:test", role=None, reason="test"
            )

    async def ask(
        self, maker: Doer, kind: RequestKind = KIND, about: UUID | None = None,
        request_id: UUID | None = None, reason: str = "the telephone was lost",
    ) -> Request:  # fmt: skip
        async with self.database.transaction(1) as db:
            return await make_request(
                db, 1, request_id or new_id(), kind, maker, about or uuid4(), reason, count=1
            )

    async def decide(self, asked: Request, by: Doer, decision: Decision = "approved") -> Request:
        async with self.database.transaction(1) as db:
            return await decide(db, 1, asked.request_id, KIND, decision, by)

    async def withdraw(self, asked: Request, by: Doer) -> Request:
        async with self.database.transaction(1) as db:
            return await withdraw(db, 1, asked.request_id, KIND, by)

    async def refused(self, doing) -> str:
        with pytest.raises(Problem) as refusal:
            await doing
        return refusal.value.type.slug

    async def acts_of(self, asked: Request) -> list[str]:
        async with self.database.snapshot(1) as db:
            rows = await db.scalars(
                select(act.c.act).where(act.c.object_id == asked.request_id).order_by(act.c.act_id)
            )
            return list(rows)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


async def test_another_person_approves_and_both_acts_are_logged(office: Office):
    maker, other = await office.person(), await office.person()
    asked = await office.ask(maker)
    assert asked.state == "open"
    done = await office.decide(asked, other)
    assert (done.state, done.decided_by) == ("approved", other.login_id)
    assert await office.acts_of(asked) == ["request.made", "request.approved"]
    assert await office.refused(office.decide(asked, await office.person())) == "request-over"


async def test_who_asked_never_decides(office: Office):
    maker = await office.person()
    asked = await office.ask(maker)
    assert await office.refused(office.decide(asked, maker)) == "second-person-needed"


@pytest.mark.parametrize("when", ["before", "after"])
async def test_two_logins_at_one_device_are_one_person(
    office: Office, database: Database, when: str
):
    shared = uuid4()
    maker = await office.person(uuid4(), shared) if when == "before" else await office.person()
    asked = await office.ask(maker)
    second = await office.person(shared, uuid4())
    if when == "after":
        async with database.transaction(1) as db:
            await note_device(db, 1, maker.login_id, shared)
    assert await office.refused(office.decide(asked, second)) == "second-person-needed"
    async with database.snapshot(1) as db:
        assert (await find_request(db, 1, asked.request_id)).state == "open"


@pytest.mark.parametrize("who", ["the one it is about", "the same at another e-mail"])
async def test_nobody_approves_what_is_about_the_own_login(office: Office, who: str):
    shared = uuid4()
    maker, about = await office.person(), await office.person(shared)
    decider = about if who == "the one it is about" else await office.person(shared)
    asked = await office.ask(maker, about=about.login_id)
    assert await office.refused(office.decide(asked, decider)) == "second-person-needed"
    assert (await office.decide(asked, await office.person())).state == "approved"


async def test_who_lost_nothing_refuses_a_request_about_the_own_login(office: Office):
    maker, about = await office.person(), await office.person()
    asked = await office.ask(maker, about=about.login_id)
    assert (await office.decide(asked, about, "refused")).state == "refused"


async def test_of_twenty_who_decide_at_once_one_does(office: Office):
    asked = await office.ask(await office.person())
    others = [await office.person() for _ in range(20)]
    told = await asyncio.gather(
        *(office.decide(asked, other) for other in others), return_exceptions=True
    )
    assert sum(isinstance(one, Request) for one in told) == 1
    assert {one.type.slug for one in told if isinstance(one, Problem)} == {"request-over"}


async def test_a_request_that_ran_out_is_over(office: Office):
    maker = await office.person()
    asked = await office.ask(maker, SHORT)
    assert await office.refused(office.decide(asked, await office.person())) == "request-over"
    assert await office.refused(office.withdraw(asked, maker)) == "request-over"
    async with office.database.snapshot(1) as db:
        assert (await find_request(db, 1, asked.request_id)).state == "expired"
        assert asked.request_id not in {
            one.request_id
            for one in await list_requests(db, 1, only_open=True, after=None, most=200)
        }


async def test_only_who_asked_withdraws(office: Office):
    maker, other = await office.person(), await office.person()
    asked = await office.ask(maker)
    assert await office.refused(office.withdraw(asked, other)) == "not-your-request"
    assert (await office.withdraw(asked, maker)).state == "withdrawn"
    assert await office.refused(office.decide(asked, other)) == "request-over"


async def test_the_same_request_is_one_and_another_under_its_id_is_refused(office: Office):
    maker, about, name = await office.person(), uuid4(), new_id()
    first = await office.ask(maker, about=about, request_id=name)
    assert await office.ask(maker, about=about, request_id=name) == first
    assert await office.acts_of(first) == ["request.made"]
    again = office.ask(maker, about=about, request_id=name, reason="another one")
    assert await office.refused(again) == "id-in-use"
    assert await office.refused(office.ask(maker, about=about)) == "request-pending"


async def test_postgresql_refuses_an_approval_by_who_asked(office: Office, database: Database):
    maker = await office.person()
    asked = await office.ask(maker)
    with pytest.raises(Exception, match="request_needs_four_eyes"):
        async with database.transaction(1) as db:
            await db.execute(
                text(
                    "UPDATE access.request SET state = 'approved', decided_by = made_by,"
                    " decided_at = clock_timestamp() WHERE request_id = :id"
                ),
                {"id": asked.request_id},
            )


async def test_what_was_asked_for_falls_with_the_post_and_with_the_login(office: Office):
    other = await office.hired()
    for leaves in (office.ends_post, office.suspends):
        maker, about = await office.hired(), uuid4()
        asked, done = await office.ask(maker, about=about), await office.ask(maker)
        await office.decide(done, other)
        await leaves(maker)
        assert await office.refused(office.decide(asked, other)) == "request-over"
        async with office.database.snapshot(1) as db:
            fallen = await find_request(db, 1, asked.request_id)
            assert (fallen.state, fallen.decided_by) == ("withdrawn", None)
            assert (await find_request(db, 1, done.request_id)).state == "approved"
        assert (await office.ask(other, about=about)).state == "open", "somebody else may ask"


async def test_who_is_just_leaving_asks_for_nothing(office: Office):
    """The token lives for two seconds more: what was asked for in them would stay."""
    maker, name = await office.hired(), new_id()
    async with office.database.transaction(1) as db:
        await change_login_state(
            db, 1, maker.login_id, "suspended", actor="admin:test", role=None, reason="test"
        )
        coming = asyncio.create_task(office.ask(maker, request_id=name))
        await somebody_waits(office.database)
    assert await office.refused(coming) == "token-revoked"
    async with office.database.snapshot(1) as db:
        assert not await is_request(db, 1, name)
