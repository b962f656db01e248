"""Look in past payments and top-ups for what the rules of holding describe: pure reading.

What counts as a sign is in payments/hold_rules.py and docs/RULES.md, section 10. All of it looks at
complete business dates before today, so a second look at the same day finds the same; but for who
signed in with which app, of which only the last sixty days are known.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ledger.find_seq import find_seq
from payments.hold_rules import HoldRules, Loops, OneDevice, OwnShop, SamePayment, StandingOut

_PAID: Final = """
    SELECT e.entry_id, e.at, e.other_id AS store_id, s.parent_id AS merchant_id,
           w.subject_id AS person_id, e.amount, e.facts
      FROM ledger.entry e
      JOIN ledger.holder w ON w.region_id = :region AND w.holder_id = e.holder_id
      JOIN ledger.holder s ON s.region_id = :region AND s.holder_id = e.other_id
     WHERE e.region_id = :region AND e.kind = 'payment' AND e.refusal IS NULL
       AND e.seq > :after AND e.seq <= :until
"""

# Money that was in suspense counts from its placement, which brought it into the wallet.
_TOPPED_UP: Final = """
    SELECT e.entry_id, e.at, w.subject_id AS person_id, e.amount
      FROM ledger.entry e
      JOIN ledger.holder w ON w.region_id = :region AND w.holder_id = e.holder_id
     WHERE e.region_id = :region AND e.kind IN ('top_up', 'suspense.placed') AND e.refusal IS NULL
       AND e.seq > :after AND e.seq <= :until
"""

# A bill is paid once, whoever scans it: only payments by the shop's own code can be claimed twice.
# Two people at one till within seconds, once for each pair of payments; the earlier person's id
# first. Times are put into slots as long as the window, so that few are compared.
_SAME_PAYMENT: Final = f"""
    WITH paid AS (
        SELECT *, floor(extract(epoch FROM at) / :seconds)::bigint AS slot FROM ({_PAID}) p
         WHERE NOT facts ? 'bill_id'
    ), met AS (
        SELECT a.entry_id AS one, b.entry_id AS other, a.store_id,
               least(a.person_id, b.person_id) AS first, greatest(a.person_id, b.person_id) AS last
          FROM paid a
         CROSS JOIN (VALUES (0), (1)) next(n)
          JOIN paid b ON b.store_id = a.store_id AND b.amount = a.amount AND b.slot = a.slot + n
           AND b.person_id <> a.person_id
           AND (b.at, b.entry_id) > (a.at, a.entry_id)
           AND b.at <= a.at + make_interval(secs => :seconds)
    ), again AS (
        SELECT *, count(*) OVER (PARTITION BY store_id, first, last) AS times FROM met
    )
    SELECT entry_id, max(times) AS times
      FROM again CROSS JOIN LATERAL (VALUES (one), (other)) each(entry_id)
     WHERE times >= :times GROUP BY entry_id
"""

_LOOPS: Final = f"""
    WITH paid AS ({_PAID}), topped_up AS ({_TOPPED_UP}), gone AS (
        SELECT b.entry_id, b.person_id, p.merchant_id
          FROM topped_up b
          JOIN paid p ON p.person_id = b.person_id
           AND p.at > b.at AND p.at <= b.at + make_interval(hours => :hours)
         WHERE b.amount >= :least_yen
         GROUP BY b.entry_id, b.person_id, b.amount, p.merchant_id
        HAVING sum(p.amount) * 10000 >= b.amount::numeric * :share_bp
    ), again AS (
        SELECT person_id, merchant_id, count(*) AS times FROM gone
         GROUP BY person_id, merchant_id HAVING count(*) >= :times
    )
    SELECT entry_id, max(times) AS times
      FROM (SELECT entry_id, person_id, merchant_id FROM paid
            UNION ALL SELECT entry_id, person_id, merchant_id FROM gone) looping
      JOIN again USING (person_id, merchant_id)
     GROUP BY entry_id
"""

_STANDING_OUT: Final = f"""
    WITH paid AS ({_PAID}), given_back AS (
        SELECT s.parent_id AS merchant_id, sum(e.amount) AS yen
          FROM ledger.entry e
          JOIN ledger.holder s ON s.region_id = :region AND s.holder_id = e.other_id
         WHERE e.region_id = :region AND e.kind IN ('refund', 'void') AND e.refusal IS NULL
           AND e.seq > :after AND e.seq <= :until
         GROUP BY s.parent_id
    ), sold AS (
        SELECT p.merchant_id, m.facts ->> 'merchant_class' AS merchant_class,
               p.yen - coalesce(g.yen, 0) AS yen
          FROM (SELECT merchant_id, sum(amount) AS yen FROM paid GROUP BY merchant_id) p
          JOIN ledger.holder m ON m.region_id = :region AND m.holder_id = p.merchant_id
          LEFT JOIN given_back g USING (merchant_id)
    ), middle AS (
        SELECT merchant_class, percentile_disc(0.5) WITHIN GROUP (ORDER BY yen) AS yen
          FROM sold WHERE yen > 0 GROUP BY merchant_class HAVING count(*) >= :least_shops
    )
    SELECT p.entry_id, sold.yen AS sales_yen, middle.yen AS median_yen
      FROM sold JOIN middle USING (merchant_class) JOIN paid p USING (merchant_id)
     WHERE sold.yen >= :least_yen AND sold.yen::numeric * 10000 >= middle.yen * :times_bp
"""

# Sessions have the machine's clock, and in a demo the journal has another one: so a session counts
# by when it was last used, and not by whether it was there at the moment of a payment.
_SIGNED_IN: Final = """
    SELECT DISTINCT s.installation_id, s.face, s.subject_id, o.merchant_id
      FROM access.session s
      LEFT JOIN access.post o ON o.region_id = :region AND o.post_id = s.post_id
     WHERE s.region_id = :region AND s.installation_id IS NOT NULL
       AND s.used_at > clock_timestamp() - make_interval(days => :days)
"""

_ONE_DEVICE: Final = f"""
    WITH earning AS (
        SELECT entry_id, person_id FROM ({_PAID}) paid
        UNION ALL SELECT entry_id, person_id FROM ({_TOPPED_UP}) topped_up
    ), signed_in AS ({_SIGNED_IN}), earners AS (
        SELECT installation_id, subject_id AS person_id FROM signed_in
         WHERE face = 'resident' AND subject_id IN (SELECT person_id FROM earning)
    ), shared AS (
        SELECT installation_id, count(*) AS people FROM earners
         GROUP BY installation_id HAVING count(*) >= :people
    )
    SELECT e.entry_id, max(shared.people) AS people
      FROM shared JOIN earners USING (installation_id) JOIN earning e USING (person_id)
     GROUP BY e.entry_id
"""

_OWN_SHOP: Final = f"""
    WITH paid AS ({_PAID}), signed_in AS ({_SIGNED_IN}), own AS (
        SELECT DISTINCT payer.subject_id AS person_id, staff.merchant_id
          FROM signed_in staff JOIN signed_in payer USING (installation_id)
         WHERE staff.face = 'merchant' AND payer.face = 'resident'
    ), again AS (
        SELECT p.entry_id, count(*) OVER (PARTITION BY person_id, merchant_id) AS times
          FROM paid p JOIN own USING (person_id, merchant_id)
    )
    SELECT entry_id, times FROM again WHERE times >= :times
"""

# Only what is pending and was never held is wanted of what a rule found. Pending is what stands on
# the lot, whatever its day: after days without a worker it is credited late, and looked at before.
_TO_HOLD: Final = """
    SELECT f.*, e.at FROM ({found}) f
      JOIN ledger.entry e ON e.region_id = :region AND e.entry_id = f.entry_id
     WHERE EXISTS (SELECT FROM jsonb_array_elements(e.facts -> 'grants') g
                     JOIN ledger.account a
                       ON a.region_id = :region AND a.holder_id = e.holder_id
                      AND a.kind = 'points_pending' AND a.balance > 0
                      AND a.source_id = (g ->> 'campaign_id')::uuid
                      AND a.expires_on = (g ->> 'credited_on')::date
                    WHERE (g ->> 'rebate_points')::bigint > 0)
       AND NOT EXISTS (SELECT FROM ledger.entry h
                        WHERE h.region_id = :region AND h.refers_to = e.entry_id
                          AND h.kind = 'hold.placed' AND h.refusal IS NULL)
       AND e.entry_id <> ALL (:besides)
     ORDER BY e.seq LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A payment or top-up that a rule describes, and what it counted."""

    earned_by: UUID
    earned_at: datetime
    rule: str
    figures: tuple[tuple[str, int], ...]


async def find_to_hold(
    session: AsyncSession,
    region_id: int,
    rules: HoldRules,
    today: date,
    most: int,
    besides: Collection[UUID] = (),
) -> list[Found]:
    """At most `most` payments and top-ups that are to be held by `rules`, as of the days before
    `today`.

    What several rules describe is found once, by the first of them. Those in `besides`
    are left out: nothing of them was pending when somebody tried.
    """
    found: dict[UUID, Found] = {}
    until = await find_seq(session, region_id, today - timedelta(days=1))
    for rule, days, statement, numbers in _asked(rules):
        after = await find_seq(session, region_id, today - timedelta(days=days + 1))
        given: dict[str, Any] = {"region": region_id, "after": after, "until": until, "most": most}
        given["besides"] = list(besides)
        query = text(_TO_HOLD.format(found=statement))
        for row in (await session.execute(query, {**given, **numbers})).mappings():
            earned_by = UUID(int=row["entry_id"].int)
            counted = {name: int(n) for name, n in row.items() if name not in _NO_FIGURES}
            figures = tuple(sorted(counted.items()))
            found.setdefault(earned_by, Found(earned_by, row["at"], rule, figures))
    return list(found.values())[:most]


_NO_FIGURES: Final = frozenset({"entry_id", "at"})


def _asked(rules: HoldRules) -> Iterator[tuple[str, int, str, Mapping[str, Any]]]:
    """Each rule that is on: its name, its days, its query, and the numbers in that."""
    for name in type(rules).model_fields:
        rule = getattr(rules, name)
        if rule.is_on:
            yield name, rule.days, *_query(rule)


def _query(
    rule: SamePayment | Loops | StandingOut | OneDevice | OwnShop,
) -> tuple[str, Mapping[str, Any]]:
    match rule:
        case SamePayment():
            return _SAME_PAYMENT, {"seconds": rule.within_seconds, "times": rule.times}
        case Loops():
            return _LOOPS, {
                "least_yen": rule.least_top_up_yen,
                "hours": rule.within_hours,
                "share_bp": rule.share_bp,
                "times": rule.times,
            }
        case StandingOut():
            return _STANDING_OUT, {
                "least_yen": rule.least_sales_yen,
                "least_shops": rule.least_shops,
                "times_bp": rule.times_median_bp,
            }
        case OneDevice():
            return _ONE_DEVICE, {"people": rule.people, "days": rule.days}
        case OwnShop():
            return _OWN_SHOP, {"times": rule.times, "days": rule.days}
