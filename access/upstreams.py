"""Which login somebody is who signed in at the region's own provider: only one that was invited.

The provider's subject is kept (`login.upstream`), and from then on it alone says who comes: an
e-mail address may be given to another person there.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import enter_act
from access.emails import BadEmailError, Email, read_email
from access.id_tokens import Upstream
from access.invitations import accept_invitation
from access.logins import lock_email, login_of_email, make_login
from access.posts import doer_of_login
from access.tables import invitation, login
from core.legible import is_legible

_LONGEST_NAME: Final = 80


def subject_text(who: Upstream) -> str:
    """The subject as it is kept: an issuer has no space in it, so no two have the same text."""
    return f"{who.issuer} {who.subject}"


async def login_of(
    db: AsyncSession, region_id: int, who: Upstream, domains: list[str]
) -> UUID | None:
    """The active login of somebody, by the subject; the first time by a verified e-mail.

    `domains` are those whose addresses are believed, all where it is empty. A login that belongs to
    one subject is never given to another.
    """
    rows = await db.execute(
        select(login.c.login_id, login.c.state)
        .where(login.c.region_id == region_id, login.c.upstream == subject_text(who))
        .with_for_update()
    )
    found = rows.one_or_none()
    if found is not None:
        return _id(found.login_id) if found.state == "active" else None
    email = believed_email(who, domains)
    return None if email is None else await _link(db, region_id, who, email)


def believed_email(who: Upstream, domains: list[str]) -> Email | None:
    """The e-mail that the provider has verified, if it may speak for its domain."""
    if who.email is None:
        return None
    try:
        email = read_email(who.email)
    except BadEmailError:
        return None
    if domains and email.key.rpartition("@")[2] not in domains:
        return None
    return email


async def _link(db: AsyncSession, region_id: int, who: Upstream, email: Email) -> UUID | None:
    """Give the login with this e-mail to the subject, for good; None if nobody was invited."""
    await lock_email(db, region_id, email.key)
    found = await login_of_email(db, region_id, email.key)
    login_id = await _accept(db, region_id, who, email) if found is None else found.login_id
    if login_id is None:
        return None
    given = await db.scalars(
        update(login)
        .where(
            login.c.region_id == region_id,
            login.c.login_id == login_id,
            login.c.upstream.is_(None),
            login.c.state == "active",
        )
        .values(upstream=subject_text(who))
        .returning(login.c.login_id)
    )
    if given.one_or_none() is None:
        return None
    doer = await doer_of_login(db, region_id, login_id)
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="login.linked", object_id=login_id
    )
    return _id(login_id)


async def _accept(db: AsyncSession, region_id: int, who: Upstream, email: Email) -> UUID | None:
    """A new login with the post of the oldest open invitation to this e-mail, if there is one.

    The provider says whose e-mail it is, as the secret of the invitation would.
    """
    invited = await db.scalar(
        select(invitation.c.invitation_id)
        .where(
            invitation.c.region_id == region_id,
            invitation.c.email_key == email.key,
            invitation.c.accepted_at.is_(None),
            invitation.c.withdrawn_at.is_(None),
            invitation.c.expires_at > func.clock_timestamp(),
        )
        .order_by(invitation.c.invitation_id)
        .limit(1)
    )
    if invited is None:
        return None
    login_id = await make_login(db, region_id, email, _name(who, email))
    await accept_invitation(db, region_id, invited, login_id, email.key)
    return login_id


def _name(who: Upstream, email: Email) -> str:
    """By what colleagues know somebody; an address where the provider says no name."""
    name = "".join(each for each in who.name or "" if is_legible(each)).strip()
    return (name or email.address)[:_LONGEST_NAME]


def _id(login_id: UUID) -> UUID:
    return UUID(int=login_id.int)  # the database's driver has a UUID type of its own
