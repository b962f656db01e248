"""Unused balance (未使用残高): what was issued, redeemed and expired, bought and granted apart."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ledger.find_seq import find_seq
from ledger.trial_balance import LONG_READ

Column = Literal["issued", "redeemed", "expired"]

_MOVES: Final[dict[tuple[str, bool], tuple[Column, int]]] = {
    ("top_up", False): ("issued", 1),
    ("suspense.placed", False): ("issued", 1),
    ("top_up.reversed", True): ("issued", -1),
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
"""What a debit (True) or a credit of a wallet's value means, by the kind of its entry."""

_SUMS: Final = text("""
    SELECT a.value, e.kind, p.is_debit, sum(p.amount)::bigint
      FROM ledger.posting p
      JOIN ledger.account a ON a.region_id = :region AND a.account_no = p.account_no
      JOIN ledger.entry e ON e.region_id = :region AND e.entry_id = p.entry_id
     WHERE p.region_id = :region AND p.seq <= :seq AND a.value IS NOT NULL
     GROUP BY a.value, e.kind, p.is_debit
""")


@dataclass(slots=True)
class Issue:
    """One kind of value since the region began, in yen: what was undone is not counted."""

    issued: int = 0
    redeemed: int = 0
    expired: int = 0

    @property
    def unused(self) -> int:
        """Issued and neither redeemed nor expired: what the wallets hold."""
        return self.issued - self.redeemed - self.expired


@dataclass(frozen=True, slots=True)
class UnusedBalance:
    """The books that the Payment Services Act asks for (docs/RULES.md, section 5)."""

    seq: int
    """The newest entry that is counted."""
    paid: Issue
    """Coin, bought by residents."""
    free: Issue
    """Points, granted by campaigns, also those that are pending."""


async def unused_balance(
    session: AsyncSession, region_id: int, day: date | None = None
) -> UnusedBalance:
    """The unused balance at the end of a business date; as it stands now where none is named.

    It reads every posting until then: about four seconds for five million of them.
    """
    await session.execute(LONG_READ)
    seq = await find_seq(session, region_id, day)
    issues = {"paid": Issue(), "free": Issue()}
    for value, kind, is_debit, amount in await session.execute(
        _SUMS, {"region": region_id, "seq": seq}
    ):
        assert (kind, is_debit) in _MOVES, f"the books do not say what {kind} does to value"
        column, sign = _MOVES[kind, is_debit]
        issue = issues[value]
        setattr(issue, column, getattr(issue, column) + sign * amount)
    return UnusedBalance(seq, issues["paid"], issues["free"])


def is_base_date(day: date) -> bool:
    """Whether the unused balance of this day is reported: 31 March and 30 September."""
    return (day.month, day.day) in {(3, 31), (9, 30)}
