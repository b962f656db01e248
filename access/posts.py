"""Posts: what a login may act as, who gives them, and how they end."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.last_ones import refuse_the_last
from access.leave import leave
from access.stop_clients import OWNER, stop_clients
from access.tables import login, post
from core.errors import Problem, problem
from core.ids import uuid7

POST_UNKNOWN: Final = problem("post-unknown", 404, "There is no such post.")
POST_BEYOND_OWN: Final = problem("post-beyond-own", 403, "Your own post does not reach that far.")
POST_HELD_ALREADY: Final = problem("post-held-already", 409, "This person holds that post already.")
POST_ENDED: Final = problem("post-ended", 409, "The post was ended already.")
OWN_POST: Final = problem("own-post", 409, "Nobody ends the own post: let another one do it.")

PostFace = Literal["merchant", "admin"]

_OFFICE: Final = frozenset({"campaigns", "approver", "finance", "desk", "city", "auditor"})
MAY_GIVE: Final[dict[str, frozenset[str]]] = {
    "operator": _OFFICE | {"operator"},
    "finance": frozenset({"owner"}),
    "owner": frozenset({"owner", "manager", "clerk", "accountant"}),
    "manager": frozenset({"clerk", "accountant"}),
}
"""Which posts each role gives and ends. Tills are clients, and have no posts."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where and as what one acts: a role, perhaps of one merchant, perhaps in some stores only."""

    face: PostFace
    role: str
    merchant_id: UUID | None = None
    stores: frozenset[UUID] | None = None

    def may_give(self, wanted: "Reach") -> bool:
        """Whether a post with this reach gives the wanted one: below the own, and no wider."""
        if wanted.role not in MAY_GIVE.get(self.role, ()):
            return False
        if self.face == "admin":  # finance lets owners in, without asking which stores there are
            return True
        is_within = self.stores is None or (
            wanted.stores is not None and wanted.stores <= self.stores
        )
        return wanted.merchant_id == self.merchant_id and is_within


@dataclass(frozen=True, slots=True)
class Post:
    """A post, held or ended."""

    post_id: UUID
    login_id: UUID
    reach: Reach
    given_by: str
    given_at: datetime
    ended_at: datetime | None
    email: str
    name: str
    login_state: str


async def give_post(
    db: AsyncSession,
    region_id: int,
    login_id: UUID,
    reach: Reach,
    given_by: str,
    role: str | None = None,
) -> UUID:
    """Give a post in the caller's transaction; `role` is the giver's. Raises post-held-already."""
    post_id = uuid7(datetime.now(UTC))
    # Two that give the same post to one login wait for each other here.
    await db.execute(
        select(login.c.login_id)
        .where(login.c.region_id == region_id, login.c.login_id == login_id)
        .with_for_update()
    )
    held = await db.scalar(
        select(post.c.post_id).where(
            post.c.region_id == region_id,
            post.c.login_id == login_id,
            post.c.face == reach.face,
            post.c.role == reach.role,
            post.c.merchant_id.is_not_distinct_from(reach.merchant_id),
            post.c.ended_at.is_(None),
        )
    )
    if held is not None:
        raise Problem(POST_HELD_ALREADY)
    await db.execute(
        insert(post).values(
            region_id=region_id,
            post_id=post_id,
            login_id=login_id,
            face=reach.face,
            merchant_id=reach.merchant_id,
            role=reach.role,
            stores=None if reach.stores is None else sorted(reach.stores),
            given_by=given_by,
        )
    )
    await enter_act(
        db, region_id, actor=given_by, role=role, act="post.given", object_id=post_id,
        **_facts(reach, login_id),
    )  # fmt: skip
    return post_id


async def find_post(
    db: AsyncSession, region_id: int, post_id: UUID, merchant_id: UUID | None
) -> Post:
    """The post of this merchant, or of the office where it is None. Raises post-unknown."""
    query = _posts(region_id).where(
        post.c.post_id == post_id, post.c.merchant_id.is_not_distinct_from(merchant_id)
    )
    found = (await db.execute(query)).one_or_none()
    if found is None:
        raise Problem(POST_UNKNOWN)
    return _post(found)


async def list_posts(
    db: AsyncSession,
    region_id: int,
    merchant_id: UUID | None,
    after: UUID | None,
    most: int,
) -> list[Post]:
    """Posts of a merchant, or of the office where it is None, newest first; ended ones too."""
    query = _posts(region_id).where(post.c.merchant_id.is_not_distinct_from(merchant_id))
    if after is not None:
        query = query.where(post.c.post_id < after)
    rows = await db.execute(query.order_by(post.c.post_id.desc()).limit(most))
    return [_post(row) for row in rows]


async def posts_of(db: AsyncSession, region_id: int, login_id: UUID) -> list[Post]:
    """The posts that a login holds now, oldest first."""
    query = _posts(region_id).where(post.c.login_id == login_id, post.c.ended_at.is_(None))
    return [_post(row) for row in await db.execute(query.order_by(post.c.post_id))]


async def holds_still(db: AsyncSession, region_id: int, held: Post) -> bool:
    """Whether a post is held by an active login, which stays so until the transaction ends."""
    rows = await db.execute(
        select(login.c.login_id)
        .join_from(login, post)
        .where(
            login.c.region_id == region_id,
            login.c.login_id == held.login_id,
            login.c.state == "active",
            post.c.post_id == held.post_id,
            post.c.ended_at.is_(None),
        )
        .with_for_update(read=True)
    )
    return rows.one_or_none() is not None


async def doer_of_login(db: AsyncSession, region_id: int, login_id: UUID) -> Doer:
    """How the log of acts names a login that acts in no post yet: by the first one that it holds.

    Without any it is an administrator without a role.
    """
    posts = await posts_of(db, region_id, login_id)
    if not posts:
        return Doer(login_id, f"admin:{login_id}", None)
    first = posts[0].reach
    return Doer(login_id, f"{first.face}:{login_id}", first.role)


async def end_post(
    db: AsyncSession, region_id: int, doer: Doer, own: Reach, post_id: UUID, reason: str
) -> Post:
    """End a post that `own` could have given, and all its sessions with it.

    Raises post-unknown, own-post, post-beyond-own, post-ended and last-of-its-kind. Two who would
    end each other's posts wait for each other: one of the last two stays.
    """
    found = await _within(db, region_id, post_id, own)
    if found.login_id == doer.login_id:
        raise Problem(OWN_POST)
    if not own.may_give(found.reach):
        raise Problem(POST_BEYOND_OWN)
    if found.ended_at is not None:
        raise Problem(POST_ENDED)
    reach = found.reach
    await refuse_the_last(db, region_id, reach.role, reach.merchant_id, found.login_id)
    ended = await db.scalars(
        update(post)
        .where(post.c.region_id == region_id, post.c.post_id == post_id, post.c.ended_at.is_(None))
        .values(ended_at=func.clock_timestamp())
        .returning(post.c.post_id)
    )
    if ended.one_or_none() is None:
        raise Problem(POST_ENDED)
    await leave(db, region_id, found.login_id, "post ended", post_id)
    if reach.role == OWNER:
        await stop_clients(
            db, region_id, found.login_id, reach.merchant_id, actor=doer.actor, role=doer.role
        )
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="post.ended", object_id=post_id,
        reason=reason, **_facts(found.reach, found.login_id),
    )  # fmt: skip
    return await find_post(db, region_id, post_id, found.reach.merchant_id)


async def _within(db: AsyncSession, region_id: int, post_id: UUID, own: Reach) -> Post:
    """The post among those that `own` reaches: finance reaches every merchant's."""
    query = _posts(region_id).where(post.c.post_id == post_id)
    found = (await db.execute(query)).one_or_none()
    if found is None or (own.face == "merchant" and found.merchant_id != own.merchant_id):
        raise Problem(POST_UNKNOWN)
    return _post(found)


def _facts(reach: Reach, login_id: UUID) -> dict[str, Any]:
    """What the log of acts says of a post, beside its id."""
    shop = {} if reach.merchant_id is None else {"merchant_id": str(reach.merchant_id)}
    return {"post_role": reach.role, "login_id": str(login_id), **shop}


def _posts(region_id: int) -> Select[Any]:
    return (
        select(post, login.c.email, login.c.name, login.c.state)
        .join_from(post, login)
        .where(post.c.region_id == region_id)
    )


def _post(row: Row[Any]) -> Post:
    stores = None if row.stores is None else frozenset(row.stores)
    return Post(
        row.post_id,
        row.login_id,
        Reach(row.face, row.role, row.merchant_id, stores),
        row.given_by,
        row.given_at,
        row.ended_at,
        row.email,
        row.name,
        row.state,
    )
