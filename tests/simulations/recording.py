"""A trial that remembers what it decided for each payment, and the same as it was granted live."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from campaigns.decide import Decision
from campaigns.terms import Terms
from simulations.asked import Asked
from simulations.open_past import open_past
from simulations.past_payment import PastPayment
from simulations.run import begin
from simulations.trial import Trial
from tests.town_builder import Town, new_id

Granted = dict[UUID, dict[UUID, tuple[int, int]]]
"""By payment and campaign: points and yen."""

LIVE = """
    SELECT entry_id, g ->> 'campaign_id', (g ->> 'rebate_points')::bigint,
           (g ->> 'cashback_yen')::bigint
      FROM ledger.entry e CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'grants') g
     WHERE e.kind = 'payment' AND e.refusal IS NULL
"""
TAKEN = """
    SELECT campaign_id, sum(points), sum(cashback_yen)
      FROM (SELECT c ->> 'campaign_id', (c ->> 'points')::bigint
                   - coalesce((c ->> 'rejected_points')::bigint, 0), (c ->> 'cashback_yen')::bigint
              FROM ledger.entry e
             CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'clawed_back') c
             WHERE e.kind IN ('refund', 'void') AND e.refusal IS NULL
            UNION ALL
            SELECT h ->> 'campaign_id', (h ->> 'points')::bigint, 0
              FROM ledger.entry e CROSS JOIN LATERAL jsonb_array_elements(e.facts -> 'held') h
             WHERE e.kind = 'hold.rejected' AND e.refusal IS NULL
           ) taken (campaign_id, points, cashback_yen)
     GROUP BY 1
"""


@dataclass(slots=True)
class Recording(Trial):
    """Remembers each decision."""

    decided: Granted = field(default_factory=dict)

    def pay(self, payment: PastPayment) -> Decision:
        """As a trial does."""
        decision = Trial.pay(self, payment)
        self.decided[UUID(bytes=payment.payment_id)] = {
            grant.campaign_id: (grant.rebate_points, grant.cashback_yen)
            for grant in decision.grants
            if grant.spent_yen
        }
        return decision


async def no_pause(_payments: int) -> None:
    """Nobody else has a turn."""


async def simulate(town: Town, terms: Terms, days: tuple[date, date], **asked: Any) -> Recording:
    """The trial of a form over the town's past."""
    question = Asked(terms=terms, from_day=days[0], to_day=days[1], **asked)
    connection = await town.database.connect_region(town.region.region_id)
    try:
        past = await open_past(town.database, connection, town.region, question, new_id())
        made = begin(question, past.tried)
        trial = Recording(
            made.tried_id,
            multiplier_bp=made.multiplier_bp,
            counts_from=made.counts_from,
            is_limited=made.is_limited,
            accounts=made.accounts,
        )
        await past.play(trial, no_pause)
    finally:
        await connection.close()
    return trial


async def granted_live(town: Town) -> Granted:
    """What the journal says."""
    granted: Granted = {}
    for payment_id, campaign_id, points, yen in await town.rows(LIVE):
        of = granted.setdefault(UUID(int=payment_id.int), {})
        if points or yen:
            of[UUID(campaign_id)] = (points, yen)
    return granted


async def taken_live(town: Town) -> Mapping[UUID, tuple[int, int]]:
    """Points and yen that refunds took back, or a check rejected, by campaign."""
    return {UUID(each): (int(points), int(yen)) for each, points, yen in await town.rows(TAKEN)}
