"""A benefit: its own money for the people of a list, taken once each, and the rest goes back."""

import asyncio
from datetime import date, timedelta
from random import Random
from uuid import uuid4

import pytest

from campaigns.benefit import CreateBenefit, state_wrong
from campaigns.benefit_terms import benefit_json
from core.errors import Problem
from payments.verify import verify_books
from tests.benefits_builder import (
    Benefit,
    change,
    done,
    form,
    funding,
    giving_back,
    listed,
    listing,
    offered,
    use,
)
from tests.payments.expiring import expire_all
from tests.payments.refusals import refusal
from tests.residents.people import verify
from tests.town_builder import ADMIN, APPROVER, Town, new_id


async def test_who_says_yes_gets_the_points_once_and_the_rest_goes_back(town: Town):
    benefit, wallet = await offered(town), await town.open_wallet()
    entry = await done(town, use(benefit, wallet))
    assert (entry.amount, entry.holder_id, entry.other_id) == (
        10_000,
        wallet.wallet_id,
        benefit.benefit_id,
    )
    assert await town.balances(wallet.wallet_id) == {"points": 10_000}
    assert await town.balances(benefit.benefit_id) == {
        "budget": 20_000,
        "funder_receivable": 30_000,
    }
    assert await refusal(town, use(benefit, wallet)) == "offer-used"
    await done(town, change(benefit, "closed"))
    assert await refusal(town, use(benefit, await town.open_wallet())) == "offer-over"
    back = await done(town, giving_back(benefit))
    assert back.facts["returned_to"] == [{"funder": "city", "amount_yen": 20_000}]
    assert await town.balances(benefit.benefit_id) == {"funder_receivable": 10_000}
    assert await refusal(town, giving_back(benefit)) == "benefit-nothing-left"


async def test_a_benefit_whose_last_day_is_over_is_not_drafted(town: Town):
    today = await town.today()
    yesterday = today - timedelta(days=1)
    drafts = {
        day: CreateBenefit(
            entry_id=new_id(), actor=ADMIN, form=benefit_json(await form(town, offer_until=day))
        )
        for day in (yesterday, today)
    }
    assert await refusal(town, drafts[yesterday]) == "offer-over"
    await done(town, drafts[today])


@pytest.mark.parametrize(
    ("before", "possible"),
    [
        ("draft", ("closed", "listed")),
        ("approved", ("closed", "offered")),
        ("offered", ("closed", "stopped")),
        ("closed", ()),
    ],
)
def test_a_refusal_says_where_a_benefit_may_go(before: str, possible: tuple[str, ...]):
    assert state_wrong(before).facts == {"state": before, "possible": possible}


async def test_a_line_is_used_once_whoever_has_the_number_by_then(town: Town):
    benefit = await offered(town)
    offer_id = benefit.line(20)
    before, after = await town.open_wallet(), await town.open_wallet()
    await done(town, use(benefit, before, offer_id))
    assert await refusal(town, use(benefit, after, offer_id)) == "offer-used"
    assert await refusal(town, use(benefit, before)) == "offer-used"
    assert await refusal(town, use(benefit, await town.open_wallet(before.person_id))) == (
        "offer-used"
    )


async def test_many_devices_at_once_take_each_line_once(town: Town):
    benefit = await offered(town, lines=4, needed_yen=40_000)
    people = [(await town.open_wallet(), benefit.line(n)) for n in range(1, 5)]
    wishes = [use(benefit, *each) for each in people for _ in range(5)]
    receipts = await asyncio.gather(*(town.submit(wish) for wish in wishes))
    told = [receipt.entry.refusal for receipt in receipts]
    assert (told.count(None), told.count("offer-used")) == (4, 16)
    for wallet, _ in people:
        assert await town.balances(wallet.wallet_id) == {"points": 10_000}
    assert (await town.balances(benefit.benefit_id)).get("budget") is None


async def test_it_is_offered_with_money_for_everybody_and_on_its_last_day(town: Town):
    benefit = await listed(town, offer_until=await town.today())
    assert await refusal(town, change(benefit, "offered")) == "benefit-state-wrong"
    await done(town, change(benefit, "approved"))
    await done(town, funding(benefit, 29_999))
    assert await refusal(town, change(benefit, "offered")) == "benefit-not-funded"
    await done(town, funding(benefit, 1, "street"))
    await done(town, change(benefit, "offered"))
    await done(town, change(benefit, "stopped"))
    wallet = await town.open_wallet()
    assert await refusal(town, use(benefit, wallet)) == "offer-stopped"
    await done(town, change(benefit, "offered"))
    await town.set_clock(await town.now() + timedelta(days=1))
    assert await refusal(town, use(benefit, wallet)) == "offer-over"
    await done(town, change(benefit, "stopped"))
    assert await refusal(town, change(benefit, "offered")) == "offer-over"
    await done(town, change(benefit, "closed"))
    back = await done(town, giving_back(benefit))
    assert back.facts["returned_to"] == [
        {"funder": "city", "amount_yen": 29_999},
        {"funder": "street", "amount_yen": 1},
    ]


async def test_what_was_stopped_is_offered_again_though_somebody_has_used_it(town: Town):
    benefit, wallet = await offered(town), await town.open_wallet()
    await done(town, use(benefit, wallet))
    for state in ("stopped", "offered"):
        await done(town, change(benefit, state))
    assert (await done(town, use(benefit, await town.open_wallet()))).amount == 10_000


async def test_neither_its_maker_nor_who_brought_the_list_approves_it(town: Town):
    benefit, another, other_list = await listed(town), f"admin:{uuid4()}", new_id()
    own = change(benefit, "approved", actor=ADMIN)
    assert await refusal(town, own) == "second-person-needed"
    await done(town, listing(benefit, other_list, actor=another))
    for maker in (ADMIN, another):
        own = change(benefit, "approved", actor=maker, list_id=other_list)
        assert await refusal(town, own) == "second-person-needed"
    assert await refusal(town, change(benefit, "approved")) == "benefit-list-differs"
    await done(town, change(benefit, "approved", list_id=other_list))
    assert await refusal(town, listing(benefit, new_id())) == "benefit-state-wrong"


async def test_groups_get_their_own_and_only_the_tiers_that_the_form_names(town: Town):
    benefit = await offered(
        town,
        groups=["family"] * 9,
        amounts_points={"single": 10_000, "family": 20_000},
        tiers=["verified_resident"],
    )
    wallet = await town.open_wallet()
    with pytest.raises(Problem, match="offer-unknown"):
        await town.submit(use(benefit, wallet))
    with pytest.raises(Problem, match="offer-unknown"):
        await town.submit(use(benefit, wallet, group="pair"))
    with pytest.raises(Problem, match="offer-unknown"):
        await town.submit(use(benefit, wallet, group="family", list_id=new_id()))
    assert await refusal(town, use(benefit, wallet, group="family")) == "offer-needs-tier"
    await verify(town, wallet.person_id)
    assert (await done(town, use(benefit, wallet, group="family"))).amount == 20_000


async def test_it_is_refused_where_somebody_or_something_is_not_there(town: Town):
    benefit, wallet = await offered(town), await town.open_wallet()
    other = await town.open_wallet()
    for wish, slug in (
        (use(benefit, wallet, wallet_id=new_id()), "wallet-unknown"),
        (use(benefit, wallet, wallet_id=other.wallet_id), "wallet-unknown"),
        (use(Benefit(), wallet), "benefit-unknown"),
        (listing(Benefit()), "benefit-unknown"),
        (change(Benefit(), "offered"), "benefit-unknown"),
        (funding(Benefit(), 1), "benefit-unknown"),
        (giving_back(Benefit()), "benefit-unknown"),
    ):
        with pytest.raises(Problem, match=slug):
            await town.submit(wish)
    await town.change_wallet(wallet, "frozen")
    assert await refusal(town, use(benefit, wallet)) == "wallet-frozen"
    await town.change_wallet(wallet, "closed")
    assert await refusal(town, use(benefit, wallet)) == "wallet-closed"
    await town.change_wallet(wallet, "open")
    await done(town, use(benefit, wallet))
    assert await refusal(town, giving_back(benefit)) == "benefit-state-wrong"
    assert await refusal(town, funding(benefit, 1_000_000_000_000)) == "benefit-overfunded"
    await done(town, change(benefit, "closed"))
    assert await refusal(town, funding(benefit, 1)) == "benefit-state-wrong"
    assert await refusal(town, change(benefit, "offered", actor=APPROVER)) == "benefit-state-wrong"


async def test_its_points_pay_come_back_and_expire_as_others_do_and_settle_no_debt(town: Town):
    """The books prove it: every balance, counter and holder is recomputed from the journal."""
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.live_campaign(rebate_bp=3000)
    await town.top_up(wallet, 1_000)
    owing = await town.pay(wallet, store, 1_000)
    await town.pay(wallet, store, 300)  # the points of the first, so its refund leaves a debt
    await town.refund(owing.entry_id, store, 500)
    owed = (await town.balances(wallet.wallet_id)).get("resident_receivable", 0)
    assert owed == 150
    benefit = await offered(town, points_expire_months=1)
    await done(town, use(benefit, wallet))
    held = await town.balances(wallet.wallet_id)
    assert (held["points"], held["resident_receivable"]) == (10_000, owed)
    paid = await town.pay(wallet, store, 4_000)
    await town.refund(paid.entry_id, store, 1_500)
    assert (await town.balances(wallet.wallet_id))["points"] == 7_500
    await town.set_clock(await town.now() + timedelta(days=70))
    assert await expire_all(town) > 0
    assert (await town.balances(benefit.benefit_id))["funder_payable"] == 7_500
    await town.refund(paid.entry_id, store, 500)
    assert (await town.balances(wallet.wallet_id))["points"] == 500
    verdict = await verify_books(town.database, town.region)
    assert verdict.is_sound, verdict.faults


async def test_the_points_last_until_the_end_of_their_month(town: Town):
    await town.set_clock(await town.now())
    benefit, wallet = await offered(town, points_expire_months=36), await town.open_wallet()
    entry = await done(town, use(benefit, wallet))
    last = date.fromisoformat(entry.facts["expires_on"])
    today = await town.today()
    assert (last + timedelta(days=1)).day == 1
    assert (last.year, last.month) == (today.year + 3, today.month)


async def test_the_points_pay_where_the_form_says(town: Town):
    small, large = await town.open_store("small"), await town.open_store("large")
    benefit = await offered(town, usable_where={"classes": ["small"]})
    wallet = await town.open_wallet()
    await done(town, use(benefit, wallet))
    assert await refusal(town, town.payment(wallet, large, 1_000)) == "insufficient-funds"
    await town.pay(wallet, small, 1_000)
    assert await town.balances(wallet.wallet_id) == {"points": 9_000}


async def test_the_points_pay_where_the_form_says_in_the_very_batch_that_brings_them(town: Town):
    large, wallet = await town.open_store("large"), await town.open_wallet()
    benefit = await offered(town, usable_where={"classes": ["small"]})
    wishes = [use(benefit, wallet), *(town.payment(wallet, large, 1_000) for _ in range(3))]
    receipts = await asyncio.gather(*map(town.submit, wishes))
    told = [receipt.entry.refusal for receipt in receipts]
    assert told == [None, *["insufficient-funds"] * 3]
    assert await town.balances(wallet.wallet_id) == {"points": 10_000}


async def test_at_every_commit_the_budget_is_what_was_funded_less_what_was_used(town: Town):
    """Whoever asks, in whatever order, how often and for which line: a yen is somewhere, once."""
    chance = Random(5)
    amounts = {"single": 700, "family": 1_900}
    groups = [chance.choice(list(amounts)) for _ in range(12)]
    needed_yen = sum(amounts[group] for group in groups)
    benefit = await offered(
        town,
        groups=groups,
        lines=12,
        needed_yen=needed_yen,
        funded_yen=needed_yen + 350,
        amounts_points=amounts,
    )
    lines = [(benefit.line(number), group) for number, group in enumerate(groups, start=1)]
    wallets = [await town.open_wallet() for _ in range(9)]
    wishes = []
    for _ in range(60):
        line, group = chance.choice(lines)
        wishes.append(use(benefit, chance.choice(wallets), line, group=group))
    receipts = await asyncio.gather(*(town.submit(wish) for wish in wishes))
    told = zip(wishes, (receipt.entry for receipt in receipts), strict=True)
    taken = [(wish, entry) for wish, entry in told if entry.refusal is None]
    assert len({wish.offer_id for wish, _ in taken}) == len(taken)
    assert len({wish.person_id for wish, _ in taken}) == len(taken)
    left_yen = needed_yen + 350
    after = await town.rows(
        "SELECT p.balance_after, e.amount FROM ledger.posting p JOIN ledger.entry e"
        " USING (region_id, entry_id) JOIN ledger.account a USING (region_id, account_no)"
        " WHERE a.holder_id = :id AND a.kind = 'budget' AND e.kind = 'benefit.used'"
        " ORDER BY p.seq",
        id=benefit.benefit_id,
    )
    assert len(after) == len(taken) > 5
    for row in after:
        left_yen -= row.amount
        assert row.balance_after == left_yen
    assert left_yen == needed_yen + 350 - sum(entry.amount for _, entry in taken)
    held = [(await town.balances(each.wallet_id)).get("points", 0) for each in wallets]
    assert sum(held) + left_yen == needed_yen + 350
