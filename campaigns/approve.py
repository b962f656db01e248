"""Ask for the approval of a campaign or of a version of it, which another person gives (four eyes).

Asking, approving and refusing are steps of the campaign's life: each is an entry beside the request
(`submitting`, `deciding`), in the same transaction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
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
    is_request,
    make_request,
)
from access.tables import request
from campaigns.campaign import CAMPAIGN_UNKNOWN, ChangeCampaign
from campaigns.groups import Coming, check_group, spans_of
from campaigns.history import find_version
from campaigns.life import check_step, utc_text
from campaigns.reads import find_campaign, find_campaign_entry, terms_in_force
from campaigns.version import (
    CAMPAIGN_VERSION_UNKNOWN,
    ChangeVersion,
    check_version_step,
)
from core.errors import Problem
from core.ids import time_of, uuid8
from ledger.command import Command
from ledger.regions import Region

CAMPAIGN_APPROVAL: Final = RequestKind("campaign.approval", timedelta(days=30))
"""Its object is the campaign. It names the terms by hash: what is approved is what will hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be approved, and what was tried before."""

    reason: str
    version_id: UUID | None = None
    """A version of the campaign; None for the campaign itself."""
    simulation_id: UUID | None = None
    """What shows the approver how it would have gone; where there is none, the reason says why."""


async def ask_for_approval(
    db: AsyncSession,
    region: Region,
    request_id: UUID,
    doer: Doer,
    campaign_id: UUID,
    wish: Wish,
) -> Request:
    """The request; the same id and content are one. The caller posts what `submitting` says.

    Refuses campaign-unknown and campaign-version-unknown, what is no draft any more with its state,
    campaign-group-differs beside another that is approved, scheduled or live, and what
    `make_request` refuses.
    """
    region_id = region.region_id
    campaign = await find_campaign(db, region_id, campaign_id)
    if campaign is None:
        raise Problem(CAMPAIGN_UNKNOWN)
    facts: dict[str, Any] = {"terms_hash": campaign.terms_hash.hex()}
    spans, state = spans_of(campaign_id, campaign.terms, None), None
    if wish.version_id is not None:
        version = await find_version(db, region_id, campaign_id, wish.version_id)
        if version is None:
            raise Problem(CAMPAIGN_VERSION_UNKNOWN)
        facts = {
            "terms_hash": version.terms_hash.hex(),
            "version_id": str(wish.version_id),
            "applies_from": utc_text(version.applies_from),
        }
        coming = Coming(version.terms, version.applies_from.astimezone(region.zone))
        spans, state = spans_of(campaign_id, campaign.terms, coming), version.state
    if wish.simulation_id is not None:
        facts["simulation_id"] = str(wish.simulation_id)
    if not await is_request(db, region_id, request_id):
        if state is None:
            check_step(campaign.state, "submitted")
        else:
            check_version_step(state, "submitted")
        check_group(spans, await terms_in_force(db, region_id, region.zone))
    return await make_request(
        db, region_id, request_id, CAMPAIGN_APPROVAL, doer, campaign_id, wish.reason, **facts
    )


def submitting(asked: Request, actor: str) -> list[Command]:
    """The steps that asking is: simulated, where a simulation is attached, and submitted.

    Their ids follow from the request's, so who asks twice takes them once.
    """
    steps: list[Literal["simulated", "submitted"]] = ["submitted"]
    if "simulation_id" in asked.facts and "version_id" not in asked.facts:
        steps.insert(0, "simulated")
    return [_step(asked, actor, time_of(asked.request_id), step, asked.reason) for step in steps]


def deciding(
    asked: Request, actor: str, at: datetime, state: Literal["approved", "draft"], reason: str
) -> Command:
    """The step that a decision is: approved, or a draft again. In an entry of the moment of the
    decision, whose id nobody else could have taken.
    """
    return _step(asked, actor, at, state, reason)


def _step(
    asked: Request,
    actor: str,
    at: datetime,
    state: Literal["simulated", "submitted", "draft", "approved"],
    reason: str,
) -> Command:
    entry_id = uuid8(at, CAMPAIGN_APPROVAL.name, state, asked.request_id)
    version_id = asked.facts.get("version_id")
    if version_id is not None:
        assert state != "simulated", "a version's simulation stands in the request"
        return ChangeVersion(
            entry_id=entry_id,
            actor=actor,
            campaign_id=asked.object_id,
            version_id=UUID(version_id),
            state=state,
            reason=reason,
        )
    simulation = asked.facts.get("simulation_id") if state == "simulated" else None
    return ChangeCampaign(
        entry_id=entry_id,
        actor=actor,
        campaign_id=asked.object_id,
        state=state,
        reason=reason,
        simulation_id=None if simulation is None else UUID(simulation),
    )


async def refuse_its_maker(
    db: AsyncSession, region_id: int, asked: Request, login_id: UUID
) -> None:
    """Raise second-person-needed for who made the campaign or the version that is asked for, also
    under another name at a device of theirs, whoever asked for the approval.
    """
    made_by = UUID(asked.facts.get("version_id", str(asked.object_id)))
    made = await find_campaign_entry(db, region_id, made_by)
    one = await same_person(db, region_id, login_id)
    if made is not None and made.actor in {f"admin:{each}" for each in one}:
        raise Problem(SECOND_PERSON_NEEDED)


async def find_approval(
    db: AsyncSession,
    region_id: int,
    object_id: UUID,
    request_id: UUID,
    kind: RequestKind = CAMPAIGN_APPROVAL,
) -> Request:
    """The request, if it is for the approval of this campaign, or of what `kind` is about;
    request-unknown for any other.

    From a view that holds nothing else (migrations/sql/0007_city.sql).
    """
    of = _APPROVAL.c
    query = select(_APPROVAL, func.clock_timestamp().label("now")).where(
        of.region_id == region_id,
        of.kind == kind.name,
        of.object_id == object_id,
        of.request_id == request_id,
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
