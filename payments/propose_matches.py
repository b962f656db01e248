"""What a bank line may stand for, by amount, day and name: proposed, never done by itself."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from merchants.line_match import MatchKind

MOST_FEE_YEN: Final = 1_000
"""What a bank may have kept of one transfer: more is not proposed, and can be said all the same."""
MOST_PROPOSALS: Final = 10
_DAYS: Final = 10
"""Between the pay day of a transfer and its line."""
_DAYS_OF_RETURN: Final = 90
_NIL: Final = "'00000000-0000-0000-0000-000000000000'::uuid"

SOURCES: Final = f"""
    funding AS MATERIALIZED (
        SELECT e.entry_id, e.facts ->> 'funder' AS funder,
               e.amount - coalesce((SELECT sum(m.amount_yen) FROM merchants.line_match m
                                     WHERE m.region_id = :region AND m.target_id = e.entry_id
                                       AND m.kind = 'funding' AND m.undone_at IS NULL), 0)
               AS left_yen
          FROM ledger.holder h
          JOIN ledger.account a
            ON a.region_id = :region AND a.holder_id = h.holder_id AND a.kind = 'funder_receivable'
          JOIN ledger.posting p
            ON p.region_id = :region AND p.account_no = a.account_no AND p.is_debit
          JOIN ledger.entry e
            ON e.region_id = :region AND e.entry_id = p.entry_id
           AND e.kind IN ('campaign.funded', 'benefit.funded')
         WHERE h.region_id = :region AND h.kind IN ('campaign', 'benefit')
    ), provider AS MATERIALIZED (
        SELECT a.source_id, e.facts ->> 'provider' AS name,
               a.balance - coalesce((SELECT sum(m.amount_yen) FROM merchants.line_match m
                                      WHERE m.region_id = :region AND m.target_id = a.source_id
                                        AND m.kind = 'provider' AND m.undone_at IS NULL
                                        AND m.entry_id IS NULL), 0)
               AS left_yen
          FROM ledger.account a
          JOIN ledger.posting p
            ON p.region_id = :region AND p.account_no = a.account_no AND p.version = 1
          JOIN ledger.entry e ON e.region_id = :region AND e.entry_id = p.entry_id
         WHERE a.region_id = :region AND a.holder_id = {_NIL} AND a.kind = 'provider_receivable'
           AND a.is_open
    ), note AS MATERIALIZED (
        SELECT n.note_id, n.merchant_id, w.name, n.amount_yen - coalesce(p.yen, 0) AS left_yen,
               p.unlinked
          FROM merchants.debit_note n
          JOIN merchants.merchant w ON w.region_id = :region AND w.merchant_id = n.merchant_id
         CROSS JOIN LATERAL (
               SELECT sum(e.amount) AS yen,
                      array_agg(e.amount) FILTER (WHERE NOT EXISTS (
                          SELECT FROM merchants.line_match m
                           WHERE m.region_id = :region AND m.entry_id = e.entry_id
                             AND m.undone_at IS NULL)) AS unlinked
                 FROM ledger.entry e
                WHERE e.region_id = :region AND e.refers_to = n.note_id
                  AND e.kind = 'debit_note.paid' AND e.refusal IS NULL) p
         WHERE n.region_id = :region AND n.amount_yen > 0
           AND NOT EXISTS (SELECT FROM merchants.debit_note c
                            WHERE c.region_id = :region AND c.corrects = n.number)
    )"""
"""What funders promised, providers hold and debit notes ask for, less what lines brought; and what
was entered for notes by hand: parts of a WITH. The first
posting of a provider's account is a top-up, which has the name."""

_IS_NAMED: Final = "strpos(l.said_kana, rtrim(left(b.holder_kana, 12))) > 0"
_OF_A_TRANSFER: Final = """
      FROM merchants.settlement s
      JOIN merchants.transfer_file f ON f.region_id = :region AND f.file_id = s.file_id
      JOIN merchants.bank_account b ON b.region_id = :region AND b.version_id = s.account_id
      JOIN merchants.merchant w ON w.region_id = :region AND w.merchant_id = s.merchant_id"""

OF_LINE: Final = f"""
    SELECT 'file' AS kind, f.file_id AS target_id, l.amount_yen - f.total_yen AS fee_yen,
           f.total_yen AS expected_yen, false AS is_named, NULL AS name
      FROM merchants.transfer_file f
     WHERE f.region_id = :region AND NOT l.is_incoming AND f.state <> 'made'
       AND l.booked_on BETWEEN f.pays_on - {_DAYS} AND f.pays_on + {_DAYS}
       AND l.amount_yen - f.total_yen BETWEEN 0 AND f.transfers::bigint * {MOST_FEE_YEN}
       AND NOT EXISTS (SELECT FROM merchants.line_match m
                        WHERE m.region_id = :region AND m.kind = 'file'
                          AND m.target_id = f.file_id AND m.undone_at IS NULL)
       AND NOT EXISTS (SELECT FROM merchants.settlement s
                         JOIN merchants.line_match m
                           ON m.region_id = :region AND m.target_id = s.settlement_id
                          AND m.kind = 'transfer' AND m.undone_at IS NULL
                        WHERE s.region_id = :region AND s.file_id = f.file_id)
    UNION ALL
    SELECT 'transfer', s.settlement_id, l.amount_yen - s.payout_yen, s.payout_yen, {_IS_NAMED},
           w.name {_OF_A_TRANSFER}
     WHERE s.region_id = :region AND s.file_id IS NOT NULL AND NOT l.is_incoming
       AND f.state <> 'made'
       AND l.booked_on BETWEEN f.pays_on - {_DAYS} AND f.pays_on + {_DAYS}
       AND s.payout_yen BETWEEN l.amount_yen - {MOST_FEE_YEN} AND l.amount_yen
       AND (s.payout_yen = l.amount_yen OR {_IS_NAMED})
       AND NOT EXISTS (SELECT FROM merchants.line_match m
                        WHERE m.region_id = :region
                          AND ((m.kind = 'file' AND m.target_id = f.file_id)
                               OR (m.kind = 'transfer' AND m.target_id = s.settlement_id))
                          AND m.undone_at IS NULL)
    UNION ALL
    SELECT 'return', s.settlement_id, s.payout_yen - l.amount_yen, s.payout_yen, {_IS_NAMED},
           w.name {_OF_A_TRANSFER}
     WHERE s.region_id = :region AND s.file_id IS NOT NULL AND l.is_incoming
       AND s.state IN ('paid', 'returned')
       AND l.booked_on BETWEEN f.pays_on AND f.pays_on + {_DAYS_OF_RETURN}
       AND s.payout_yen BETWEEN l.amount_yen AND l.amount_yen + {MOST_FEE_YEN}
       AND (s.payout_yen = l.amount_yen OR {_IS_NAMED})
       AND NOT EXISTS (SELECT FROM merchants.line_match m
                        WHERE m.region_id = :region AND m.kind = 'return'
                          AND m.target_id = s.settlement_id AND m.undone_at IS NULL)
    UNION ALL
    SELECT 'funding', f.entry_id, 0, f.left_yen, strpos(l.said, f.funder) > 0, f.funder
      FROM funding f
     WHERE l.is_incoming AND f.left_yen >= l.amount_yen
       AND (f.left_yen = l.amount_yen OR strpos(l.said, f.funder) > 0)
    UNION ALL
    SELECT 'provider', p.source_id, 0, p.left_yen, n.is_named, p.name
      FROM provider p
     CROSS JOIN LATERAL (
           SELECT strpos(upper(l.said), upper(p.name)) > 0
                  OR EXISTS (SELECT FROM merchants.line_match m
                               JOIN merchants.bank_line o
                                 ON o.region_id = :region AND o.line_id = m.line_id
                              WHERE m.region_id = :region AND m.target_id = p.source_id
                                AND m.kind = 'provider' AND m.undone_at IS NULL
                                AND o.said_kana = l.said_kana) AS is_named) n
     WHERE l.is_incoming AND p.left_yen >= l.amount_yen
       AND (p.left_yen = l.amount_yen OR n.is_named)
    UNION ALL
    SELECT 'debit_note', n.note_id, 0,
           CASE WHEN l.amount_yen = ANY (n.unlinked) THEN l.amount_yen ELSE n.left_yen END,
           s.is_named, n.name
      FROM note n
     CROSS JOIN LATERAL (
           SELECT EXISTS (SELECT FROM merchants.bank_account b
                           WHERE b.region_id = :region AND b.merchant_id = n.merchant_id
                             AND {_IS_NAMED}) AS is_named) s
     WHERE l.is_incoming
       AND (l.amount_yen = ANY (n.unlinked) OR n.left_yen = l.amount_yen
            OR (n.left_yen > l.amount_yen AND s.is_named))
    UNION ALL
    SELECT 'aside', NULL, 0, l.amount_yen, true, NULL
     WHERE NOT l.is_incoming AND (strpos(l.said, '手数料') > 0 OR strpos(l.said_kana, 'ﾃｽｳﾘﾖｳ') > 0)
"""
"""The proposals of the line `l`. A provider is known by the words of a line that was its before."""

_PROPOSALS: Final = text(f"""
    WITH {SOURCES}
    SELECT p.kind, p.target_id, p.fee_yen, p.expected_yen, p.is_named, p.name
      FROM merchants.bank_line l CROSS JOIN LATERAL ({OF_LINE}) p
     WHERE l.region_id = :region AND l.line_id = :line
       AND NOT EXISTS (SELECT FROM merchants.line_match m
                        WHERE m.region_id = :region AND m.line_id = l.line_id
                          AND m.undone_at IS NULL)
     ORDER BY p.is_named DESC, p.fee_yen, p.kind, p.target_id
     LIMIT {MOST_PROPOSALS}
""")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a line may stand for; amounts in yen."""

    kind: MatchKind
    target_id: UUID | None
    fee_yen: int
    expected_yen: int
    """What the target comes to, or has left."""
    is_named: bool
    """Whether the line names it."""
    name: str | None
    """The shop, the funder or the provider."""


async def propose_matches(db: AsyncSession, region_id: int, line_id: UUID) -> list[Proposal]:
    """The most likely first; none for a line that stands for something already."""
    rows = await db.execute(_PROPOSALS, {"region": region_id, "line": line_id})
    return [
        Proposal(row[0], None if row[1] is None else UUID(int=row[1].int), *row[2:]) for row in rows
    ]
