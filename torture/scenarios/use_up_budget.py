"""6: many more rebates than a budget has money for, all at once."""

from time import monotonic
from typing import Final

from torture import operations
from torture.at_once import ask_at_once, callers
from torture.scenario import Scenario
from torture.scene import TownSize
from torture.stage import Stage

CLIENTS: Final = 128
BUDGET_YEN: Final = 35_000
"""A thousand payments of ¥100: 30 points and ¥5 of cashback each."""
PAYMENT_YEN: Final = 100

_BUDGET: Final = """
    SELECT a.balance, min(p.balance_after), coalesce(sum(p.amount) FILTER (WHERE p.is_debit), 0)
      FROM ledger.account a JOIN ledger.posting p USING (region_id, account_no)
     WHERE a.region_id = $1 AND a.holder_id = $2 AND a.kind = 'budget' GROUP BY a.balance
"""


async def play(stage: Stage) -> None:
    """Waves of payments of ¥100 until time is up, and at least until the budget is used up."""
    crowd, until = callers(stage, CLIENTS), monotonic() + stage.seconds
    scene, waves = stage.scene, 0
    while monotonic() < until or waves * CLIENTS * PAYMENT_YEN < 10 * BUDGET_YEN:
        began = stage.now()
        holders = stage.random.sample(scene.holders, CLIENTS)
        await ask_at_once(
            stage,
            crowd,
            [
                operations.payment(scene, holder, stage.random.choice(scene.shops), PAYMENT_YEN)
                for holder in holders
            ],
        )
        waves += 1
        stage.meter.fault("a wave of payments for what is left", began, stage.now())
    superuser = await stage.ground.superuser()
    row = await superuser.fetchrow(_BUDGET, scene.region_id, scene.campaign_id)
    await superuser.close()
    assert row is not None, "the campaign was funded"
    left, least, granted = row
    stage.promise(
        "What was granted never exceeds the budget, and is the budget in the end",
        (left, least, granted) == (0, 0, BUDGET_YEN),
        f"budget {BUDGET_YEN:,} yen, granted {granted:,}, least ever left {least:,}, left {left:,}",
    )


SCENARIO = Scenario(
    number=6,
    name="use-up-budget",
    does="128 clients pay at once, again and again, for a budget that has money for a thousand"
    " rebates.",
    proves="a budget is never overspent by a yen, and used up to the last yen.",
    leaves_open="several campaigns that share a payment: the tests of decisions have those.",
    play=play,
    least_operations=2_000,
    least_faults_a_minute=15,
    size=TownSize(budget_yen=BUDGET_YEN),
)
