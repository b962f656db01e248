"""What merchants are due up to a number of the journal: from their postings, however late.

The same numbers give the same figures, since entries are never changed and none comes in between.
So a close that runs twice, late, or amid payments and refunds comes to one result.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ledger.past_balances import PLACES

# The postings of each account are numbered without a gap, so two binary searches find the stretch
# that a settlement covers, and only that is read. What settlements themselves moved is told apart
# by the numbers of their entries: closing took it, a rejection or a returned transfer brought it
# back. So is what a shop converted: few merchants have a wallet, and its entries name them.
_FIGURES: Final = f"""
    WITH RECURSIVE merchant AS (
        SELECT h.holder_id AS merchant_id, h.state, h.facts ->> 'merchant_class' AS merchant_class,
               coalesce(c.value, 0) AS from_seq
          FROM ledger.holder h
          LEFT JOIN ledger.counter c
            ON c.region_id = h.region_id AND c.subject_id = h.holder_id AND c.name = 'settled'
           AND c.scope_id = '00000000-0000-0000-0000-000000000000' AND c.period = 'infinity'
         WHERE h.region_id = :region AND h.holder_id = ANY (CAST(:merchants AS uuid[]))
           AND coalesce(c.value, 0) <= :until  -- or it was settled on demand since
    ), own AS MATERIALIZED (
        SELECT s.merchant_id,
               array_agg(n.seq) FILTER (WHERE NOT n.comes_back) AS taken,
               array_agg(n.seq) FILTER (WHERE n.comes_back) AS back
          FROM merchant m
          JOIN merchants.settlement s
            ON s.region_id = :region AND s.merchant_id = m.merchant_id
         CROSS JOIN LATERAL (VALUES (s.closed_seq, false), (s.rejected_seq, true),
                                    (s.returned_seq, true)) n(seq, comes_back)
         WHERE n.seq > m.from_seq AND n.seq <= :until
         GROUP BY s.merchant_id
    ), converted AS MATERIALIZED (
        SELECT m.merchant_id, array_agg(e.seq) AS seqs
          FROM merchant m
          JOIN ledger.holder w
            ON w.region_id = :region AND w.subject_id = m.merchant_id AND w.kind = 'shop_wallet'
          JOIN ledger.entry e
            ON e.region_id = :region AND e.holder_id = w.holder_id AND e.refusal IS NULL
           AND e.kind IN ('conversion', 'conversion.returned')
           AND e.seq > m.from_seq AND e.seq <= :until
         GROUP BY m.merchant_id
    ), account AS (
        SELECT m.merchant_id, m.from_seq, a.account_no, a.kind,
               coalesce(own.taken, '{{}}') AS taken, coalesce(own.back, '{{}}') AS back,
               coalesce(converted.seqs, '{{}}') AS converted
          FROM merchant m
          LEFT JOIN own ON own.merchant_id = m.merchant_id
          LEFT JOIN converted ON converted.merchant_id = m.merchant_id
          JOIN ledger.account a ON a.region_id = :region AND a.holder_id = m.merchant_id
           AND a.is_open AND a.kind IN ('payable', 'cashback', 'merchant_receivable')
    ), wanted AS (
        SELECT account_no, from_seq AS until FROM account
        UNION SELECT account_no, CAST(:until AS bigint) FROM account
    ), {PLACES}, place AS MATERIALIZED (
        SELECT account_no, until, low AS version FROM search WHERE low = high
    ), stretch AS MATERIALIZED (  -- or the planner, who takes it for one row, asks for each posting
        SELECT a.*, b.version AS first, e.version AS last
          FROM account a
          JOIN place b ON b.account_no = a.account_no AND b.until = a.from_seq
          JOIN place e ON e.account_no = a.account_no AND e.until = :until
    ), moved AS (
        SELECT a.merchant_id, a.kind, p.is_debit, p.amount, p.seq = ANY (a.back) AS comes_back,
               p.seq = ANY (a.converted) AS is_converted
          FROM stretch a
         CROSS JOIN LATERAL (SELECT p.seq, p.is_debit, p.amount FROM ledger.posting p
                              WHERE p.region_id = :region AND p.account_no = a.account_no
                                AND p.version > a.first AND p.version <= a.last) p
         WHERE p.seq <> ALL (a.taken)
    ), sums AS (
        SELECT merchant_id,
               sum(amount) FILTER (WHERE kind = 'payable' AND NOT is_debit
                                   AND NOT comes_back AND NOT is_converted) AS sales,
               sum(amount) FILTER (WHERE kind = 'payable' AND is_debit
                                   AND NOT comes_back AND NOT is_converted) AS refunded,
               sum(CASE WHEN is_debit THEN amount ELSE -amount END)
                   FILTER (WHERE kind = 'payable' AND is_converted) AS converted,
               sum(CASE WHEN is_debit THEN -amount ELSE amount END)
                   FILTER (WHERE kind = 'cashback' AND NOT comes_back) AS cashback,
               sum(amount) FILTER (WHERE kind = 'payable' AND NOT is_debit AND comes_back)
                   AS returned,
               sum(CASE WHEN is_debit THEN amount ELSE -amount END)
                   FILTER (WHERE kind = 'merchant_receivable' AND NOT comes_back) AS owed
          FROM moved GROUP BY merchant_id
    )
    SELECT m.merchant_id, m.merchant_class, m.state, m.from_seq,
           coalesce(sales, 0)::bigint, coalesce(refunded, 0)::bigint,
           coalesce(cashback, 0)::bigint, coalesce(returned, 0)::bigint, coalesce(owed, 0)::bigint,
           coalesce(converted, 0)::bigint
      FROM merchant m LEFT JOIN sums USING (merchant_id)
     WHERE sums.merchant_id IS NOT NULL OR m.state = 'leaving'
     ORDER BY m.merchant_id
"""  # noqa: S608  (all of it is ours)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a merchant did since its last settlement; amounts in yen."""

    merchant_id: UUID
    merchant_class: str
    state: str
    from_seq: int
    """The number up to which it was settled before; 0 for one that never was."""
    sales_yen: int
    refunded_yen: int
    """Refunds and voids, as far as they came from what was due."""
    cashback_yen: int
    """Less what refunds took back, so it may be below zero."""
    returned_yen: int
    """Settlements that were rejected, and transfers that a bank returned."""
    owed_yen: int
    """What refunds left to be owed, less what was paid of it."""
    converted_yen: int
    """What the shop made coin of, less what of that came back; it may be below zero."""

    @property
    def parts(self) -> dict[str, int]:
        """By their names, as rows, commands and facts have them."""
        return {
            name: getattr(self, name)
            for name in (
                *("from_seq", "sales_yen", "refunded_yen", "cashback_yen", "returned_yen"),
                *("owed_yen", "converted_yen"),
            )
        }

    @property
    def due_yen(self) -> int:
        """What is to be paid out, before any fee; below zero where more was given back."""
        return (
            self.sales_yen
            - self.refunded_yen
            + self.cashback_yen
            + self.returned_yen
            - self.owed_yen
            - self.converted_yen
        )


async def figures_of(
    session: AsyncSession, region_id: int, merchant_ids: Collection[UUID], until_seq: int
) -> list[Figures]:
    """The figures of those merchants of which anything moved, or that are leaving, by id."""
    given = {"region": region_id, "merchants": list(merchant_ids), "until": until_seq}
    rows = await session.execute(text(_FIGURES), given)
    return [Figures(UUID(int=row[0].int), *row[1:]) for row in rows]
