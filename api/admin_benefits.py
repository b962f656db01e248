"""Benefits: draft one, see them all, offer, stop and close."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field
from starlette.requests import Request

from api.answers import Answer, accepted, in_zone
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.look_up import TELLS_REFUSALS, as_read, look_up_campaign
from api.pages import Listing, Page, Paged
from api.state import State, state_of
from campaigns.benefit import BENEFIT_UNKNOWN, BenefitState, ChangeBenefit, CreateBenefit
from campaigns.benefit_lists import forget_other_lists, forget_people, lock_lists
from campaigns.benefit_reads import Benefit, find_benefit, list_benefits
from campaigns.benefit_terms import BenefitTerms, benefit_json
from core.errors import Problem
from ledger.books import Entry
from ledger.post import post
from ledger.regions import Region
from payments.prepare import prepare

BENEFITS: Final = Listing("benefits", (UUID,))

router = v1_router("administrators: benefits")

Drafter = Annotated[AdminIdentity, administrator("campaigns")]
Starter = Annotated[AdminIdentity, administrator("campaigns", "approver")]
Reader = Annotated[
    AdminIdentity, administrator("campaigns", "approver", "finance", "desk", "auditor")
]

_TERMS: Final[dict[str, Any]] = {
    "form_version": 1,
    "name": "物価高騰対策給付",
    "amount_points": 10_000,
    "offer_until": "2027-01-31",
}


class BenefitBody(Body):
    """A benefit is its terms: a closed form, known by its hash and never edited."""

    terms: BenefitTerms = Field(examples=[_TERMS])


class BenefitAnswer(Answer):
    """A benefit as it stands; amounts in yen (1 point = ¥1)."""

    benefit_id: UUID
    state: BenefitState
    """`draft` until a list is in force (`listed`); nobody sees an offer before it is `offered`."""
    name: str = Field(examples=["物価高騰対策給付"])
    terms: BenefitTerms = Field(examples=[_TERMS])
    terms_hash: str = Field(examples=["9f2c" + 60 * "0"])
    """SHA-256 of the terms in canonical JSON, in hexadecimal."""
    list_id: UUID | None
    """The list that is in force."""
    lines: int = Field(examples=[12_500])
    """How many people it is for."""
    needed_yen: int = Field(examples=[125_000_000])
    """What they can take together: so much must be in the budget before it is offered."""
    funded_yen: int = Field(examples=[125_000_000])
    returned_yen: int | None = Field(examples=[0])
    """What went back to the funders after the end; null for *campaigns*, as it tells how many took
    theirs."""


class BenefitChangeBody(Body):
    """Offer an approved benefit (again), stop it at once, or close it for good."""

    state: Literal["offered", "stopped", "closed"]
    reason: Reason = Field(examples=["opening day"])


class BenefitChange(Answer):
    """A change of a benefit's state, as it was made."""

    change_id: UUID
    benefit_id: UUID
    state: BenefitState
    before: BenefitState
    reason: str = Field(examples=["opening day"])
    changed_at: datetime
    seq: int = Field(examples=[4711])


@router.put(
    "/admin/benefits/{benefit_id}",
    operation_id="createBenefit",
    summary="Draft a benefit",
    status_code=201,
)
async def create_benefit(
    request: Request,
    admin: Drafter,
    benefit_id: Annotated[UUID, new_id("benefit_id")],
    body: BenefitBody,
) -> BenefitAnswer:
    """It begins as a draft without a list or money. The answer is the benefit as it was made."""
    form = benefit_json(body.terms)
    command = CreateBenefit(entry_id=benefit_id, actor=admin.actor, form=form)
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    entry = accepted(request, receipt)
    return _answer(Benefit(entry.entry_id, "draft", entry.facts["benefit"], 0, None))


@router.get(
    "/admin/benefits/{benefit_id}", operation_id="getBenefit", summary="One benefit as it stands"
)
async def get_benefit(request: Request, admin: Reader, benefit_id: Uuid) -> BenefitAnswer:
    """With its terms and how many it is for; how many took it stands apart (`…/figures`)."""
    return _answer(await known_benefit(state_of(request), admin, benefit_id))


@router.get("/admin/benefits", operation_id="listBenefits", summary="All benefits, newest first")
async def list_all_benefits(
    request: Request,
    admin: Reader,
    paging: Paged,
    state: Annotated[BenefitState | None, Query(description="Only in this state.")] = None,
) -> Page[BenefitAnswer]:
    """Drafts and closed ones too."""
    region_id = admin.region.region_id
    start = BENEFITS.start(paging)
    database = state_of(request).database
    async with database.snapshot(region_id, as_role=admin.database_role) as session:
        rows = await list_benefits(
            session, region_id, start[0] if start else None, paging.limit + 1, state=state
        )
    return BENEFITS.page(rows, paging, lambda row: (row.benefit_id,), _answer)


@router.put(
    "/admin/benefits/{benefit_id}/state-changes/{change_id}",
    operation_id="changeBenefit",
    summary="Offer, stop or close a benefit",
    status_code=201,
)
async def change_benefit(
    request: Request,
    admin: Starter,
    benefit_id: Uuid,
    change_id: Annotated[UUID, new_id("change_id")],
    body: BenefitChangeBody,
) -> BenefitChange:
    """It holds at once. To be offered it needs an approval, and money for everybody on its list.

    Once it is closed, whom the lines of its list are about is forgotten; their references stay.
    """
    command = ChangeBenefit(
        entry_id=change_id,
        actor=admin.actor,
        benefit_id=benefit_id,
        state=body.state,
        reason=body.reason,
    )
    state, region_id = state_of(request), admin.region.region_id
    async with state.database.transaction(region_id) as db:
        await lock_lists(db, region_id, benefit_id)
        found = await find_benefit(db, region_id, benefit_id)
        if body.state == "closed" and found is not None and found.state != "closed":
            await forget_other_lists(db, region_id, benefit_id, found.list_id)
            if found.list_id is not None:
                await forget_people(db, region_id, found.list_id)
        receipt = await post(db, region_id, command, prepare)
    return _change(admin.region, await as_read(request, admin, accepted(request, receipt)))


@router.get(
    "/admin/benefits/{benefit_id}/state-changes/{change_id}",
    operation_id="getBenefitChange",
    responses=TELLS_REFUSALS,
    summary="One change of a benefit's state",
)
async def get_benefit_change(
    request: Request, admin: Reader, benefit_id: Uuid, change_id: Uuid
) -> BenefitChange:
    """What became of it."""
    entry = await look_up_campaign(request, admin, change_id, ChangeBenefit, benefit_id)
    return _change(admin.region, entry)


async def known_benefit(state: State, admin: AdminIdentity, benefit_id: UUID) -> Benefit:
    """The benefit, read with no more than the administrator's rights; or benefit-unknown."""
    region_id = admin.region.region_id
    async with state.database.snapshot(region_id, as_role=admin.database_role) as session:
        benefit = await find_benefit(session, region_id, benefit_id)
    if benefit is None:
        raise Problem(BENEFIT_UNKNOWN)
    return benefit


def _answer(benefit: Benefit) -> BenefitAnswer:
    facts = benefit.facts
    return BenefitAnswer.model_validate(
        {
            "benefit_id": benefit.benefit_id,
            "state": benefit.state,
            "name": facts["name"],
            "terms": benefit.terms,
            "terms_hash": facts["terms"],
            "list_id": facts["list_id"],
            "lines": facts["lines"],
            "needed_yen": facts["needed_yen"],
            "funded_yen": benefit.funded_yen,
            "returned_yen": benefit.returned_yen,
        }
    )


def _change(region: Region, entry: Entry) -> BenefitChange:
    assert entry.holder_id is not None, "a change has a benefit"
    return BenefitChange(
        change_id=entry.entry_id,
        benefit_id=entry.holder_id,
        state=entry.facts["state"],
        before=entry.facts["before"],
        reason=entry.facts["reason"],
        changed_at=in_zone(entry.at, region),
        seq=entry.seq,
    )
