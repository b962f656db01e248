"""Over its own past, a form comes to what was granted live, to the yen: for each payment."""

from datetime import timedelta

from campaigns.find_terms import find_terms
from tests.simulations.lively import DAYS, FIRST, live
from tests.simulations.recording import granted_live, simulate, taken_live
from tests.town_builder import Town

PERIOD = (FIRST, FIRST + timedelta(days=DAYS))


async def test_each_campaign_comes_to_what_it_granted(town: Town):
    campaigns = await live(town, seed=1, payments=150)
    granted, taken = await granted_live(town), await taken_live(town)
    assert sum(map(len, granted.values())) > 100
    for campaign_id in campaigns:
        terms = await terms_of(town, campaign_id)
        if terms.bonus is not None:
            continue  # it is asked about top-ups alone
        trial = await simulate(town, terms, PERIOD, instead_of=campaign_id)
        assert {key: granted.get(key, {}) for key in trial.decided} == trial.decided
        of_it = [each[campaign_id] for each in granted.values() if campaign_id in each]
        assert trial.tally.rebate_points == sum(points for points, _ in of_it)
        assert trial.tally.cashback_yen == sum(yen for _, yen in of_it)
        told = (trial.tally.taken_points, trial.tally.taken_cashback_yen)
        assert told == taken.get(campaign_id, (0, 0))
        left = await town.balances(campaign_id)
        assert trial.accounts[campaign_id].budget_yen == left.get("budget", 0)
        assert trial.accounts[campaign_id].due_yen == left.get("budget_due", 0)


async def terms_of(town: Town, campaign_id):
    query = "SELECT terms_hash FROM ledger.holder WHERE holder_id = :id"
    [(digest,)] = await town.rows(query, id=campaign_id)
    async with town.database.snapshot(town.region.region_id) as session:
        return (await find_terms(session, town.region.region_id, [digest]))[digest]
