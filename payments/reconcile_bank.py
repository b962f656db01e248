"""Compare the ledger's bank account with what the banks say, and tell what the difference is of."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_ACCOUNTS: Final = text("""
    SELECT a.account_id, a.label, s.first_day, s.last_day, count(l.line_id),
           coalesce(sum(l.amount_yen) FILTER (WHERE l.is_incoming), 0),
           coalesce(sum(l.amount_yen) FILTER (WHERE NOT l.is_incoming), 0),
           o.opening_yen, c.closing_yen
      FROM merchants.own_account a
     CROSS JOIN LATERAL (SELECT min(first_day) AS first_day, max(last_day) AS last_day
                           FROM merchants.bank_statement
                          WHERE region_id = :region AND account_id = a.account_id) s
      LEFT JOIN LATERAL (SELECT opening_yen FROM merchants.bank_statement
                          WHERE region_id = :region AND account_id = a.account_id
                          ORDER BY first_day, last_day, statement_id LIMIT 1) o ON true
      LEFT JOIN LATERAL (SELECT closing_yen FROM merchants.bank_statement
                          WHERE region_id = :region AND account_id = a.account_id
                          ORDER BY last_day DESC, imported_at DESC LIMIT 1) c ON true
      LEFT JOIN merchants.bank_line l ON l.region_id = :region AND l.account_id = a.account_id
     WHERE a.region_id = :region
     GROUP BY a.account_id, a.label, s.first_day, s.last_day, o.opening_yen, c.closing_yen
     ORDER BY a.account_id
""")

_PARTS: Final = text("""
    WITH line AS (
        SELECT CASE WHEN l.is_incoming THEN l.amount_yen ELSE -l.amount_yen END AS yen,
               CASE WHEN m.entry_id IS NULL THEN coalesce(m.kind, 'open') END AS kind,
               coalesce(m.fee_yen, 0) AS fee_yen
          FROM merchants.bank_line l
          LEFT JOIN merchants.line_match m
            ON m.region_id = :region AND m.line_id = l.line_id AND m.undone_at IS NULL
         WHERE l.region_id = :region
    ), entered AS (
        SELECT coalesce(sum(s.payout_yen) FILTER (WHERE s.paid_seq IS NOT NULL
                   AND NOT EXISTS (SELECT FROM merchants.line_match m
                                    WHERE m.region_id = :region
                                      AND ((m.kind = 'file' AND m.target_id = s.file_id)
                                           OR (m.kind = 'transfer'
                                               AND m.target_id = s.settlement_id))
                                      AND m.undone_at IS NULL)), 0)
               AS paid_yen,
               coalesce(sum(s.payout_yen) FILTER (WHERE s.returned_seq IS NOT NULL
                   AND NOT EXISTS (SELECT FROM merchants.line_match m
                                    WHERE m.region_id = :region AND m.kind = 'return'
                                      AND m.target_id = s.settlement_id
                                      AND m.undone_at IS NULL)), 0) AS returned_yen
          FROM merchants.settlement s
         WHERE s.region_id = :region AND s.paid_seq IS NOT NULL
    )
    SELECT coalesce((SELECT sum(balance) FROM ledger.account
                      WHERE region_id = :region AND kind = 'bank'
                        AND holder_id = '00000000-0000-0000-0000-000000000000'), 0),
           coalesce(sum(yen), 0), coalesce(sum(yen) FILTER (WHERE kind = 'open'), 0),
           coalesce(sum(yen) FILTER (WHERE kind = 'aside'), 0),
           coalesce(sum(yen) FILTER (WHERE kind = 'funding'), 0),
           coalesce(sum(yen) FILTER (WHERE kind = 'provider'), 0),
           -coalesce(sum(fee_yen), 0),
           (SELECT returned_yen - paid_yen FROM entered)
           + coalesce((SELECT sum(CASE e.kind WHEN 'debit_note.paid' THEN e.amount
                                              ELSE -e.amount END) FROM merchants.debit_note d
                         JOIN ledger.entry e
                           ON e.region_id = :region AND e.refers_to = d.note_id
                          AND e.kind IN ('debit_note.paid', 'debit_note.paid_back')
                          AND e.refusal IS NULL
                        WHERE d.region_id = :region
                          AND NOT EXISTS (SELECT FROM merchants.line_match m
                                           WHERE m.region_id = :region AND m.entry_id = e.entry_id
                                             AND m.undone_at IS NULL)), 0)
      FROM line
""")


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """What an own account's statements say; amounts in yen."""

    account_id: UUID
    label: str
    first_day: date | None
    last_day: date | None
    lines: int
    incoming_yen: int
    outgoing_yen: int
    opening_yen: int | None
    closing_yen: int | None

    @property
    def gap_yen(self) -> int | None:
        """By how much the last balance is not the first one with all lines: a statement is missing.

        None where the bank says no balances.
        """
        if self.opening_yen is None or self.closing_yen is None:
            return None
        return self.closing_yen - self.opening_yen - self.incoming_yen + self.outgoing_yen


@dataclass(frozen=True, slots=True)
class Difference:
    """The ledger's bank account, all lines, and what is only in one of them; amounts in yen."""

    ledger_yen: int
    lines_yen: int
    open_yen: int
    aside_yen: int
    fundings_yen: int
    """Matched before there were entries for money that came; so is what providers sent."""
    providers_yen: int
    fees_yen: int
    entered_yen: int
    """Entered without a line: it is in the ledger alone."""

    @property
    def difference_yen(self) -> int:
        """Lines less ledger."""
        return self.lines_yen - self.ledger_yen

    @property
    def unexplained_yen(self) -> int:
        """0, but while a file is being paid: then what is still to be entered of it."""
        told = self.open_yen + self.aside_yen + self.fundings_yen + self.providers_yen
        return self.difference_yen - told - self.fees_yen + self.entered_yen


async def reconcile_bank(
    db: AsyncSession, region_id: int
) -> tuple[list[AccountFigures], Difference]:
    """Each own account, and the region as a whole: its ledger has one account of the bank."""
    given = {"region": region_id}
    accounts = [
        AccountFigures(UUID(int=row[0].int), *row[1:4], *map(_whole, row[4:]))
        for row in await db.execute(_ACCOUNTS, given)
    ]
    parts = (await db.execute(_PARTS, given)).one()
    return accounts, Difference(*map(int, parts))


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
