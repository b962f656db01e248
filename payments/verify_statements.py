"""Recompute what bank lines say from the files, and what matches say from lines and entries."""

from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ledger.regions import Region
from ledger.verify import MOST_FAULTS, Check, asked
from merchants.import_statement import line_ids, read_statement
from merchants.own_profile import profile_called
from merchants.statement_tables import bank_line, bank_statement

# A line that went out is the transfer and the bank's fee; one that came back is less by it.
_AMOUNTS: Final = """
    SELECT format('match %s (%s) of line %s: %s, with a fee of %s', m.match_id, m.kind, m.line_id,
                  m.amount_yen, m.fee_yen)
      FROM merchants.line_match m
      JOIN merchants.bank_line l ON l.region_id = :region AND l.line_id = m.line_id
     WHERE m.region_id = :region
       AND (l.amount_yen <> m.amount_yen
                + CASE WHEN m.kind = 'return' THEN -m.fee_yen ELSE m.fee_yen END
            OR (m.kind <> 'aside' AND l.is_incoming = (m.kind IN ('file', 'transfer'))))
     ORDER BY m.match_id
"""

_ENTERED: Final = """
    SELECT format('match %s (%s) says %s, entries come to %s', m.match_id, m.kind, m.amount_yen,
                  e.yen)
      FROM merchants.line_match m
      LEFT JOIN merchants.transfer_file f ON f.region_id = :region AND f.file_id = m.target_id
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(o.amount), 0) AS yen
             FROM merchants.settlement s
             JOIN ledger.entry o
               ON o.region_id = :region AND o.refers_to = s.settlement_id AND o.refusal IS NULL
              AND o.kind = CASE m.kind WHEN 'return' THEN 'payout.returned' ELSE 'payout.paid' END
            WHERE s.region_id = :region
              AND CASE m.kind WHEN 'file' THEN s.file_id ELSE s.settlement_id END = m.target_id) e
     WHERE m.region_id = :region AND m.kind IN ('file', 'transfer', 'return')
       AND (e.yen > m.amount_yen
            OR (e.yen < m.amount_yen AND f.state IS DISTINCT FROM 'sent'))
     ORDER BY m.match_id
"""

_NAMED: Final = """
    SELECT format('entry %s names line %s, which does not stand for it', e.entry_id,
                  e.facts ->> 'bank_line_id')
      FROM ledger.entry e
      LEFT JOIN merchants.settlement s ON s.region_id = :region AND s.settlement_id = e.refers_to
     WHERE e.region_id = :region AND e.kind IN ('payout.paid', 'payout.returned')
       AND e.facts ? 'bank_line_id' AND e.refusal IS NULL
       AND NOT EXISTS (
           SELECT FROM merchants.line_match m
            WHERE m.region_id = :region AND m.line_id = (e.facts ->> 'bank_line_id')::uuid
              AND CASE m.kind WHEN 'file' THEN s.file_id WHEN 'aside' THEN NULL
                       ELSE s.settlement_id END = m.target_id
              AND (m.kind = 'return') = (e.kind = 'payout.returned')
              AND m.undone_at IS NULL AND NOT m.is_linked)
     ORDER BY e.seq
"""

_FUNDED: Final = """
    SELECT format('lines bring %s to funding %s of %s', b.yen, b.target_id,
                  coalesce(e.amount::text, 'nothing'))
      FROM (SELECT target_id, sum(amount_yen) AS yen FROM merchants.line_match
             WHERE region_id = :region AND kind = 'funding' AND undone_at IS NULL
             GROUP BY target_id) b
      LEFT JOIN ledger.entry e
        ON e.region_id = :region AND e.entry_id = b.target_id AND e.refusal IS NULL
       AND e.kind IN ('campaign.funded', 'benefit.funded')
     WHERE b.yen > coalesce(e.amount, 0)
     ORDER BY b.target_id
"""


async def _check_lines(session: AsyncSession, region: Region) -> list[str]:
    """Each file is read again, one after the other: it has at most 1 MiB."""
    file, faults = bank_statement.c, []
    of_region = file.region_id == region.region_id
    for statement_id in await session.scalars(select(file.statement_id).where(of_region)):
        said = await _told(session, region, statement_id)
        row = bank_line.c
        kept = await session.execute(
            select(row.line_id, row.row_no, row.booked_on, row.is_incoming, row.amount_yen).where(
                row.region_id == region.region_id, row.statement_id == statement_id
            )
        )
        for line_id, *told in kept:
            if said.get(UUID(int=line_id.int)) != tuple(told):
                faults.append(f"line {line_id} is not what statement {statement_id} says")
        if len(faults) >= MOST_FAULTS:
            break
    return faults[:MOST_FAULTS]


async def _told(
    session: AsyncSession, region: Region, statement_id: UUID
) -> dict[UUID, tuple[int, date, bool, int]]:
    """What a file says of each line that it has."""
    file = bank_statement.c
    found = await session.execute(
        select(file.content, file.account_id, file.profile, file.profile_version, file.last_day)
        .where(file.region_id == region.region_id, file.statement_id == statement_id)
    )  # fmt: skip
    content, account_id, name, version, last_day = found.one()
    profile = await profile_called(session, region.region_id, name, version)
    said = read_statement(profile, content, last_day)
    ids = line_ids(UUID(int=account_id.int), said.lines)
    return {
        line_id: (line.row, line.booked_on, line.is_incoming, line.amount_yen)
        for line_id, line in zip(ids, said.lines, strict=True)
    }


STATEMENTS: Final[Mapping[str, Check]] = {
    "bank lines are what the files say": _check_lines,
    "a match is of its line's amount and side": asked(_AMOUNTS),
    "what a line stands for was entered, for its amount": asked(_ENTERED),
    "a line that an entry names stands for it": asked(_NAMED),
    "lines bring no more than a funder promised": asked(_FUNDED),
}
