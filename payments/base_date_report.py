"""The report of a base date (基準日報告): value by its kinds over a half-year, and the deposit."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.database import allow
from core.errors import Problem, problem
from ledger.find_seq import find_seq
from ledger.trial_balance import LONG_READ_S
from ledger.unused_balance import (
    Issue,
    KindOfValue,
    UnusedBalance,
    base_date_before,
    base_date_from,
    is_base_date,
    unused_balances,
)
from payments.deposit import Deposit, IssuerKind, deposit_due
from payments.reads import read_settings

DAY_BEFORE_REGION: Final = problem(
    "day-before-region", 422, "The region had not begun by the end of that day."
)
NOT_A_BASE_DATE: Final = problem("not-a-base-date", 422, "A base date is 31 March or 30 September.")


@dataclass(frozen=True, slots=True)
class Line:
    """Some value over the half-year and since the region began; in yen."""

    before: Issue
    """Until the base date before."""
    in_period: Issue
    """Since then."""

    @property
    def in_total(self) -> Issue:
        """Since the region began."""
        return self.before.and_then(self.in_period)


@dataclass(frozen=True, slots=True)
class BaseDateReport:
    """What the books say of one base date."""

    base_date: date
    previous: date
    """The base date before: the half-year begins on the day after it."""
    seq: int
    """The newest entry that is counted."""
    is_final: bool
    """Whether the base date is over; if not, this is how it stands now."""
    kinds: dict[KindOfValue, Line]
    paid: Line
    free: Line
    issuer_kind: IssuerKind
    """By the setting of now."""
    deposit: Deposit


async def read_base_date_report(
    session: AsyncSession, region_id: int, base_date: date | None, today: date
) -> BaseDateReport:
    """The report of a base date that has begun; of the half-year in course where none is named.

    Refuses not-a-base-date, day-before-region.
    """
    if base_date is not None and not is_base_date(base_date):
        raise Problem(NOT_A_BASE_DATE, previous=base_date_before(base_date).isoformat())
    shown = base_date or base_date_from(today)
    previous = base_date_before(shown)
    await allow(session, LONG_READ_S)
    until_seq = await find_seq(session, region_id, shown)
    settings = await read_settings(session, region_id)
    if until_seq == 0 or settings is None:
        raise Problem(DAY_BEFORE_REGION)
    after_seq = await find_seq(session, region_id, previous)
    before, later = await unused_balances(session, region_id, after_seq, until_seq)
    paid = Line(before.paid, later.paid)
    return BaseDateReport(
        base_date=shown,
        previous=previous,
        seq=until_seq,
        is_final=shown < today,
        kinds=_lines(before, later),
        paid=paid,
        free=Line(before.free, later.free),
        issuer_kind=settings.issuer_kind,
        deposit=deposit_due(settings.issuer_kind, paid.in_total.unused),
    )


def _lines(before: UnusedBalance, later: UnusedBalance) -> dict[KindOfValue, Line]:
    """Bought value first, and by name."""
    kinds = sorted(before.kinds, key=lambda kind: (kind.value != "paid", kind.kind))
    return {kind: Line(before.kinds[kind], later.kinds[kind]) for kind in kinds}
