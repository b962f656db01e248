"""decide_50_vs_1, campaigns_50_vs_1: payments under fifty live campaigns, over those under one."""

from collections.abc import Sequence
from datetime import time, timedelta
from time import process_time
from typing import Final
from uuid import UUID

from bench.campaigns import LIVE, campaign_ids, other_terms, start_campaigns
from bench.figures import Ratio, Result
from bench.fill import CLASS
from bench.filled import Filled
from bench.pay_by_engine import pay_by_engine
from bench.rounds import Turn, take_turns
from bench.scale import MOST_ENGINE_CLIENTS, Scale
from bench.sides import Sides, judge, running_engine
from campaigns.decide import decide_here
from campaigns.facts import Headroom, PaymentFacts
from campaigns.line_up import LineUp
from campaigns.rules import LiveCampaign
from campaigns.terms import Terms, terms_hash
from core.database import Database
from payments.facts import SHOP_QR

DECISION: Final = "decide_50_vs_1"
ENGINE: Final = "campaigns_50_vs_1"
NAMES: Final = (DECISION, ENGINE)
MOST_TIMES_AS_LONG: Final = 10
TARGET: Final = 0.8

_ONE: Final = "one"
_FIFTY: Final = "fifty"
_DECIDED: Final = "decisions, live campaigns: {}"
_PAID: Final = "payments, live campaigns: {}"
_AT_ONCE: Final = 500
"""Decisions between two looks at the clock."""
_SHOPS: Final = 300


async def compare_campaigns(sides: Sides, scale: Scale, result: Result) -> None:
    """Measure decisions by themselves, then payments of two engines, and verify both books."""
    await _compare_decisions(sides.filled, scale, result)
    ground, filled = sides.ground, sides.filled
    async with sides.copy(_ONE), sides.copy(_FIFTY):
        database = Database(ground.server.app_url(_FIFTY))
        try:
            await start_campaigns(database, filled)
        finally:
            await database.close()
        async with (
            running_engine(ground, _ONE, filled) as one,
            running_engine(ground, _FIFTY, filled) as fifty,
        ):
            engines = {1: one, LIVE: fifty}

            async def pay(live: int, seconds: float) -> float:
                return await pay_by_engine(engines[live], filled, MOST_ENGINE_CLIENTS, seconds)

            def turn(live: int) -> Turn:
                name = _PAID.format(live)
                return Turn(name, MOST_ENGINE_CLIENTS, lambda: pay(live, scale.seconds))

            for live in engines:
                await pay(live, scale.warm_up_seconds)
            figures = await take_turns([turn(live) for live in engines], scale.rounds)
        for side in (_ONE, _FIFTY):
            await judge(ground, side, filled, result)
    result.figures += figures.values()
    with_one, with_fifty = (
        figures[_PAID.format(live), MOST_ENGINE_CLIENTS].per_second for live in (1, LIVE)
    )
    result.ratios.append(
        Ratio(
            ENGINE,
            with_fifty / with_one,
            TARGET,
            f"payments a second, {MOST_ENGINE_CLIENTS} clients: {LIVE} live campaigns of which 3 "
            "match and 1 grants, over 1 that grants",
            "two more that match stand in each entry; each batch loads all that are live",
        )
    )


async def _compare_decisions(filled: Filled, scale: Scale, result: Result) -> None:
    first = _live(filled.campaign_id, filled.terms)
    others = map(_live, campaign_ids(filled), other_terms(filled))
    line_ups = {1: LineUp([first]), LIVE: LineUp([first, *others])}
    payments = payments_of(filled)

    def turn(live: int) -> Turn:
        async def measure() -> float:
            return _decisions_a_second(line_ups[live], payments, scale.seconds / 5)

        return Turn(_DECIDED.format(live), 1, measure)

    figures = await take_turns([turn(live) for live in line_ups], scale.rounds)
    result.figures += figures.values()
    with_one, with_fifty = (figures[_DECIDED.format(live), 1].per_second for live in line_ups)
    result.ratios.append(
        Ratio(
            DECISION,
            with_one / with_fifty,
            MOST_TIMES_AS_LONG,
            f"processor time of a decision with {LIVE} live campaigns of which 3 match and 1 "
            "grants, over that with 1 that grants",
            "the 3 that match are decided in full; those for other people are asked one by one",
            is_ceiling=True,
        )
    )


def _live(campaign_id: UUID, terms: Terms) -> LiveCampaign:
    return LiveCampaign(campaign_id, terms_hash(terms), terms)


def payments_of(filled: Filled) -> list[PaymentFacts]:
    """Of people whom nobody has verified, at shops of the kind that the region was filled with."""
    return [
        PaymentFacts(
            amount_yen=500 + number,
            coin_yen=500 + number,
            business_date=filled.terms.starts_on + timedelta(days=1),
            merchant_class=CLASS,
            clock=time(12, number % 60),
            merchant_id=UUID(int=1_000 + number),
            category="food",
            shop_area="north",
            mode=SHOP_QR,
            tier="unverified",
        )
        for number in range(_SHOPS)
    ]


def _decisions_a_second(line_up: LineUp, payments: Sequence[PaymentFacts], seconds: float) -> float:
    """Counted in seconds of the processor, which others on the machine do not take."""
    decided, started = 0, process_time()
    while (spent := process_time() - started) < seconds or decided == 0:
        decided += decisions_in(line_up, payments)
    return decided / spent


def decisions_in(line_up: LineUp, payments: Sequence[PaymentFacts]) -> int:
    """Decide some hundred payments with plenty of headroom; how many."""
    plenty = Headroom(1_000_000_000, {"month": 1_000_000, "campaign": 1_000_000})
    for number in range(_AT_ONCE):
        decision = decide_here(line_up, payments[number % _SHOPS], lambda _: plenty)
        assert sum(grant.rebate_points > 0 for grant in decision.grants) == 1
    return _AT_ONCE
