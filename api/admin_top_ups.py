"""Cash top-ups at the counter, and top-ups whose money was taken back."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.answers import Answer, GrantAnswer, accepted, grants, in_zone
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid, Yen, new_id
from api.identity import AdminIdentity, administrator
from api.look_up import ENTRY_UNKNOWN, TELLS_REFUSALS, look_up
from api.state import state_of
from api.usable_where import shops_of_entries
from core.errors import Problem
from ledger.books import Entry
from ledger.regions import Region
from payments.reverse_top_up import ReverseTopUp
from payments.top_up import CounterTopUp

router = v1_router("administrators: top-ups")

Desk = Annotated[AdminIdentity, administrator("desk")]
Finance = Annotated[AdminIdentity, administrator("finance")]


class CounterTopUpBody(Body):
    """Cash that was taken at the counter for a wallet."""

    wallet_id: Uuid
    amount_yen: Yen = Field(examples=[10_000])


class CounterTopUpAnswer(Answer):
    """A top-up at the counter, as it was made."""

    top_up_id: UUID
    wallet_id: UUID
    amount_yen: int = Field(examples=[10_000])
    expires_on: date
    """The last day on which this coin can be used, in the region's zone."""
    bonus_points: int = Field(examples=[1_000])
    """What campaigns gave for it; some may have settled what the resident owed."""
    grants: list[GrantAnswer]
    """Campaigns of top-ups, each with the reasons for its points, or for none."""
    topped_up_at: datetime
    seq: int = Field(examples=[4711])


class ReversalBody(Body):
    """The top-up whose money is gone, and why."""

    top_up_id: Uuid
    reason: Reason = Field(examples=["the provider reports a stolen card"])


class ReversalAnswer(Answer):
    """A reversed top-up; amounts in yen."""

    reversal_id: UUID
    top_up_id: UUID
    wallet_id: UUID | None
    """The wallet, which is now frozen for review; null where the money still lay in suspense."""
    amount_yen: int = Field(examples=[10_000])
    taken_yen: int = Field(examples=[7_000])
    """What was still there, in the wallet's lot or in suspense, or had expired unspent."""
    owed_yen: int = Field(examples=[3_000])
    """What was spent already: the resident owes it."""
    bonus_points: int = Field(examples=[1_000])
    """What campaigns had given for it, which is taken back."""
    bonus_owed_yen: int = Field(examples=[200])
    """The part of that which was spent already: the resident owes it, too."""
    reason: str = Field(examples=["the provider reports a stolen card"])
    reversed_at: datetime
    seq: int = Field(examples=[4711])


@router.put(
    "/admin/top-ups/{top_up_id}",
    operation_id="topUpAtCounter",
    summary="Take cash at the counter",
    status_code=201,
)
async def top_up_at_counter(
    request: Request,
    admin: Desk,
    top_up_id: Annotated[UUID, new_id("top_up_id")],
    body: CounterTopUpBody,
) -> CounterTopUpAnswer:
    """Where it is refused, the cash goes back over the counter."""
    command = CounterTopUp(
        entry_id=top_up_id,
        actor=admin.actor,
        wallet_id=body.wallet_id,
        amount_yen=body.amount_yen,
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return await _top_up(request, admin.region, accepted(request, receipt))


@router.get(
    "/admin/top-ups/{top_up_id}",
    operation_id="getCounterTopUp",
    responses=TELLS_REFUSALS,
    summary="One top-up at the counter",
)
async def get_counter_top_up(request: Request, admin: Desk, top_up_id: Uuid) -> CounterTopUpAnswer:
    """What became of it. Top-ups by a provider are not found here."""
    entry = await look_up(request, admin.region, top_up_id, CounterTopUp)
    if entry.facts["provider"] is not None:
        raise Problem(ENTRY_UNKNOWN)
    return await _top_up(request, admin.region, entry)


@router.put(
    "/admin/top-up-reversals/{reversal_id}",
    operation_id="reverseTopUp",
    summary="Reverse a top-up whose money was taken back",
    status_code=201,
)
async def reverse_top_up(
    request: Request,
    admin: Finance,
    reversal_id: Annotated[UUID, new_id("reversal_id")],
    body: ReversalBody,
) -> ReversalAnswer:
    """Takes what is unspent of it; the resident owes the rest, and the wallet is frozen."""
    command = ReverseTopUp(
        entry_id=reversal_id, actor=admin.actor, top_up_id=body.top_up_id, reason=body.reason
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return _reversal(admin.region, accepted(request, receipt))


@router.get(
    "/admin/top-up-reversals/{reversal_id}",
    operation_id="getTopUpReversal",
    responses=TELLS_REFUSALS,
    summary="One reversed top-up",
)
async def get_top_up_reversal(
    request: Request, admin: Finance, reversal_id: Uuid
) -> ReversalAnswer:
    """What became of it."""
    entry = await look_up(request, admin.region, reversal_id, ReverseTopUp)
    return _reversal(admin.region, entry)


async def _top_up(request: Request, region: Region, entry: Entry) -> CounterTopUpAnswer:
    assert entry.holder_id is not None, "a top-up at the counter has a wallet"
    shops = await shops_of_entries(state_of(request), region.region_id, [entry.facts])
    told_grants = grants(entry.facts, shops, "top_up")
    return CounterTopUpAnswer(
        top_up_id=entry.entry_id,
        wallet_id=entry.holder_id,
        amount_yen=entry.amount,
        expires_on=date.fromisoformat(entry.facts["expires_on"]),
        bonus_points=sum(grant.rebate_points for grant in told_grants),
        grants=told_grants,
        topped_up_at=in_zone(entry.at, region),
        seq=entry.seq,
    )


def _reversal(region: Region, entry: Entry) -> ReversalAnswer:
    facts: dict[str, Any] = entry.facts
    assert entry.refers_to is not None, "a reversal has a top-up"
    clawed_back = facts.get("clawed_back", ())
    return ReversalAnswer(
        reversal_id=entry.entry_id,
        top_up_id=entry.refers_to,
        wallet_id=entry.holder_id,
        amount_yen=entry.amount,
        taken_yen=facts.get("taken_yen", entry.amount),
        owed_yen=facts.get("owed_yen", 0),
        bonus_points=sum(back["points"] for back in clawed_back),
        bonus_owed_yen=sum(back["owed_yen"] for back in clawed_back),
        reason=facts["reason"],
        reversed_at=in_zone(entry.at, region),
        seq=entry.seq,
    )
