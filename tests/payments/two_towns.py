"""The beginning of every random history, on PostgreSQL and in the model."""

from dataclasses import replace
from datetime import date
from typing import Final

from tests.payments import model as rules
from tests.payments.model_campaigns import Campaign
from tests.payments.model_refunds import RefundingModel
from tests.payments.players import FIRST_DAY, Players
from tests.town_builder import Town

CAMPAIGNS: Final = (
    Campaign("c0", {"small": 3000, "large": 1000}, {"small": 500}, date(2027, 3, 5),
             per_payment=200, day=300, month=450, whole=600),
    Campaign("c1", {"small": 1500}, {"small": 700, "large": 300}, date(2027, 4, 30),
             minimum=200, whole=400, cashback_cap=40, pays_at="large"),
)  # fmt: skip
BUDGETS: Final = {"c0": 900, "c1": 700}


LATER: Final = {"closes": "three_a_month", "bank_days_after": 5}


async def two_towns(town: Town, *, later: bool = False) -> Players:
    """The same beginning for both: four wallets of three people, three stores, two campaigns, of
    which one credits its points `later`.
    """
    campaigns = (CAMPAIGNS[0], replace(CAMPAIGNS[1], later=later))
    first = await town.open_wallet()
    wallets = {"w0": first, "w1": await town.open_wallet(first.person_id)}
    wallets |= {"w2": await town.open_wallet(), "w3": await town.open_wallet()}
    small, large = await town.open_store("small"), await town.open_store("large")
    stores = {"s0": small, "s1": large}
    stores["s2"] = await town.open_store(merchant_id=small.merchant_id)
    ids = {name: wallet.wallet_id for name, wallet in wallets.items()}
    ids |= {"m0": small.merchant_id, "m1": large.merchant_id}
    model = RefundingModel(
        FIRST_DAY,
        {"w0": "p0", "w1": "p0", "w2": "p1", "w3": "p2"},
        {"s0": ("m0", "small"), "s1": ("m1", "large"), "s2": ("m0", "small")},
        {campaign.name: campaign for campaign in campaigns},
    )
    for priority, form in enumerate(reversed(campaigns)):
        caps = {
            "per_person_day_points": form.day,
            "per_person_month_points": form.month,
            "per_person_campaign_points": form.whole,
        }
        ids[form.name] = await town.live_campaign(
            budget_yen=BUDGETS[form.name],
            rebate_bp=form.rebate_bp,
            cashback_bp=form.cashback_bp,
            ends_on=form.ends_on,
            minimum_amount_yen=form.minimum,
            per_payment_points=form.per_payment,
            cashback_per_payment_yen=form.cashback_cap,
            credited=LATER if form.later else None,
            points_expire_months=rules.POINT_MONTHS,
            priority=priority,
            usable_where={"classes": [form.pays_at]} if form.pays_at else None,
            **caps,
        )
        model.states[form.name] = "live"
        model.add((form.name, "budget", None, None), BUDGETS[form.name])
    return Players(town, model, ids, wallets, stores)
