"""Offers of benefits to a resident: see them, and say *use* or *decline*."""

from datetime import date
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from api.answers import Answer
from api.closed_route import v1_router
from api.envelope import add_header
from api.fields import Body, Uuid
from api.identity import Resident, ResidentIdentity, resident
from api.pages import Listing, Page, Paged
from api.state import State, state_of
from campaigns.benefit import OFFER_OVER
from campaigns.form import Tier
from campaigns.offers import Offer, OfferState, decline, offers_of
from core.errors import Problem
from core.ids import uuid7
from core.months import end_of_month_after
from payments.use_benefit import OFFER_STOPPED, OFFER_UNKNOWN, OFFER_USED, UseBenefit
from residents.profile import find_person

OFFERS: Final = Listing("offers", (UUID,))

router = v1_router("residents: offers")

Taker = Annotated[ResidentIdentity, resident("pay")]


class OfferAnswer(Answer):
    """A benefit that is for this person."""

    offer_id: UUID
    benefit_id: UUID
    name: str = Field(examples=["物価高騰対策給付"])
    points: int = Field(examples=[10_000])
    offer_until: date
    """The last day on which it can be used, in the region's zone."""
    points_expire_on: date
    """The last day of the points, if they are taken today."""
    tiers: list[Tier] | None = Field(examples=[None])
    """Only people who are verified as one of these may use it; null: whoever sees it."""
    state: OfferState
    """`open` and `declined` can be used; `used` is for good; `stopped` may come again."""


class OfferAnswerBody(Body):
    """What the person wants."""

    answer: Literal["use", "decline"]
    wallet_id: Uuid | None = None
    """The wallet that the points come to; with `use`."""

    @model_validator(mode="after")
    def _names_the_wallet(self) -> Self:
        if (self.answer == "use") != (self.wallet_id is not None):
            raise PydanticCustomError(
                "wallet_with_use", "wallet_id is needed to use an offer, and not to decline it"
            )
        return self


@router.get("/offers", operation_id="listOffers", summary="What benefits are for me")
async def list_offers(request: Request, resident: Resident, paging: Paged) -> Page[OfferAnswer]:
    """By the number with which the person signs in, or the id; newest first, until they are closed.

    So they are there for who registers, is verified or changes the number while an offer lasts.
    """
    state = state_of(request)
    start = OFFERS.start(paging)
    rows = [
        row for row in await _offers(state, resident) if start is None or row.benefit_id < start[0]
    ][: paging.limit + 1]
    today = resident.region.day_of(state.clock.now())
    return OFFERS.page(rows, paging, lambda row: (row.benefit_id,), lambda row: _answer(row, today))


@router.put(
    "/offers/{offer_id}/answer",
    operation_id="answerOffer",
    summary="Use or decline an offer",
    status_code=201,
)
async def answer_offer(
    request: Request, resident: Taker, offer_id: Uuid, body: OfferAnswerBody
) -> OfferAnswer:
    """The same answer twice is once. `decline` can become `use` until the last day; `use` is final.

    A benefit is used once, however many devices ask at the same time.
    """
    state = state_of(request)
    offer = await _own(state, resident, offer_id)
    today = resident.region.day_of(state.clock.now())
    if body.answer == "use" and offer.state == "used":
        add_header(request, "Idempotent-Replay", "true")
        return _answer(offer, today)
    _check(offer)
    if body.wallet_id is not None:
        await _use(state, resident, offer, body.wallet_id)
    else:
        async with state.database.transaction(resident.region.region_id) as db:
            await decline(db, resident.region.region_id, offer_id, resident.person_id)
    return _answer(await _own(state, resident, offer_id), today)


async def _use(state: State, resident: ResidentIdentity, offer: Offer, wallet_id: UUID) -> None:
    """Take the points. The id of the command is of this moment: once is held by line and person."""
    command = UseBenefit(
        entry_id=uuid7(state.clock.now()),
        actor=resident.actor,
        person_id=resident.person_id,
        wallet_id=wallet_id,
        benefit_id=offer.benefit_id,
        offer_id=offer.offer_id,
        list_id=offer.list_id,
        group=offer.group,
    )
    receipt = await state.engines.of(resident.region.region_id).submit(command)
    was_late = receipt.entry.refusal == OFFER_USED.slug
    # Where another device of the same person was quicker, it is as this one wished, too.
    if not (was_late and (await _own(state, resident, offer.offer_id)).state == "used"):
        receipt.accepted()


def _check(offer: Offer) -> None:
    if offer.state == "used":
        raise Problem(OFFER_USED)
    if offer.state == "over":
        raise Problem(OFFER_OVER, offer_until=offer.terms.offer_until.isoformat())
    if offer.state == "stopped":
        raise Problem(OFFER_STOPPED)


async def _own(state: State, resident: ResidentIdentity, offer_id: UUID) -> Offer:
    """The offer, if it is to this person; offer-unknown for anybody else's."""
    found = [each for each in await _offers(state, resident) if each.offer_id == offer_id]
    if not found:
        raise Problem(OFFER_UNKNOWN)
    return found[0]


async def _offers(state: State, resident: ResidentIdentity) -> list[Offer]:
    region_id, person_id = resident.region.region_id, resident.person_id
    today = resident.region.day_of(state.clock.now())
    async with state.database.snapshot(region_id) as db:
        profile = await find_person(db, region_id, today, person_id=person_id)
        phone = None if profile is None else profile.phone
        return await offers_of(db, state.vault, region_id, person_id, phone, today)


def _answer(offer: Offer, today: date) -> OfferAnswer:
    terms = offer.terms
    return OfferAnswer(
        offer_id=offer.offer_id,
        benefit_id=offer.benefit_id,
        name=terms.name,
        points=offer.points,
        offer_until=terms.offer_until,
        points_expire_on=end_of_month_after(today, terms.points_expire_months),
        tiers=None if terms.tiers is None else list(terms.tiers),
        state=offer.state,
    )
