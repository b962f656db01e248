"""Recompute counters from the journal: caps, limits, refunds, reversals, wallets, what expired."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ledger.books import LARGEST_YEN
from ledger.regions import Region
from ledger.verify import MOST_FAULTS, Check, asked
from payments.top_up import told_key
from payments.verify_holds import HELD
from payments.verify_merchants import SETTLED, SHOP_WALLETS
from payments.verify_receipts import RECEIVED

_NIL: Final = "'00000000-0000-0000-0000-000000000000'::uuid"

# What was taken back, and the entry that had granted: a payment, or a top-up or its placement.
_UNDONE: Final = """
    SELECT facts, refers_to AS undone FROM ledger.entry
     WHERE region_id = :region AND kind IN ('refund', 'void') AND refusal IS NULL
    UNION ALL
    SELECT r.facts, t.entry_id FROM ledger.entry r
      JOIN ledger.entry t
        ON t.region_id = :region AND t.refusal IS NULL AND t.facts ? 'grants'
       AND (t.entry_id = r.refers_to
            OR (t.refers_to = r.refers_to AND t.kind = 'suspense.placed'))
     WHERE r.region_id = :region AND r.kind = 'top_up.reversed' AND r.refusal IS NULL
"""

# What grants and claw-backs say of each payment, with the merchant, in the payment's own day; and
# of each top-up, where there is no merchant.
_MOVES: Final = f"""
    SELECT w.subject_id, s.parent_id AS merchant_id, m.campaign_id, m.hash, m.day, m.points,
           m.counted, m.sign
      FROM (SELECT e.holder_id, e.other_id, (g ->> 'campaign_id')::uuid AS campaign_id,
                   g ->> 'hash' AS hash, e.business_date AS day,
                   (g ->> 'rebate_points')::bigint AS points, g -> 'counted' AS counted, 1 AS sign
              FROM ledger.entry e
             CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'grants') g
             WHERE e.region_id = :region AND e.kind IN ('payment', 'top_up', 'suspense.placed')
               AND e.refusal IS NULL
            UNION ALL
            SELECT p.holder_id, p.other_id, (c ->> 'campaign_id')::uuid,
                   (SELECT g ->> 'hash' FROM jsonb_array_elements(p.facts -> 'grants') g
                     WHERE g -> 'campaign_id' = c -> 'campaign_id'),
                   p.business_date, -(c ->> 'points')::bigint, c -> 'reopened', -1
              FROM ({_UNDONE}) e
              JOIN ledger.entry p ON p.region_id = :region AND p.entry_id = e.undone
             CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'clawed_back') c) m
      JOIN ledger.holder w ON w.region_id = :region AND w.holder_id = m.holder_id
      LEFT JOIN ledger.holder s ON s.region_id = :region AND s.holder_id = m.other_id
"""

_CAPS: Final = """
    SELECT encode(t.terms_hash, 'hex') AS hash, t.form::jsonb -> 'caps' AS caps,
           (t.form::jsonb ->> 'budget_per_day_yen')::bigint AS per_day_yen
      FROM campaigns.terms t
     WHERE t.region_id = :region
"""

# They are added up by day and merchant before they meet the caps of the version that granted, of
# which a period has one where that version has one. A claw-back opens a cap in the period of its
# payment. Versions of one campaign share its counters, which have the cap of the last one.
_REBATES: Final = f"""
    SELECT g.subject_id, k.name, k.scope_id, k.period, sum(g.points) AS value,
           array_agg(DISTINCT k.cap) AS caps
      FROM (SELECT subject_id, merchant_id, campaign_id, hash, day, sum(points) AS points
              FROM ({_MOVES}) m GROUP BY subject_id, merchant_id, campaign_id, hash, day) g
      JOIN ({_CAPS}) t USING (hash)
     CROSS JOIN LATERAL (VALUES
           ('rebate.day', campaign_id, g.day, (caps ->> 'per_person_day_points')::bigint),
           ('rebate.month', campaign_id, date_trunc('month', g.day::timestamp)::date,
            (caps ->> 'per_person_month_points')::bigint),
           ('rebate.campaign', campaign_id, 'infinity'::date,
            (caps ->> 'per_person_campaign_points')::bigint),
           ('rebate.merchant', md5(campaign_id::text || merchant_id::text)::uuid,
            'infinity'::date, (caps ->> 'per_person_merchant_points')::bigint)
           ) k(name, scope_id, period, cap)
     WHERE k.cap IS NOT NULL
     GROUP BY g.subject_id, k.name, k.scope_id, k.period
"""

# What else campaigns count, of people and of all together; a tally may grow without end.
_TALLIES: Final = f"""
    SELECT CASE k.name WHEN 'budget.day' THEN g.campaign_id ELSE g.subject_id END, k.name,
           k.scope_id, k.period, sum(g.sign * g.amount), array_agg(DISTINCT k.cap)
      FROM (SELECT m.subject_id, m.merchant_id, m.campaign_id, m.hash, m.day, m.sign,
                   c.key AS meter, c.value::bigint AS amount
              FROM ({_MOVES}) m CROSS JOIN LATERAL jsonb_each_text(m.counted) c
             WHERE m.counted IS NOT NULL) g
      JOIN ({_CAPS}) t USING (hash)
      JOIN LATERAL (VALUES
           ('day_times', 'times.day', campaign_id, g.day,
            (caps ->> 'per_person_day_times')::bigint),
           ('campaign_times', 'times.campaign', campaign_id, 'infinity'::date,
            (caps ->> 'per_person_campaign_times')::bigint),
           ('budget_day', 'budget.day', campaign_id, g.day, per_day_yen),
           ('month_spend', 'spent.month', campaign_id,
            date_trunc('month', g.day::timestamp)::date, {LARGEST_YEN}),
           ('stamps', 'stamps', campaign_id, 'infinity'::date, {LARGEST_YEN}),
           ('visits', 'visits', md5(campaign_id::text || merchant_id::text)::uuid,
            'infinity'::date, {LARGEST_YEN})
           ) k(meter, name, scope_id, period, cap) USING (meter)
     GROUP BY 1, k.name, k.scope_id, k.period
"""

# A counter for each lot: what it held when it expired, without what was counted of that since.
_EXPIRED: Final = f"""
    SELECT x.holder_id, 'expired', x.source_id, x.expires_on, sum(x.amount), NULL::bigint
      FROM (SELECT e.holder_id, coalesce(a.source_id, {_NIL}) AS source_id,
                   (e.facts ->> 'expires_on')::date AS expires_on, e.amount
              FROM ledger.entry e
              JOIN ledger.posting p
                ON p.region_id = :region AND p.entry_id = e.entry_id AND p.is_debit
              JOIN ledger.account a
                ON a.region_id = :region AND a.account_no = p.account_no
             WHERE e.region_id = :region AND e.kind = 'expiry' AND e.refusal IS NULL
            UNION ALL
            SELECT p.holder_id, (c ->> 'campaign_id')::uuid, (g ->> 'points_expire_on')::date,
                   -(c ->> 'expired_points')::bigint
              FROM ({_UNDONE}) e
              JOIN ledger.entry p ON p.region_id = :region AND p.entry_id = e.undone
             CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'clawed_back') c
              JOIN LATERAL jsonb_array_elements(p.facts -> 'grants') g
                ON g -> 'campaign_id' = c -> 'campaign_id'
             WHERE c ? 'expired_points'
            UNION ALL
            SELECT e.holder_id, {_NIL}, (t.facts ->> 'expires_on')::date,
                   -(e.facts ->> 'expired_yen')::bigint
              FROM ledger.entry e
              JOIN ledger.entry t
                ON t.region_id = :region AND t.refusal IS NULL AND t.facts ? 'expires_on'
               AND (t.entry_id = e.refers_to
                    OR (t.refers_to = e.refers_to AND t.kind = 'suspense.placed'))
             WHERE e.region_id = :region AND e.kind = 'top_up.reversed' AND e.refusal IS NULL
               AND e.facts ? 'expired_yen') x
     GROUP BY x.holder_id, x.source_id, x.expires_on
"""

# Payments and top-ups that say which limits they were counted under, each in its own day or month,
# without what was given back of them.
_LIMITED: Final = f"""
    SELECT w.subject_id, c.name, {_NIL},
           date_trunc(split_part(c.name, '.', 2), p.business_date::timestamp)::date,
           sum(CASE WHEN e.entry_id = p.entry_id THEN e.amount ELSE -e.amount END), NULL::bigint
      FROM (SELECT e.entry_id, e.amount, e.entry_id AS counted
              FROM ledger.entry e
             WHERE e.region_id = :region AND e.refusal IS NULL AND e.facts ? 'counted'
            UNION ALL
            SELECT e.entry_id, e.amount, e.refers_to
              FROM ledger.entry e
             WHERE e.region_id = :region AND e.refusal IS NULL
               AND e.kind IN ('refund', 'void', 'top_up.reversed')
            UNION ALL
            SELECT e.entry_id, e.amount, s.entry_id
              FROM ledger.entry e
              JOIN ledger.entry s
                ON s.region_id = :region AND s.refers_to = e.refers_to AND s.refusal IS NULL
               AND s.kind = 'suspense.placed'
             WHERE e.region_id = :region AND e.refusal IS NULL AND e.kind = 'top_up.reversed') e
      JOIN ledger.entry p
        ON p.region_id = :region AND p.entry_id = e.counted AND p.refusal IS NULL
     CROSS JOIN LATERAL jsonb_array_elements_text(p.facts -> 'counted') c(name)
      JOIN ledger.holder w ON w.region_id = :region AND w.holder_id = p.holder_id
     GROUP BY 1, 2, 4
"""

# First and second payments of people, less first ones that were given back whole.
_EVER: Final = f"""
    SELECT w.subject_id, 'paid.ever', {_NIL}, 'infinity'::date,
           sum((e.facts ->> 'counted_ever')::bigint), 2
      FROM ledger.entry e
      JOIN ledger.holder w ON w.region_id = :region AND w.holder_id = e.holder_id
     WHERE e.region_id = :region AND e.kind IN ('payment', 'refund', 'void')
       AND e.refusal IS NULL AND e.facts ? 'counted_ever'
     GROUP BY 1
"""

# A bill is paid once.
_BILLS: Final = """
    SELECT (facts ->> 'bill_id')::uuid, 'bill', (facts ->> 'bill_id')::uuid, 'infinity'::date,
           count(*), 1
      FROM ledger.entry
     WHERE region_id = :region AND kind = 'payment' AND refusal IS NULL AND facts ? 'bill_id'
     GROUP BY 1
"""

# What has one cap at most, or none.
_OTHERS: Final = f"""
    {_EXPIRED}
    UNION ALL {_LIMITED}
    UNION ALL {HELD}
    UNION ALL {_EVER}
    UNION ALL {_BILLS}
    UNION ALL {SETTLED} UNION ALL {SHOP_WALLETS} UNION ALL {RECEIVED}
    UNION ALL
    SELECT refers_to, CASE kind WHEN 'top_up.reversed' THEN 'reversed' ELSE 'refunded' END,
           {_NIL}, 'infinity', sum(CASE kind WHEN 'top_up.reversed' THEN 1 ELSE amount END),
           NULL::bigint
      FROM ledger.entry
     WHERE region_id = :region AND kind IN ('refund', 'void', 'top_up.reversed')
       AND refusal IS NULL
     GROUP BY 1, 2
    UNION ALL
    SELECT s.subject_id, 'benefit', e.other_id, 'infinity', count(*), 1
      FROM ledger.entry e
      JOIN ledger.holder w ON w.region_id = :region AND w.holder_id = e.holder_id
     CROSS JOIN LATERAL (VALUES (w.subject_id), ((e.facts ->> 'offer_id')::uuid))
           s(subject_id)
     WHERE e.region_id = :region AND e.kind = 'benefit.used' AND e.refusal IS NULL
     GROUP BY s.subject_id, e.other_id
    UNION ALL
    SELECT subject_id, 'wallets', {_NIL}, 'infinity', count(*), NULL::bigint
      FROM ledger.holder
     WHERE region_id = :region AND kind = 'wallet' AND state <> 'closed'
     GROUP BY subject_id
"""

_COUNTED: Final = f"""
    SELECT format('%s of %s, %s from %s on: counted %s of %s, recomputed %s',
                  name, subject_id, scope_id, period, coalesce(c.value, 0),
                  coalesce(c.cap, 0), coalesce(d.value, 0))
      FROM ({_REBATES}
            UNION ALL {_TALLIES}
            UNION ALL
            SELECT subject_id, name, scope_id, period, value,
                   CASE WHEN cap IS NOT NULL THEN ARRAY[cap] END
              FROM ({_OTHERS}) o(subject_id, name, scope_id, period, value, cap)) d
      FULL JOIN (SELECT subject_id, name, scope_id, period, value, cap FROM ledger.counter
                  WHERE region_id = :region AND name <> 'top_up') c
     USING (subject_id, name, scope_id, period)
     WHERE coalesce(c.value, 0) <> coalesce(d.value, 0)
        OR (c.cap <> ALL (d.caps) AND (cardinality(d.caps) = 1 OR c.cap <> c.value))
     ORDER BY name, subject_id, scope_id, period
"""

_TOLD: Final = text("""
    SELECT entry_id, facts ->> 'provider' AS provider, facts ->> 'reference' AS reference
      FROM ledger.entry
     WHERE region_id = :region AND kind = 'top_up' AND refusal IS NULL
       AND facts ->> 'provider' IS NOT NULL
     ORDER BY seq
""")
_HAVE: Final = text("""
    SELECT subject_id FROM ledger.counter
     WHERE region_id = :region AND name = 'top_up' AND value = 1 AND period = 'infinity'
       AND subject_id = ANY (:subjects)
""")
_HOW_MANY: Final = text("""
    SELECT count(*) FROM ledger.counter
     WHERE region_id = :region AND name = 'top_up' AND value <> 0
""")
_CHUNK: Final = 5_000


async def _references(session: AsyncSession, region: Region) -> list[str]:
    """A reference is counted under the hash of its text, which PostgreSQL does not compute.

    One that was erased from the journal is only counted.
    """
    faults: list[str] = []
    told = 0
    rows = await session.stream(_TOLD, {"region": region.region_id})
    async for chunk in rows.partitions(_CHUNK):
        told += len(chunk)
        faults += await _missing(
            session,
            region,
            [
                (row.entry_id, told_key(row.provider, row.reference).subject_id)
                for row in chunk
                if row.reference
            ],
        )
    counted = (await session.execute(_HOW_MANY, {"region": region.region_id})).scalar_one()
    if counted != told:
        faults.append(f"{told} references of top-ups stand in the journal, {counted} are counted")
    return faults[:MOST_FAULTS]


async def _missing(
    session: AsyncSession, region: Region, told: Sequence[tuple[UUID, UUID]]
) -> list[str]:
    named = {"region": region.region_id, "subjects": [subject for _, subject in told]}
    have = set((await session.execute(_HAVE, named)).scalars())
    return [
        f"the reference of top-up {entry_id} is not counted as told once"
        for entry_id, subject in told
        if subject not in have
    ]


COUNTERS: Final[Mapping[str, Check]] = {
    "a counter counts what the journal says": asked(_COUNTED),
    "a provider's reference is counted once": _references,
}
