"""Invitations to a post: made, seen and withdrawn. The secret goes to the e-mail alone."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from access.allowances import Allowance, spend
from access.emails import read_email
from access.failures import TOO_MANY_TRIES
from access.invitations import (
    LASTS,
    Invitation,
    InvitationState,
    find_invitation,
    invite,
    list_invitations,
    withdraw_invitation,
)
from access.staff_notices import write_invitation
from api.answers import Answer
from api.closed_route import v1_router
from api.envelope import add_header
from api.fields import Body, Uuid, new_id
from api.offices import MOST_STORES, Office, at_all, at_offices, at_shops
from api.pages import Listing, Page, Paged
from api.staff_fields import EmailText
from api.state import state_of
from core.errors import Problem

INVITATIONS: Final = Listing("invitations", (UUID,))
A_DAYS: Final = Allowance("invitations", 100, timedelta(days=1))
"""That one person writes: each is a letter to an address that somebody typed."""

router = v1_router("posts")


class ShopInvitationBody(Body):
    """Whom a shop invites, and as what."""

    email: EmailText = Field(examples=["hanako@example.jp"])
    role: Literal["owner", "manager", "clerk", "accountant"] = Field(examples=["clerk"])
    stores: Annotated[frozenset[Uuid], Field(min_length=1, max_length=MOST_STORES)] | None = Field(
        default=None, description="Absent: every store of the merchant."
    )


class OfficeInvitationBody(Body):
    """Whom an operator invites, and as what: operators come without a region, others with one."""

    email: EmailText = Field(examples=["hanako@example.jp"])
    role: Literal["campaigns", "approver", "finance", "desk", "city", "auditor", "operator"] = (
        Field(examples=["finance"])
    )


class InvitationAnswer(Answer):
    """An invitation; its secret is known to who reads the e-mail."""

    invitation_id: UUID
    email: str = Field(examples=["hanako@example.jp"])
    role: str = Field(examples=["clerk"])
    merchant_id: UUID | None
    stores: list[UUID] | None
    made_by: str = Field(examples=["merchant:0192f0c1-2222-7000-8000-000000000001"])
    made_at: datetime
    expires_at: datetime
    state: InvitationState


@at_shops(router, "put", "/invitations/{invitation_id}", "inviteToShop", "Invite to a shop")
async def invite_to_shop(
    request: Request,
    office: Office,
    invitation_id: Annotated[UUID, new_id("invitation_id")],
    body: ShopInvitationBody,
) -> InvitationAnswer:
    """A letter goes to the address; whoever accepts within seven days holds the post.

    Owners invite anybody, managers clerks and accountants of their own stores, finance owners.
    """
    return await _invite(request, office, invitation_id, body.email, body.role, body.stores)


@at_offices(router, "put", "/invitations/{invitation_id}", "inviteToOffice", "Invite to an office")
async def invite_to_office(
    request: Request,
    office: Office,
    invitation_id: Annotated[UUID, new_id("invitation_id")],
    body: OfficeInvitationBody,
) -> InvitationAnswer:
    """A letter goes to the address; whoever accepts within seven days holds the post."""
    return await _invite(request, office, invitation_id, body.email, body.role, None)


@at_all(router, "get", "/invitations", "listInvitations", "Invitations, newest first")
async def list_all(request: Request, office: Office, paging: Paged) -> Page[InvitationAnswer]:
    """Those that are over too."""
    start = INVITATIONS.start(paging)
    async with state_of(request).database.snapshot(office.home.region_id) as db:
        rows = await list_invitations(
            db, office.home.region_id, office.merchant_id, start[0] if start else None,
            paging.limit + 1,
        )  # fmt: skip
    return INVITATIONS.page(
        rows, paging, lambda row: (row.invitation_id,), lambda row: _answer(office, row)
    )


@at_all(router, "get", "/invitations/{invitation_id}", "getInvitation", "One invitation")
async def get_invitation(request: Request, office: Office, invitation_id: Uuid) -> InvitationAnswer:
    """As it stands."""
    async with state_of(request).database.snapshot(office.home.region_id) as db:
        found = await find_invitation(db, office.home.region_id, invitation_id, office.merchant_id)
    return _answer(office, found)


@at_all(
    router, "post", "/invitations/{invitation_id}/withdrawals", "withdrawInvitation",
    "Withdraw an invitation",
)  # fmt: skip
async def withdraw(request: Request, office: Office, invitation_id: Uuid) -> InvitationAnswer:
    """Its secret lets nobody in from now on. Twice is once."""
    region_id = office.home.region_id
    async with state_of(request).database.transaction(region_id) as db:
        await find_invitation(db, region_id, invitation_id, office.merchant_id)
        done = await withdraw_invitation(db, region_id, invitation_id, office.doer, office.own)
    return _answer(office, done)


async def _invite(
    request: Request, office: Office, invitation_id: UUID, email: str, role: str,
    stores: frozenset[UUID] | None,
) -> InvitationAnswer:  # fmt: skip
    state, region_id = state_of(request), office.home.region_id
    address = read_email(email)
    async with state.database.transaction(region_id) as db:
        wanted = await office.wanted(db, role, stores)
        made = await invite(db, region_id, invitation_id, address, wanted, office.doer, office.own)
        if made.secret is not None:
            key = state.vault.mac("inviter", office.doer.actor)
            if wait_s := await spend(db, region_id, A_DAYS, key):
                raise Problem(TOO_MANY_TRIES, retry_after=wait_s)
            await write_invitation(
                db, office.home, address.address, invitation_id, made.secret, LASTS
            )
    if made.secret is None:
        add_header(request, "Idempotent-Replay", "true")
    return _answer(office, made.invitation)


def _answer(office: Office, found: Invitation) -> InvitationAnswer:
    stores = found.reach.stores
    return InvitationAnswer(
        invitation_id=found.invitation_id,
        email=found.email.address,
        role=found.reach.role,
        merchant_id=found.reach.merchant_id,
        stores=None if stores is None else sorted(stores),
        made_by=found.made_by,
        made_at=office.told(found.made_at),
        expires_at=office.told(found.expires_at),
        state=found.state,
    )
