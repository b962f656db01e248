"""The decision, and SQL made of the same forms by who never saw its code, agree on every grant."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import asyncpg

from campaigns import reasons
from campaigns.decide import Grant, decide_here
from campaigns.explain import CODES
from campaigns.facts import Headroom, PaymentFacts
from campaigns.line_up import LineUp
from campaigns.rules import LiveCampaign
from campaigns.terms import Terms, terms_hash
from tests.campaigns.forms_as_sql import CREATE, FACTS, USED, select_grants
from tests.campaigns.random_forms import (
    Json,
    draw_bonuses,
    draw_forms,
    draw_payment,
    draw_top_up,
    headroom_of,
)
from tests.servers import Place
from tests.sizes import JUDGED_FORMS, JUDGED_PAYMENTS, SCALE

TO_BE_MET = set(CODES) - {reasons.CUT_TO_ORIGINAL, reasons.CASHBACK_CUT_TO_ORIGINAL}
"""Where nothing is refunded these two are never the reason. What chance leaves out for long, more
forms bring."""

Drawn = tuple[PaymentFacts, dict[str, list[int]]]


async def test_sql_made_of_the_form_grants_the_same(place: Place) -> None:
    chance = Random(SCALE)  # the same every day: what is red once is red again
    payments = [draw_payment(chance) for _ in range(JUDGED_PAYMENTS)]
    said: Counter[str] = Counter()
    connection = await asyncpg.connect(place.owner_url, statement_cache_size=0)
    try:
        await connection.execute("SET jit = off")
        await _keep(connection, payments)
        judged = 0
        while judged < JUDGED_FORMS or (TO_BE_MET - said.keys() and judged < 4 * JUDGED_FORMS):
            forms = draw_forms(chance)
            by_sql = await connection.fetch(select_grants(forms))
            _compare(forms, payments, by_sql, said)
            judged += len(forms)
    finally:
        await connection.close()
    assert said.keys() == TO_BE_MET, "each way to grant, to cut, to refuse is met"


async def test_sql_made_of_the_form_gives_the_same_bonus(place: Place) -> None:
    chance = Random(SCALE)
    top_ups = [draw_top_up(chance) for _ in range(JUDGED_PAYMENTS)]
    said: Counter[str] = Counter()
    connection = await asyncpg.connect(place.owner_url, statement_cache_size=0)
    try:
        await connection.execute("SET jit = off")
        await _keep(connection, top_ups)
        judged = 0
        while judged < JUDGED_FORMS // 2:
            forms = draw_bonuses(chance)
            _compare(forms, top_ups, await connection.fetch(select_grants(forms)), said)
            judged += len(forms)
    finally:
        await connection.close()
    ways = {reasons.RATE_APPLIED, reasons.FIXED_APPLIED, reasons.STEP_APPLIED}
    cuts = {reasons.CUT_BY_PAYMENT_CAP, reasons.CUT_BY_CEILING, reasons.CUT_BY_BUDGET}
    assert said.keys() > {*ways, *cuts, reasons.TIERS_APPLIED, reasons.ANOTHER_IS_BETTER}


async def _keep(connection: Any, payments: Sequence[Drawn]) -> None:
    await connection.execute(CREATE)
    await connection.copy_records_to_table(
        "payment",
        columns=["n", *FACTS, *USED],
        records=[
            (n, *(getattr(facts, name) for name in FACTS), *(used[name] for name in USED))
            for n, (facts, used) in enumerate(payments)
        ],
    )


def _compare(
    forms: Sequence[Json],
    payments: Sequence[Drawn],
    by_sql: Sequence[asyncpg.Record],
    said: Counter[str],
) -> None:
    campaigns = []
    for number, form in enumerate(forms):
        terms = Terms.model_validate(form)
        campaigns.append(LiveCampaign(UUID(int=number), terms_hash(terms), terms))
    line_up = LineUp(campaigns)  # one for all payments, as a region has it: it remembers
    for (facts, used), row in zip(payments, by_sql, strict=True):
        decision = decide_here(line_up, facts, partial(_headroom, used))
        grants = {grant.campaign_id: grant for grant in decision.grants}
        ours = [n for c in campaigns for n in _effects(grants.get(c.campaign_id))]
        assert ours == list(row)[1:], f"{forms}, {facts}, {used}, {grants}"
        said.update(reason.code for grant in grants.values() for reason in grant.reasons)
        refused = (*decision.refused, *line_up.away(facts))
        said.update(why_not.code for _, why_not in refused)
        assert len(grants) + len(refused) == len(campaigns)


def _headroom(used: dict[str, list[int]], campaign: LiveCampaign) -> Headroom:
    return headroom_of(campaign, used, campaign.campaign_id.int)


def _effects(grant: Grant | None) -> tuple[int, int]:
    return (0, 0) if grant is None else (grant.rebate_points, grant.cashback_yen)
