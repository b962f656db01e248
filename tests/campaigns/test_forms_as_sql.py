"""The decision, and SQL made of the same forms by who never saw its code, agree on every grant."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import UUID

import asyncpg

from campaigns import reasons
from campaigns.decide import decide_all
from campaigns.explain import CODES
from campaigns.facts import PaymentFacts
from campaigns.rules import LiveCampaign
from campaigns.terms import Terms, terms_hash
from tests.campaigns.forms_as_sql import CREATE, FACTS, USED, select_grants
from tests.campaigns.random_forms import Json, draw_forms, draw_payment, headroom_of
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
    for (facts, used), row in zip(payments, by_sql, strict=True):
        headrooms = {
            campaign.campaign_id: headroom_of(campaign, used, place)
            for place, campaign in enumerate(campaigns)
        }
        grants = {g.campaign_id: g for g in decide_all(campaigns, facts, headrooms)}
        ordered = [grants[campaign.campaign_id] for campaign in campaigns]
        ours = [n for grant in ordered for n in (grant.rebate_points, grant.cashback_yen)]
        assert ours == list(row)[1:], f"{forms}, {facts}, {headrooms}, {grants}"
        said.update(reason.code for grant in grants.values() for reason in grant.reasons)
