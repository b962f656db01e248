"""Verify the books of a region: everything that is stored, recomputed from the postings."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database, allow
from ledger.regions import Region, load_regions

MOST_FAULTS: Final = 20
"""Faults that are listed for each check at most."""

Check = Callable[[AsyncSession, Region], Awaitable[list[str]]]
"""Looks at one region, and says of the first faults where they are."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: which check found it, and where."""

    check: str
    place: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the verification of one region came to."""

    region: str
    entries: int
    postings: int
    accounts: int
    faults: tuple[Fault, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


_CHECKS: Final = {
    "the sequence has no gap": """
        SELECT format('entry %s is number %s after number %s', entry_id, seq, before)
          FROM (SELECT entry_id, seq, lag(seq, 1, 0) OVER (ORDER BY seq, entry_id) AS before
                  FROM ledger.entry WHERE region_id = :region) e
         WHERE seq <> before + 1
    """,
    "the head stands at the newest entry and account": """
        SELECT format('the head: entry %s of %s, account %s; the newest: %s of %s, account %s',
                      h.seq, h.at, h.account_no, e.seq, e.at, a.account_no)
          FROM ledger.head h,
               (SELECT coalesce(max(seq), 0) AS seq, max(at) AS at
                  FROM ledger.entry WHERE region_id = :region) e,
               (SELECT coalesce(max(account_no), 0) AS account_no
                  FROM ledger.account WHERE region_id = :region) a
         WHERE h.region_id = :region
           AND (h.seq <> e.seq OR h.account_no <> a.account_no OR h.at <> e.at)
    """,
    "no reader is ahead of the journal": """
        SELECT format('%s has read up to entry %s, the newest is %s', r.name, r.seq, h.seq)
          FROM ledger.reader r JOIN ledger.head h USING (region_id)
         WHERE r.region_id = :region AND r.seq > h.seq
    """,
    "time never goes back": """
        SELECT format('entry %s is of %s, after one of %s', entry_id, at, before)
          FROM (SELECT entry_id, at, business_date, lag(at) OVER w AS before,
                       lag(business_date) OVER w AS day_before
                  FROM ledger.entry WHERE region_id = :region WINDOW w AS (ORDER BY seq)) e
         WHERE at < before OR business_date < day_before
    """,
    "every entry balances, and has postings where its kind moves value": """
        SELECT format('entry %s debits %s, credits %s', e.entry_id, p.debits, p.credits)
          FROM ledger.entry e
          JOIN ledger.entry_kind k ON k.kind = e.kind
          LEFT JOIN (SELECT entry_id, sum(amount) FILTER (WHERE is_debit) AS debits,
                            sum(amount) FILTER (WHERE NOT is_debit) AS credits
                       FROM ledger.posting WHERE region_id = :region GROUP BY entry_id) p
            ON p.entry_id = e.entry_id
         WHERE e.region_id = :region
           AND (p.debits IS DISTINCT FROM p.credits
                OR (p.debits IS NOT NULL) IS DISTINCT FROM (k.needs_postings AND e.refusal IS NULL))
    """,
    "every posting has its entry and its account": """
        SELECT format('posting %s of entry %s, account %s', p.line, p.entry_id, p.account_no)
          FROM ledger.posting p
          LEFT JOIN ledger.entry e
            ON e.region_id = :region AND e.entry_id = p.entry_id AND e.seq = p.seq
          LEFT JOIN ledger.account a
            ON a.region_id = :region AND a.account_no = p.account_no
         WHERE p.region_id = :region AND (e.entry_id IS NULL OR a.account_no IS NULL)
    """,
    "postings of an account follow on, each with the balance that it left": """
        SELECT format('account %s, version %s: balance %s, recomputed %s', account_no, version,
                      balance_after, recomputed)
          FROM (SELECT p.account_no, p.version, p.balance_after, p.seq,
                       row_number() OVER w AS nth, lag(p.seq) OVER w AS seq_before,
                       sum(CASE WHEN p.is_debit = (a.class = 'asset') THEN p.amount
                                ELSE -p.amount END) OVER w AS recomputed
                  FROM ledger.posting p
                  JOIN ledger.account a
                    ON a.region_id = :region AND a.account_no = p.account_no
                 WHERE p.region_id = :region
                WINDOW w AS (PARTITION BY p.account_no ORDER BY p.version, p.seq)) p
         WHERE version <> nth OR balance_after <> recomputed OR seq < seq_before
    """,
    "every account stands where its postings left it, within its bounds": """
        SELECT format('account %s: balance %s and version %s, postings come to %s and %s',
                      a.account_no, a.balance, a.version, coalesce(p.balance, 0),
                      coalesce(p.times, 0))
          FROM ledger.account a
          LEFT JOIN (SELECT p.account_no, count(*) AS times,
                            sum(CASE WHEN p.is_debit = (a.class = 'asset') THEN p.amount
                                     ELSE -p.amount END) AS balance
                       FROM ledger.posting p
                       JOIN ledger.account a
                         ON a.region_id = :region AND a.account_no = p.account_no
                      WHERE p.region_id = :region GROUP BY p.account_no) p
            ON p.account_no = a.account_no
         WHERE a.region_id = :region
           AND (a.balance <> coalesce(p.balance, 0) OR a.version <> coalesce(p.times, 0)
                OR a.balance NOT BETWEEN a.floor AND a.ceiling
                OR (NOT a.is_open AND a.balance <> 0))
    """,
    "an account is what its kind says": """
        SELECT format('account %s is %s, %s', a.account_no, a.kind, a.class)
          FROM ledger.account a JOIN ledger.account_kind k ON k.kind = a.kind
         WHERE a.region_id = :region
           AND (a.class <> k.class OR a.value IS DISTINCT FROM k.value OR a.floor < k.floor)
    """,
    "facts about a person are those that their entry is committed to": """
        SELECT format('entry %s: %s', coalesce(e.entry_id, f.entry_id),
                      CASE WHEN f.entry_id IS NULL THEN 'they are gone, and the person is not'
                           ELSE 'they are others' END)
          FROM (SELECT entry_id, holder_id, facts ->> 'person_facts' AS commitment
                  FROM ledger.entry WHERE region_id = :region AND facts ? 'person_facts') e
          FULL JOIN (SELECT entry_id, encode(sha256(salt || convert_to(facts, 'UTF8')), 'hex')
                            AS digest
                       FROM ledger.person_facts WHERE region_id = :region) f
            ON f.entry_id = e.entry_id
          LEFT JOIN ledger.holder w ON w.region_id = :region AND w.holder_id = e.holder_id
          LEFT JOIN ledger.holder p ON p.region_id = :region AND p.holder_id = w.subject_id
         WHERE f.digest IS DISTINCT FROM e.commitment
           AND (f.entry_id IS NOT NULL OR p.state IS DISTINCT FROM 'closed')
    """,
    "the trial balance is zero": """
        SELECT format('debits exceed credits by %s', difference)
          FROM (SELECT coalesce(sum(CASE class WHEN 'asset' THEN balance ELSE -balance END), 0)
                       AS difference
                  FROM ledger.account WHERE region_id = :region) b
         WHERE difference <> 0
    """,
    "an entry's amount is what its postings say": """
        SELECT format('entry %s (%s) says %s, its postings %s', e.entry_id, e.kind, e.amount,
                      p.amount)
          FROM ledger.entry e
          JOIN (SELECT p.entry_id,
                       sum(p.amount) FILTER (WHERE NOT p.is_debit AND a.kind = 'payable') AS paid,
                       sum(p.amount) FILTER (WHERE NOT p.is_debit AND a.value IS NOT NULL) AS given,
                       sum(p.amount) FILTER (WHERE p.is_debit AND a.value IS NOT NULL) AS taken,
                       sum(p.amount) FILTER (WHERE p.is_debit AND o.is_outside) AS came,
                       sum(p.amount) FILTER (WHERE NOT p.is_debit AND o.is_outside) AS went,
                       sum(p.amount) FILTER (WHERE NOT p.is_debit AND a.kind = 'payout') AS owing,
                       sum(p.amount) FILTER (WHERE p.is_debit AND a.kind = 'bank') AS banked,
                       sum(p.amount) FILTER (WHERE p.is_debit) AS moved
                  FROM ledger.posting p
                  JOIN ledger.account a
                    ON a.region_id = :region AND a.account_no = p.account_no
                 CROSS JOIN LATERAL (SELECT a.kind IN ('cash', 'provider_receivable', 'suspense')
                                            AS is_outside) o
                 WHERE p.region_id = :region GROUP BY p.entry_id) s ON s.entry_id = e.entry_id
         CROSS JOIN LATERAL (SELECT CASE WHEN e.kind = 'payment' THEN s.paid
                                         WHEN e.kind IN ('refund', 'void') THEN s.given
                                         WHEN e.kind = 'vesting' THEN s.taken
                                         WHEN e.kind IN ('top_up', 'suspense.placed') THEN s.came
                                         WHEN e.kind = 'top_up.reversed' THEN s.went
                                         WHEN e.kind = 'settlement.closed' THEN s.owing
                                         WHEN e.kind = 'debit_note.paid' THEN s.banked
                                         ELSE s.moved END AS amount) p
         WHERE e.region_id = :region AND p.amount IS DISTINCT FROM e.amount
    """,
    "no payment is refunded beyond its amount": """
        SELECT format('payment %s of %s: refunds of %s, counted %s', p.entry_id, p.amount,
                      r.refunded, coalesce(c.value, 0))
          FROM (SELECT refers_to, sum(amount) AS refunded FROM ledger.entry
                 WHERE region_id = :region AND kind IN ('refund', 'void') AND refusal IS NULL
                 GROUP BY refers_to) r
          JOIN ledger.entry p ON p.region_id = :region AND p.entry_id = r.refers_to
          LEFT JOIN ledger.counter c
            ON c.region_id = :region AND c.subject_id = p.entry_id AND c.name = 'refunded'
         WHERE r.refunded > p.amount OR r.refunded <> coalesce(c.value, 0)
    """,
}

_SIZES: Final = """
    SELECT (SELECT count(*) FROM ledger.entry WHERE region_id = :region),
           (SELECT count(*) FROM ledger.posting WHERE region_id = :region),
           (SELECT count(*) FROM ledger.account WHERE region_id = :region)
"""


async def verify(database: Database) -> list[Verdict]:
    """Verify every region, each as it stood at one moment; payments go on meanwhile."""
    regions = await load_regions(database)
    return [await verify_region(database, region) for region in regions.values()]


async def verify_region(
    database: Database, region: Region, more: Mapping[str, Check] | None = None
) -> Verdict:
    """Verify one region as it stood at one moment, by the checks below and by `more`.

    The ledger knows postings only. What the verbs keep beside them, `payments/verify.py` checks.
    """
    checks = {name: asked(statement) for name, statement in _CHECKS.items()} | dict(more or {})
    faults: list[Fault] = []
    async with database.snapshot(region.region_id) as session:
        await allow(session, None)
        sizes = (await session.execute(text(_SIZES), {"region": region.region_id})).one()
        for name, check in checks.items():
            faults += [Fault(name, place) for place in await check(session, region)]
    entries, postings, accounts = sizes
    return Verdict(region.code, entries, postings, accounts, tuple(faults))


def asked(statement: str) -> Check:
    """A check that is one query: of `:region`, a text for each fault."""

    async def check(session: AsyncSession, region: Region) -> list[str]:
        query = text(f"{statement} LIMIT {MOST_FAULTS}")
        return list((await session.execute(query, {"region": region.region_id})).scalars())

    return check
