"""Ask for a campaign's approval, which another person gives (four eyes); then it may start."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import column, func, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer
from access.login_devices import same_person
from access.requests import (
    REQUEST_UNKNOWN,
    SECOND_PERSON_NEEDED,
    Request,
    RequestKind,
    as_request,
    make_request,
)
from access.tables import request
from campaigns.campaign import CAMPAIGN_STATE_WRONG, CAMPAIGN_UNKNOWN
from campaigns.groups import check_group
from campaigns.reads import find_campaign, find_campaign_entry, terms_in_force
from core.errors import Problem

CAMPAIGN_APPROVAL: Final = RequestKind("campaign.approval", timedelta(days=30))
"""Its object is the campaign, whose terms never change: what is approved is what will hold."""


async def ask_for_approval(
    db: AsyncSession, region_id: int, request_id: UUID, doer: Doer, campaign_id: UUID, reason: str
) -> Request:
    """The request, which names the hash of the terms; the same id and content are one.

    Refuses campaign-unknown, campaign-state-wrong for one that is no draft any more,
    campaign-group-differs beside one that is approved or live, and what `make_request` refuses.
    """
    campaign = await find_campaign(db, region_id, campaign_id)
    if campaign is None:
        raise Problem(CAMPAIGN_UNKNOWN)
    if campaign.state != "draft":
        raise Problem(CAMPAIGN_STATE_WRONG, state=campaign.state)
    check_group(campaign.terms, await terms_in_force(db, region_id))
    return await make_request(
        db, region_id, request_id, CAMPAIGN_APPROVAL, doer, campaign_id, reason,
        terms_hash=campaign.terms_hash.hex(),
    )  # fmt: skip


async def refuse_its_maker(
    db: AsyncSession, region_id: int, campaign_id: UUID, login_id: UUID
) -> None:
    """Raise second-person-needed for who made the campaign, also under another name at a device of
    theirs, whoever asked for the approval.
    """
    made = await find_campaign_entry(db, region_id, campaign_id)
    one = await same_person(db, region_id, login_id)
    if made is not None and made.actor in {f"admin:{each}" for each in one}:
        raise Problem(SECOND_PERSON_NEEDED)


async def find_approval(
    db: AsyncSession, region_id: int, campaign_id: UUID, request_id: UUID
) -> Request:
    """The request, if it is for this campaign's approval; request-unknown for any other.

    From a view that holds nothing else (migrations/sql/0007_city.sql).
    """
    of = _APPROVAL.c
    query = select(_APPROVAL, func.clock_timestamp().label("now")).where(
        of.region_id == region_id, of.object_id == campaign_id, of.request_id == request_id
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise Problem(REQUEST_UNKNOWN)
    return as_request(row)


_APPROVAL: Final = table(
    "approval",
    *(column(each.name, each.type) for each in request.c if each.name != "made_with"),
    schema="campaigns",
)
