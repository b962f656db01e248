"""Ask for a benefit's approval, with its list: whoever made either of them never gives it."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer
from access.login_devices import same_person
from access.requests import SECOND_PERSON_NEEDED, Request, RequestKind, make_request
from campaigns.benefit import BENEFIT_UNKNOWN, state_wrong
from campaigns.benefit_reads import find_benefit
from campaigns.reads import find_campaign_entry
from core.errors import Problem

BENEFIT_APPROVAL: Final = RequestKind("benefit.approval", timedelta(days=30))
"""Its object is the benefit; its facts name the form and the list that are to be approved."""


async def ask_for_approval(
    db: AsyncSession, region_id: int, request_id: UUID, doer: Doer, benefit_id: UUID, reason: str
) -> Request:
    """The request, with how many people are to get how much; the same id and content are one.

    Refuses benefit-unknown, benefit-state-wrong unless a list is in force and nothing was approved,
    and what `make_request` refuses.
    """
    benefit = await find_benefit(db, region_id, benefit_id)
    if benefit is None:
        raise Problem(BENEFIT_UNKNOWN)
    if benefit.state != "listed":
        raise state_wrong(benefit.state)
    told = ("terms", "list_id", "lines", "needed_yen")
    return await make_request(
        db, region_id, request_id, BENEFIT_APPROVAL, doer, benefit_id, reason,
        **{name: benefit.facts[name] for name in told},
    )  # fmt: skip


async def refuse_its_makers(
    db: AsyncSession, region_id: int, benefit_id: UUID, list_id: UUID, login_id: UUID
) -> None:
    """Raise second-person-needed for who made the benefit or the list, also under another name at a
    device of theirs, whoever asked for the approval.
    """
    one = {f"admin:{each}" for each in await same_person(db, region_id, login_id)}
    for entry_id in (benefit_id, list_id):
        made = await find_campaign_entry(db, region_id, entry_id)
        if made is not None and made.actor in one:
            raise Problem(SECOND_PERSON_NEEDED)
