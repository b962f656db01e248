"""Invitations to a post: who may give it writes to an e-mail, whose owner alone gets the secret."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.emails import Email
from access.posts import POST_BEYOND_OWN, Reach, give_post
from access.tables import act, invitation
from access.who_left import has_left
from core.errors import Problem, problem
from core.revocations import TOKEN_REVOKED
from ledger.command import ID_IN_USE

INVITATION_UNKNOWN: Final = problem("invitation-unknown", 404, "There is no such invitation.")
INVITATION_INVALID: Final = problem(
    "invitation-invalid", 401, "This invitation is not valid, or not any more."
)
INVITATION_OVER: Final = problem("invitation-over", 409, "The invitation is over already.")

LASTS: Final = timedelta(days=7)

InvitationState = Literal["open", "accepted", "withdrawn", "expired"]


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation without its secret."""

    invitation_id: UUID
    email: Email
    reach: Reach
    made_by: str
    made_at: datetime
    expires_at: datetime
    state: InvitationState


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation, and its secret if it was made now: it is not known a second time."""

    invitation: Invitation
    secret: str | None


async def invite(
    db: AsyncSession, region_id: int, invitation_id: UUID, email: Email, wanted: Reach,
    doer: Doer, own: Reach | None,
) -> Invited:  # fmt: skip
    """Invite to a post that `own` gives; None stands for whoever runs the server.

    The same id and content are one. Raises post-beyond-own, id-in-use, and token-revoked for who
    has left the own post: what was invited to before that is withdrawn, and nothing comes after it.
    """
    if own is not None and not own.may_give(wanted):
        raise Problem(POST_BEYOND_OWN)
    if own is not None and await has_left(db, region_id, doer.login_id, own.role, own.merchant_id):
        raise Problem(TOKEN_REVOKED)
    secret = secrets.token_urlsafe(32)
    made = await db.scalars(
        insert(invitation)
        .values(
            region_id=region_id,
            invitation_id=invitation_id,
            secret_hash=_hashed(secret),
            email=email.address,
            email_key=email.key,
            face=wanted.face,
            merchant_id=wanted.merchant_id,
            role=wanted.role,
            stores=None if wanted.stores is None else sorted(wanted.stores),
            made_by=doer.actor,
            expires_at=func.clock_timestamp() + LASTS,
        )
        .on_conflict_do_nothing(constraint=invitation.primary_key)
        .returning(invitation.c.invitation_id)
    )
    is_new = made.one_or_none() is not None
    found = await _found(db, _invitations(region_id).where(_is(invitation_id)))
    assert found is not None
    if not is_new:
        said = (found.email.key, found.reach, found.made_by)
        if said != (email.key, wanted, doer.actor):
            raise Problem(ID_IN_USE)
        return Invited(found, None)
    await _enter(db, region_id, doer.actor, doer.role, "invitation.made", found)
    return Invited(found, secret)


async def find_invitation(
    db: AsyncSession, region_id: int, invitation_id: UUID, merchant_id: UUID | None
) -> Invitation:
    """The invitation to this merchant, or to the office where it is None; invitation-unknown."""
    found = await _found(
        db,
        _invitations(region_id).where(
            _is(invitation_id), invitation.c.merchant_id.is_not_distinct_from(merchant_id)
        ),
    )
    if found is None:
        raise Problem(INVITATION_UNKNOWN)
    return found


async def list_invitations(
    db: AsyncSession, region_id: int, merchant_id: UUID | None, after: UUID | None, most: int
) -> list[Invitation]:
    """Invitations to a merchant, or to the office where it is None, newest first."""
    query = _invitations(region_id).where(
        invitation.c.merchant_id.is_not_distinct_from(merchant_id)
    )
    if after is not None:
        query = query.where(invitation.c.invitation_id < after)
    rows = await db.execute(query.order_by(invitation.c.invitation_id.desc()).limit(most))
    return [_invitation(row) for row in rows]


async def withdraw_invitation(
    db: AsyncSession, region_id: int, invitation_id: UUID, doer: Doer, own: Reach
) -> Invitation:
    """Take an invitation back that `own` could have made.

    Raises invitation-unknown, post-beyond-own, and invitation-over unless it was withdrawn before.
    """
    rows = _invitations(region_id).where(_is(invitation_id)).with_for_update()
    found = await _found(db, rows)
    if found is None or (own.face == "merchant" and found.reach.merchant_id != own.merchant_id):
        raise Problem(INVITATION_UNKNOWN)
    if not own.may_give(found.reach):
        raise Problem(POST_BEYOND_OWN)
    if found.state == "withdrawn":
        return found
    if found.state != "open":
        raise Problem(INVITATION_OVER)
    await _mark(db, region_id, invitation_id, "withdrawn_at")
    await _enter(db, region_id, doer.actor, doer.role, "invitation.withdrawn", found)
    again = await _found(db, _invitations(region_id).where(_is(invitation_id)))
    assert again is not None
    return again


async def read_invitation(
    db: AsyncSession, region_id: int, invitation_id: UUID, secret: str
) -> Invitation:
    """The open invitation with this secret; invitation-invalid for any other.

    It is not locked, and looked at again by `accept_invitation`: e-mails come before invitations.
    """
    query = _invitations(region_id).where(
        _is(invitation_id), invitation.c.secret_hash == _hashed(secret)
    )
    found = await _found(db, query)
    if found is None or found.state != "open":
        raise Problem(INVITATION_INVALID)
    return found


async def accept_invitation(
    db: AsyncSession, region_id: int, invitation_id: UUID, login_id: UUID, email_key: str
) -> UUID:
    """Give the login with this e-mail the post that it was invited to; returns the post's id.

    Who comes here showed the secret of the invitation. Raises invitation-invalid, also for another
    e-mail than the invited one, and post-held-already.
    """
    found = await _found(db, _invitations(region_id).where(_is(invitation_id)).with_for_update())
    if found is None or found.state != "open" or found.email.key != email_key:
        raise Problem(INVITATION_INVALID)
    await _mark(db, region_id, invitation_id, "accepted_at")
    actor, reach = f"{found.reach.face}:{login_id}", found.reach
    await _enter(db, region_id, actor, reach.role, "invitation.accepted", found)
    role = await _role_of_inviter(db, region_id, invitation_id)
    return await give_post(db, region_id, login_id, reach, found.made_by, role)


async def _role_of_inviter(db: AsyncSession, region_id: int, invitation_id: UUID) -> str | None:
    """In which role the invitation was made, as the log of acts has it."""
    found: str | None = await db.scalar(
        select(act.c.role).where(
            act.c.region_id == region_id,
            act.c.object_id == invitation_id,
            act.c.act == "invitation.made",
        )
    )
    return found


def _hashed(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _is(invitation_id: UUID) -> Any:
    return invitation.c.invitation_id == invitation_id


async def _mark(db: AsyncSession, region_id: int, invitation_id: UUID, column: str) -> None:
    await db.execute(
        update(invitation)
        .where(invitation.c.region_id == region_id, _is(invitation_id))
        .values(**{column: func.clock_timestamp()})
    )


async def _enter(
    db: AsyncSession, region_id: int, actor: str, role: str | None, done: str, found: Invitation
) -> None:
    shop = found.reach.merchant_id
    facts = {} if shop is None else {"merchant_id": str(shop)}
    said: dict[str, Any] = {"post_role": found.reach.role, **facts}
    await enter_act(
        db, region_id, actor=actor, role=role, act=done, object_id=found.invitation_id, **said
    )


def _invitations(region_id: int) -> Select[Any]:
    return select(invitation, func.clock_timestamp().label("now")).where(
        invitation.c.region_id == region_id
    )


async def _found(db: AsyncSession, query: Select[Any]) -> Invitation | None:
    row = (await db.execute(query)).one_or_none()
    return None if row is None else _invitation(row)


def _invitation(row: Row[Any]) -> Invitation:
    stores = None if row.stores is None else frozenset(UUID(int=one.int) for one in row.stores)
    return Invitation(
        row.invitation_id,
        Email(row.email, row.email_key),
        Reach(row.face, row.role, row.merchant_id, stores),
        row.made_by,
        row.made_at,
        row.expires_at,
        _state(row),
    )


def _state(row: Row[Any]) -> InvitationState:
    if row.accepted_at is not None:
        return "accepted"
    if row.withdrawn_at is not None:
        return "withdrawn"
    return "expired" if row.expires_at <= row.now else "open"
