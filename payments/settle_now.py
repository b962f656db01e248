"""Settle one merchant on demand, for a fee (随時精算): a run of its own, for what is due by now."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from core.errors import Problem, problem
from core.ids import NIL
from core.one_at_a_time import one_at_a_time
from ledger import tables as ledger_tables
from ledger.books import Books, CounterKey
from ledger.command import ID_IN_USE
from ledger.draft import Draft
from ledger.find_seq import find_seq
from ledger.post import post
from ledger.read_counter import read_counter
from ledger.regions import Region
from merchants.bank_file import NOTHING_TO_TRANSFER
from merchants.calendar import pay_day_on_demand
from merchants.contacts import write_to_contacts
from merchants.fees import fee_yen, on_demand_fee_yen, tax_yen
from merchants.read_settlements import Wanted, find_run, list_settlements
from merchants.settlement import Settlement, run_on_demand
from merchants.settlement_figures import Figures, figures_of
from merchants.settlement_rules import SettlementRules
from merchants.settlement_tables import settlement, settlement_run
from merchants.tables import merchant
from payments.close_settlement import SETTLEMENT_OVERTAKEN, CloseSettlement
from payments.prepare import prepare
from payments.reads import read_settings
from payments.settings import settings_of

SETTLEMENT_NOT_OFFERED: Final = problem(
    "settlement-not-offered", 404, "Merchants are not settled on demand in this region."
)
MERCHANT_SUSPENDED: Final = problem(
    "merchant-suspended", 409, "The merchant is suspended: what is due to it is kept back."
)
SETTLEMENTS_ENOUGH: Final = problem(
    "settlements-enough", 409, "The merchant was settled on demand as often as a day allows."
)
MERCHANT_NOT_TOLD: Final = problem(
    "merchant-not-told", 409, "No contact of the merchant could be told: its owner has to ask."
)

_ASKED: Final = (
    "会計担当者が随時精算を申し込みました。手数料と金額は管理画面でご確認ください。\n"
    "An accountant of yours has asked for a settlement on demand. The console has fee and sum.\n"
)
"""It names no sum and no account: the console has both."""
_RUN: Final = settlement_run.c


@dataclass(frozen=True, slots=True)
class Offer:
    """What a settlement on demand would be now; amounts in yen."""

    first_day: date
    last_day: date
    """The region's today."""
    pays_on: date
    until_seq: int
    figures: Figures
    tax_bp: int
    fee_yen: int
    """All of it, without tax."""
    on_demand_fee_yen: int
    """The part of it that is for not waiting."""
    tax_yen: int

    @property
    def payout_yen(self) -> int:
        """What would be paid out."""
        return self.figures.due_yen - self.fee_yen - self.tax_yen


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseOnDemand(CloseSettlement):
    """The same entry as that of a period, since it moves the same money; a day has so many."""

    on_demand_fee_yen: int

    def decide(self, books: Books) -> Draft:
        """Refuses merchant-suspended, settlements-enough, and what a period's refuses."""
        found = books.holder(self.merchant_id, "merchant")
        if found is not None and found.state == "suspended":
            raise Problem(MERCHANT_SUSPENDED)
        today = _asked_on(self.merchant_id, books.today)
        most = settings_of(books).settlement.on_demand.per_day
        if books.used(today) >= most:
            raise Problem(SETTLEMENTS_ENOUGH, per_day=most)
        _check_there(books, self.merchant_id, self.due_yen)
        draft = CloseSettlement.decide(self, books)
        draft.count(today, 1, most)
        draft.facts["on_demand_fee_yen"] = self.on_demand_fee_yen
        return draft


async def offer_of(db: AsyncSession, region: Region, merchant_id: UUID, now: datetime) -> Offer:
    """What it would be, if it was asked for at `now`.

    Refuses settlement-not-offered, merchant-suspended, settlements-enough, nothing-to-transfer
    where less than the region's minimum would be paid, and bank-days-unknown.
    """
    settings = await read_settings(db, region.region_id)
    if settings is None or not settings.settlement.on_demand.is_offered:
        raise Problem(SETTLEMENT_NOT_OFFERED)
    rules = settings.settlement
    until_seq = await find_seq(db, region.region_id, None)
    found = await figures_of(db, region.region_id, [merchant_id], until_seq)
    if not found:
        raise Problem(NOTHING_TO_TRANSFER, minimum_yen=rules.on_demand.minimum_yen)
    [figures] = found
    if figures.state == "suspended":
        raise Problem(MERCHANT_SUSPENDED)
    today = region.day_of(now)
    most = rules.on_demand.per_day
    if await read_counter(db, region.region_id, _asked_on(merchant_id, today)) >= most:
        raise Problem(SETTLEMENTS_ENOUGH, per_day=most)
    first_day = min(today, await _first_day(db, region, figures))
    offer = _offer(rules, first_day, today, until_seq, figures)
    if offer.payout_yen < rules.on_demand.minimum_yen:
        raise Problem(NOTHING_TO_TRANSFER, minimum_yen=rules.on_demand.minimum_yen)
    return offer


async def settle_now(
    db: AsyncSession, region: Region, settlement_id: UUID, merchant_id: UUID, doer: Doer,
    now: datetime,
) -> tuple[Settlement, bool]:  # fmt: skip
    """The settlement, and whether it stood there before: the same id is one, as it stands now.

    Its run is a draft as those of periods are, and goes their way. Entry and rows stand together,
    or not at all. Refuses what `offer_of` refuses, id-in-use, and merchant-not-told to
    an accountant of whose wish nobody would hear.
    """
    region_id = region.region_id
    await one_at_a_time(db, region_id, f"settle now {merchant_id}")
    run_id = run_on_demand(region.code, settlement_id)
    known = await find_run(db, region_id, run_id)
    if known is not None:
        if (known.merchant_id, known.asked_by) != (merchant_id, doer.actor):
            raise Problem(ID_IN_USE)
        return await _found(db, region_id, settlement_id), True
    offer = await offer_of(db, region, merchant_id, now)
    await db.execute(insert(settlement_run).values(_run(region_id, run_id, offer, doer)))
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="settlement.asked",
        object_id=settlement_id, merchant_id=str(merchant_id),
    )  # fmt: skip
    if doer.role == "accountant" and not await write_to_contacts(
        db, region_id, merchant_id, "settlement asked", _ASKED
    ):
        raise Problem(MERCHANT_NOT_TOLD)
    command = CloseOnDemand(
        entry_id=settlement_id,
        actor=doer.actor,
        merchant_id=merchant_id,
        until_seq=offer.until_seq,
        **offer.figures.parts,
        fee_yen=offer.fee_yen,
        tax_yen=offer.tax_yen,
        on_demand_fee_yen=offer.on_demand_fee_yen,
    )
    closed = (await post(db, region_id, command, prepare)).accepted()
    row = {
        "region_id": region_id,
        "settlement_id": settlement_id,
        "run_id": run_id,
        "merchant_id": merchant_id,
        "until_seq": offer.until_seq,
        **offer.figures.parts,
        "due_yen": offer.figures.due_yen,
        "fee_yen": offer.fee_yen,
        "on_demand_fee_yen": offer.on_demand_fee_yen,
        "tax_yen": offer.tax_yen,
        "tax_bp": offer.tax_bp,
        "payout_yen": offer.payout_yen,
        "state": "due",
        "closed_seq": closed.seq,
    }
    await db.execute(insert(settlement).values(row))
    return await _found(db, region_id, settlement_id), False


def _asked_on(merchant_id: UUID, day: date) -> CounterKey:
    """The counter of the settlements that a merchant asked for on one day."""
    return CounterKey(merchant_id, "settled.day", NIL, day)


def _check_there(books: Books, merchant_id: UUID, due_yen: int) -> None:
    """Raises settlement-overtaken where a refund or a conversion has taken of it since it was read:
    who asks now is told the new figures, and owes nothing for having asked.
    """
    held = ("payable", "cashback")
    accounts = [each for kind in held for each in books.accounts_of(merchant_id, kind)]
    if sum(account.balance for account in accounts) < due_yen:
        raise Problem(SETTLEMENT_OVERTAKEN, retry_after=1)


def _offer(
    rules: SettlementRules, first_day: date, today: date, until_seq: int, figures: Figures
) -> Offer:
    """All of its fees are taxed together, once."""
    extra = on_demand_fee_yen(rules, figures.due_yen)
    net_yen = figures.sales_yen - figures.refunded_yen
    share = fee_yen(rules, figures.merchant_class, net_yen, today, figures.converted_yen)
    fee = share + extra
    return Offer(
        first_day, today, pay_day_on_demand(rules, today), until_seq, figures,
        rules.tax_bp, fee, extra, tax_yen(rules, fee),
    )  # fmt: skip


def _run(region_id: int, run_id: UUID, offer: Offer, doer: Doer) -> dict[str, Any]:
    """There is nobody else to wait for: it is a draft at once."""
    return {
        "region_id": region_id,
        "run_id": run_id,
        "first_day": offer.first_day,
        "last_day": offer.last_day,
        "pays_on": offer.pays_on,
        "until_seq": offer.until_seq,
        "state": "draft",
        "closed_at": func.clock_timestamp(),
        "merchant_id": offer.figures.merchant_id,
        "asked_by": doer.actor,
    }


async def _first_day(db: AsyncSession, region: Region, figures: Figures) -> date:
    """The day after whose beginning nothing was settled: of the next entry, or of the opening."""
    if figures.from_seq == 0:
        of_merchant = merchant.c.region_id == region.region_id
        opened = select(merchant.c.opened_at).where(
            of_merchant, merchant.c.merchant_id == figures.merchant_id
        )
        return region.day_of((await db.execute(opened)).scalar_one())
    entry = ledger_tables.entry.c
    query = select(entry.business_date).where(
        entry.region_id == region.region_id, entry.seq == figures.from_seq + 1
    )
    day: date = (await db.execute(query)).scalar_one()
    return day


async def _found(db: AsyncSession, region_id: int, settlement_id: UUID) -> Settlement:
    [found] = await list_settlements(db, region_id, Wanted(settlement_id=settlement_id), None, 1)
    return found
