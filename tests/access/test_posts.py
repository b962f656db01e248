"""Posts are given from above, and end with their sessions; nobody is left without a last one."""

import asyncio
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from access.acts import Doer
from access.emails import read_email
from access.logins import change_login_state, make_login
from access.posts import Post, Reach, end_post, find_post, give_post, posts_of
from access.sessions import Home, Whose, open_session
from access.sign_in_tables import session
from core.database import Database
from core.errors import Problem
from core.revocations import revocation

FINANCE = Reach("admin", "finance")


@dataclass(frozen=True)
class Staff:
    """Somebody with one post."""

    doer: Doer
    post_id: UUID
    reach: Reach


async def hired(
    database: Database, role: str, merchant_id: UUID | None, stores: frozenset[UUID] | None = None
) -> Staff:
    face = "admin" if merchant_id is None else "merchant"
    reach = Reach(face, role, merchant_id, stores)  # type: ignore[arg-type]
    async with database.transaction(1) as db:
        login_id = await make_login(db, 1, read_email(f"{uuid4().hex}@example.jp"), "花子")
        post_id = await give_post(db, 1, login_id, reach, "admin:test")
    return Staff(Doer(login_id, f"{face}:{login_id}", role), post_id, reach)


async def ended(database: Database, by: Staff, whose: Staff) -> Post:
    async with database.transaction(1) as db:
        return await end_post(db, 1, by.doer, by.reach, whose.post_id, "left")


async def refused(doing) -> str:
    with pytest.raises(Problem) as refusal:
        await doing
    return refusal.value.type.slug


async def test_an_ended_post_takes_its_sessions_with_it(database: Database, home: Home):
    shop = uuid4()
    owner, clerk = await hired(database, "owner", shop), await hired(database, "clerk", shop)
    async with database.transaction(1) as db:
        whose = Whose("merchant", clerk.doer.login_id, clerk.post_id)
        opened = await open_session(db, home, whose, "password")
    assert (await ended(database, owner, clerk)).ended_at is not None
    async with database.transaction(1) as db:
        reason = await db.scalar(
            select(session.c.end_reason).where(session.c.session_id == opened.session_id)
        )
        assert reason == "post ended"
        assert await posts_of(db, 1, clerk.doer.login_id) == []
        family = await db.scalar(
            select(revocation.c.kind).where(revocation.c.value == opened.session_id)
        )
        assert family == "family"
    assert await refused(ended(database, owner, clerk)) == "post-ended"


async def test_a_clerk_ends_nobody_and_a_manager_only_who_stands_below(database: Database):
    shop = uuid4()
    owner, manager, clerk, peer = [
        await hired(database, role, shop) for role in ("owner", "manager", "clerk", "manager")
    ]
    assert await refused(ended(database, clerk, manager)) == "post-beyond-own"
    assert await refused(ended(database, manager, owner)) == "post-beyond-own"
    assert await refused(ended(database, manager, peer)) == "post-beyond-own"
    assert await refused(ended(database, manager, manager)) == "own-post"
    await ended(database, manager, clerk)


async def test_of_another_merchant_there_is_no_post(database: Database):
    owner, stranger = (
        await hired(database, "owner", uuid4()),
        await hired(database, "clerk", uuid4()),
    )
    assert await refused(ended(database, owner, stranger)) == "post-unknown"
    async with database.snapshot(1) as db:
        for where in (owner.reach.merchant_id, None):
            assert await refused(find_post(db, 1, stranger.post_id, where)) == "post-unknown"


async def test_a_manager_of_some_stores_reaches_those_stores_only(database: Database):
    shop, here, there = uuid4(), uuid4(), uuid4()
    manager = await hired(database, "manager", shop, frozenset({here}))
    for stores in (None, frozenset({there}), frozenset({here, there})):
        clerk = await hired(database, "clerk", shop, stores)
        assert await refused(ended(database, manager, clerk)) == "post-beyond-own"
    await ended(database, manager, await hired(database, "clerk", shop, frozenset({here})))


async def test_two_owners_who_end_each_other_leave_one(database: Database):
    shop = uuid4()
    for _ in range(5):
        one, two = await hired(database, "owner", shop), await hired(database, "owner", shop)
        told = await asyncio.gather(
            ended(database, one, two), ended(database, two, one), return_exceptions=True
        )
        slugs = [answer.type.slug for answer in told if isinstance(answer, Problem)]
        assert slugs == ["last-of-its-kind"]
        left = one if isinstance(told[1], Problem) else two
        async with database.transaction(1) as db:  # the next pair shall be alone again
            shop = uuid4()
            assert len(await posts_of(db, 1, left.doer.login_id)) == 1


async def test_an_owner_who_is_suspended_is_no_last_owner(database: Database):
    shop, finance = uuid4(), await hired(database, "finance", None)
    one, two = await hired(database, "owner", shop), await hired(database, "owner", shop)
    async with database.transaction(1) as db:
        await change_login_state(
            db,
            1,
            two.doer.login_id,
            "suspended",
            actor="admin:test",
            role="finance",
            reason="fraud",
        )
    assert await refused(ended(database, finance, one)) == "last-of-its-kind"
    await ended(database, finance, two)


async def test_a_post_is_held_once_also_when_it_is_given_twice_at_once(database: Database):
    clerk = await hired(database, "clerk", uuid4())

    async def again(reach: Reach) -> UUID:
        async with database.transaction(1) as db:
            return await give_post(db, 1, clerk.doer.login_id, reach, "admin:test")

    assert await refused(again(clerk.reach)) == "post-held-already"
    other = Reach("merchant", "accountant", clerk.reach.merchant_id)
    told = await asyncio.gather(*(again(other) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(one, UUID) for one in told) == 1


@pytest.mark.parametrize(
    ("own", "wanted", "may"),
    [
        ("operator", "finance", True),
        ("operator", "operator", True),
        ("operator", "owner", False),
        ("finance", "owner", True),
        ("finance", "clerk", False),
        ("finance", "finance", False),
        ("desk", "owner", False),
        ("approver", "desk", False),
        ("clerk", "clerk", False),
        ("accountant", "owner", False),
    ],
)
def test_who_gives_what(own: str, wanted: str, *, may: bool):
    shop = uuid4()

    def reach(role: str) -> Reach:
        is_shop = role in {"owner", "manager", "clerk", "accountant"}
        return Reach("merchant" if is_shop else "admin", role, shop if is_shop else None)

    assert reach(own).may_give(reach(wanted)) is may
