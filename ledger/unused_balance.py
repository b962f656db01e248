"""Unused balance (未使用残高): what was issued, redeemed, expired, refunded, by kind of value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import allow
from ledger.find_seq import find_seq
from ledger.trial_balance import LONG_READ_S
from ledger.value_sums import Sums, sums_until

Column = Literal["issued", "redeemed", "expired", "refunded"]

_MOVES: Final[dict[tuple[str, bool], tuple[Column, int]]] = {
    ("top_up", False): ("issued", 1),
    ("suspense.placed", False): ("issued", 1),
    ("conversion", False): ("issued", 1),  # to a shop, for what was due to it
    ("conversion.returned", True): ("refunded", 1),
    ("top_up.reversed", True): ("refunded", 1),  # the money of a top-up went back
    ("payment", True): ("redeemed", 1),
    ("payment", False): ("issued", 1),  # points that a campaign granted
    ("benefit.used", False): ("issued", 1),
    ("refund", False): ("redeemed", -1),
    ("refund", True): ("issued", -1),  # points that a campaign took back
    ("void", False): ("redeemed", -1),
    ("void", True): ("issued", -1),
    ("vesting", True): ("issued", -1),  # pending points become points: no less, no more,
    ("vesting", False): ("issued", 1),  # but for those that settled a debt
    ("hold.rejected", True): ("issued", -1),
    ("expiry", True): ("expired", 1),
}
"""What a debit (True) or a credit of a wallet's value means, by the kind of its entry. Nobody paid
for free value, so none of it is refunded: what goes with a top-up was not issued."""

_KINDS: Final = text("SELECT kind, value FROM ledger.account_kind WHERE value IS NOT NULL")


@dataclass(slots=True)
class Issue:
    """What became of some value, in yen: what was undone is not counted."""

    issued: int = 0
    redeemed: int = 0
    expired: int = 0
    refunded: int = 0
    """Coin that went back for what was paid for it."""

    @property
    def unused(self) -> int:
        """Issued and neither redeemed nor expired nor refunded: what the wallets hold, if this is
        all since the region began."""
        return self.issued - self.redeemed - self.expired - self.refunded

    def add(self, column: Column, yen: int) -> None:
        """Count so much more of it."""
        setattr(self, column, getattr(self, column) + yen)

    def and_then(self, more: "Issue") -> "Issue":
        """This, and what came after it."""
        return Issue(
            self.issued + more.issued,
            self.redeemed + more.redeemed,
            self.expired + more.expired,
            self.refunded + more.refunded,
        )


@dataclass(frozen=True, slots=True)
class KindOfValue:
    """A kind of account that holds residents' value."""

    kind: str
    value: str
    """`paid` or `free`."""


@dataclass(frozen=True, slots=True)
class UnusedBalance:
    """The books that the Payment Services Act asks for (docs/RULES.md, section 5)."""

    seq: int
    """The newest entry that is counted."""
    kinds: Mapping[KindOfValue, Issue] = field(default_factory=dict)
    """Every kind of value, those too of which there is nothing."""

    @property
    def paid(self) -> Issue:
        """Coin, bought by residents."""
        return self._sum("paid")

    @property
    def free(self) -> Issue:
        """Points, granted by campaigns, also those that are pending."""
        return self._sum("free")

    def _sum(self, value: str) -> Issue:
        total = Issue()
        for kind, issue in self.kinds.items():
            if kind.value == value:
                total = total.and_then(issue)
        return total


async def unused_balance(
    session: AsyncSession, region_id: int, day: date | None = None
) -> UnusedBalance:
    """The unused balance at the end of a business date; as it stands now where none is named.

    It reads every posting since the last base date that is remembered, and of that half-year's end
    none: about four seconds for five million of them.
    """
    await allow(session, LONG_READ_S)
    seq = await find_seq(session, region_id, day)
    return (await unused_balances(session, region_id, 0, seq))[1]


async def unused_balances(
    session: AsyncSession, region_id: int, after_seq: int, until_seq: int
) -> tuple[UnusedBalance, UnusedBalance]:
    """What became of value up to the first number, and what became of it from there up to the
    second. The caller allows for a long read.
    """
    kinds = [KindOfValue(*row) for row in await session.execute(_KINDS)]
    before = await sums_until(session, region_id, after_seq)
    until = await sums_until(session, region_id, until_seq)
    later = {move: yen - before.get(move, 0) for move, yen in until.items()}
    return _issues(after_seq, kinds, before), _issues(until_seq, kinds, later)


def _issues(seq: int, kinds: Iterable[KindOfValue], sums: Sums) -> UnusedBalance:
    issues = {kind: Issue() for kind in kinds}
    for move, yen in sums.items():
        column, sign = meaning_of(move.entry_kind, move.is_debit, move.value)
        issues[KindOfValue(move.kind, move.value)].add(column, sign * yen)
    return UnusedBalance(seq, issues)


def meaning_of(entry_kind: str, is_debit: bool, value: str) -> tuple[Column, int]:
    """What a posting on a wallet's value counts as, and with which sign."""
    move = (entry_kind, is_debit)
    assert move in _MOVES, f"the books do not say what {entry_kind} does to value"
    column, sign = _MOVES[move]
    return ("issued", -sign) if column == "refunded" and value == "free" else (column, sign)


def is_base_date(day: date) -> bool:
    """Whether the unused balance of this day is reported: 31 March and 30 September."""
    return (day.month, day.day) in {(3, 31), (9, 30)}


def base_date_before(day: date) -> date:
    """The last base date before a day."""
    return max(base for base in _base_dates_about(day) if base < day)


def base_date_from(day: date) -> date:
    """The first base date that is not before a day."""
    return min(base for base in _base_dates_about(day) if base >= day)


def _base_dates_about(day: date) -> list[date]:
    years = (day.year - 1, day.year, day.year + 1)
    return [base for year in years for base in (date(year, 3, 31), date(year, 9, 30))]
