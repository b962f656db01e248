"""The countersign of a payment, the same for the resident who paid and for the shop."""

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.fields import Uuid
from api.identity import Resident
from api.merchants import Staff, find_sold
from api.shop_payments import find_made
from api.shop_wallets import Looker
from api.state import State, state_of
from core.errors import Problem
from ledger.books import Entry
from ledger.regions import Region
from ledger.statement import find_entry
from payments.countersign import CHANGES_S, Colour, Countersign, countersigns_of
from payments.give_back import PAYMENT_UNKNOWN
from payments.pay import Pay

router = v1_router("residents: payments")
of_stores = v1_router("merchants")
of_shops = v1_router("merchants: wallet")


class CountersignAnswer(Answer):
    """What both screens show from one moment on."""

    word: str = Field(examples=["さくら"])
    colour: Colour
    colour_code: str = Field(examples=["#c62828"])
    number: str = Field(examples=["07"])
    shown_from: datetime


class CountersignsAnswer(Answer):
    """The countersign of this moment, and the next one."""

    payment_id: UUID
    amount_yen: int = Field(examples=[1200])
    now: CountersignAnswer
    next: CountersignAnswer
    changes_at: datetime
    """From then on `next` is shown; ask again some seconds later."""


@router.get(
    "/payments/{payment_id}/countersign",
    operation_id="getCountersign",
    summary="What the phone shows to the shop after a payment",
)
async def get_countersign(
    request: Request, resident: Resident, payment_id: Uuid
) -> CountersignsAnswer:
    """A word, a colour and a number; the shop's screen has the same at the same moment. A payment
    that was refused has none.
    """
    state, region = state_of(request), resident.region
    async with state.database.snapshot(region.region_id) as session:
        entry = await find_entry(session, region.region_id, payment_id)
    is_mine = entry is not None and (entry.kind, entry.actor) == (Pay.kind, resident.actor)
    if entry is None or not is_mine or entry.refusal is not None:
        raise Problem(PAYMENT_UNKNOWN)
    return _answer(state, region, entry)


@of_stores.get(
    "/stores/{store_id}/payments/{payment_id}/countersign",
    operation_id="getStoreCountersign",
    summary="What the till shows of a payment, to be compared with the phone",
)
async def get_store_countersign(
    request: Request, staff: Staff, store_id: Uuid, payment_id: Uuid
) -> CountersignsAnswer:
    """Whoever shows another one did not make this payment, or shows an old picture of it."""
    state, region = state_of(request), staff.region
    async with state.database.snapshot(region.region_id) as session:
        entry = await find_sold(session, staff, store_id, payment_id)
    return _answer(state, region, entry)


@of_shops.get(
    "/merchant/payments/{payment_id}/countersign",
    operation_id="getShopPaymentCountersign",
    summary="What my merchant shows to the shop that it paid",
)
async def get_shop_payment_countersign(
    request: Request, staff: Looker, payment_id: Uuid
) -> CountersignsAnswer:
    """The same as a resident shows after a payment. One that was refused has none."""
    state, region = state_of(request), staff.region
    async with state.database.snapshot(region.region_id) as session:
        entry = await find_made(session, staff, payment_id)
    if entry.refusal is not None:
        raise Problem(PAYMENT_UNKNOWN)
    return _answer(state, region, entry)


def _answer(state: State, region: Region, entry: Entry) -> CountersignsAnswer:
    now = state.clock.now()
    shown, following = countersigns_of(state.vault.mac, entry.entry_id, entry.at, now)
    return CountersignsAnswer(
        payment_id=entry.entry_id,
        amount_yen=entry.amount,
        now=_told(region, shown),
        next=_told(region, following),
        changes_at=in_zone(shown.shown_from + timedelta(seconds=CHANGES_S), region),
    )


def _told(region: Region, shown: Countersign) -> CountersignAnswer:
    return CountersignAnswer(
        word=shown.word,
        colour=shown.colour,
        colour_code=shown.colour_code,
        number=shown.number,
        shown_from=in_zone(shown.shown_from, region),
    )
