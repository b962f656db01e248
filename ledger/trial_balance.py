"""Trial balance (試算表): what was debited, credited and stands on each kind of account."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import allow
from ledger.find_seq import find_seq

LONG_READ_S: Final = 120
"""Reading the whole journal may take longer than anything that somebody pays by."""

# Postings are added up by account before they meet their accounts: that is the cheaper order.
_LINES: Final = text("""
    SELECT k.kind, k.class, k.value,
           coalesce(sum(moved.debits), 0)::bigint AS debits,
           coalesce(sum(moved.credits), 0)::bigint AS credits
      FROM ledger.account_kind k
      LEFT JOIN (ledger.account a
                 JOIN (SELECT p.account_no,
                              sum(p.amount) FILTER (WHERE p.is_debit) AS debits,
                              sum(p.amount) FILTER (WHERE NOT p.is_debit) AS credits
                         FROM ledger.posting p
                        WHERE p.region_id = :region AND p.seq <= :seq
                        GROUP BY p.account_no) moved
                   ON a.region_id = :region AND a.account_no = moved.account_no)
        ON a.kind = k.kind
     GROUP BY k.kind, k.class, k.value
     ORDER BY array_position(ARRAY['asset', 'liability', 'income'], k.class), k.value, k.kind
""")


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of account; all amounts in yen (or points, 1 = ¥1), since the region began."""

    kind: str
    account_class: str
    value: str | None
    """`paid` for bought value, `free` for granted value; None for accounts that hold neither."""
    debit_yen: int
    credit_yen: int

    @property
    def balance_yen(self) -> int:
        """What stands on these accounts, on their own side: assets are debits."""
        on_debit_side = self.debit_yen - self.credit_yen
        return on_debit_side if self.account_class == "asset" else -on_debit_side


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every kind of account, those that were never used too."""

    seq: int
    """The newest entry that is counted."""
    lines: tuple[Line, ...]

    @property
    def debit_yen(self) -> int:
        """All debits."""
        return sum(line.debit_yen for line in self.lines)

    @property
    def credit_yen(self) -> int:
        """All credits: the same sum, or the books are broken."""
        return sum(line.credit_yen for line in self.lines)


async def trial_balance(
    session: AsyncSession, region_id: int, day: date | None = None
) -> TrialBalance:
    """The trial balance at the end of a business date; as it stands now where none is named.

    It reads every posting until then: about two seconds for five million of them.
    """
    await allow(session, LONG_READ_S)
    seq = await find_seq(session, region_id, day)
    rows = await session.execute(_LINES, {"region": region_id, "seq": seq})
    return TrialBalance(seq, tuple(Line(*row) for row in rows))
