"""The plan of a day: the same seed makes the same day, and every act is possible when it comes."""

from collections import Counter

import pytest

from town import acts, terms
from town.acts import Slip
from town.day import Plan, Size, plan_day
from town.draws import AMOUNT_MAX_YEN, AMOUNT_MIN_YEN, DAY_BEGINS, DAY_ENDS
from town.purse import Purse

SIZES = [
    Size(residents=2_000, merchants=60, payments=2_000, seed=1),
    Size(residents=300, merchants=20, payments=400, seed=7),
    Size(residents=50, merchants=5, payments=60, seed=3),
    Size(residents=2, merchants=1, payments=300, seed=4),
]


@pytest.fixture(scope="module", params=SIZES, ids=str)
def plan(request: pytest.FixtureRequest) -> Plan:
    size = request.param
    assert isinstance(size, Size)
    return plan_day(size)


def test_the_same_seed_makes_the_same_plan(plan: Plan) -> None:
    assert plan_day(plan.size) == plan


def test_another_seed_makes_another_plan() -> None:
    one, other = (plan_day(Size(100, 10, 100, seed)) for seed in (1, 2))
    assert one.acts != other.acts
    assert one.people != other.people
    assert one.shops != other.shops


def test_there_are_as_many_payments_as_were_asked_for(plan: Plan) -> None:
    paid = [act for act in plan.acts if isinstance(act, acts.Pay) and act.slip is None]
    assert len(paid) == plan.size.payments


def test_acts_are_in_order_of_time_and_number_within_the_day(plan: Plan) -> None:
    seconds = [act.second for act in plan.acts]
    assert seconds == sorted(seconds)
    assert seconds[0] >= DAY_BEGINS
    assert seconds[-1] < DAY_ENDS
    assert [act.number for act in plan.acts] == list(range(len(plan.acts)))


def test_an_act_waits_only_for_earlier_ones(plan: Plan) -> None:
    assert all(before < act.number for act in plan.acts for before in act.after)


def test_what_an_act_refers_to_has_been_answered_when_it_begins(plan: Plan) -> None:
    """Following `after` from any act leads to what it refers to, so no order can break it."""
    behind: dict[int, set[int]] = {}
    for act in plan.acts:
        behind[act.number] = set(act.after).union(*(behind[number] for number in act.after))
        match act:
            case acts.Refund() | acts.Void() | acts.Replay():
                assert act.payment in behind[act.number]
            case acts.Redeliver() | acts.ReverseTopUp():
                assert act.top_up in behind[act.number]
            case _:
                pass


def test_acts_that_change_one_wallet_stand_in_one_chain(plan: Plan) -> None:
    """Whatever order the server sees, a wallet sees its acts in the order of the plan."""
    last: dict[int, int] = {}
    behind: dict[int, set[int]] = {}
    for act in plan.acts:
        behind[act.number] = set(act.after).union(*(behind[number] for number in act.after))
        resident = getattr(act, "resident", None)
        if resident is None or act.slip in {Slip.CHANGED_REPLAY, Slip.FORGED_WEBHOOK}:
            continue
        if resident in last:
            assert last[resident] in behind[act.number]
        last[resident] = act.number


@pytest.mark.parametrize("slip", Slip)
def test_every_mistake_is_made(slip: Slip) -> None:
    plan = plan_day(SIZES[0])
    assert sum(act.slip is slip for act in plan.acts) == 2


def test_amounts_are_those_of_a_town(plan: Plan) -> None:
    amounts = [act.amount_yen for act in plan.acts if isinstance(act, acts.Pay) and not act.slip]
    assert all(AMOUNT_MIN_YEN <= amount <= AMOUNT_MAX_YEN for amount in amounts)


def test_shares_of_a_large_day_are_plausible() -> None:
    plan = plan_day(Size(residents=6_000, merchants=100, payments=4_000, seed=5))
    kinds = Counter(type(act) for act in plan.acts if act.slip is None)
    assert 1_000 < kinds[acts.TopUp] < 3_000
    assert 20 < kinds[acts.Refund] < 120
    assert 5 < kinds[acts.Void] < 40
    assert kinds[acts.ReverseTopUp] == 4
    assert kinds[acts.OpenWallet] > 20
    visits = Counter(act.shop for act in plan.acts if isinstance(act, acts.Pay))
    [(_, busiest)] = visits.most_common(1)
    assert 0.03 < busiest / 4_000 < 0.12


def test_nothing_is_paid_that_is_not_there(plan: Plan) -> None:
    """Played again from the acts alone, every purse suffices and comes to what is expected."""
    purses = {who.number: Purse(coin_yen=who.opening_yen) for who in plan.people}
    for act in plan.acts:
        match act:
            case acts.TopUp(slip=None, resident=int(resident)):
                purses[resident].top_up(act.amount_yen)
            case acts.Pay(slip=None):
                merchant_class = plan.shops[act.shop].merchant_class
                sale = purses[act.resident].pay(
                    act.number,
                    act.amount_yen,
                    rebated=merchant_class in terms.REBATED_CLASSES,
                )
                assert (sale.coin_yen, sale.rebate_points) == (act.coin_yen, act.rebate_points)
            case acts.Pay(slip=Slip.OVER_BALANCE):
                purse = purses[act.resident]
                assert act.amount_yen > purse.coin_yen + purse.points
            case acts.Refund(slip=None) | acts.Void():
                purses[act.resident].refund(act.payment, act.returns_yen)
            case acts.ReverseTopUp():
                purses[act.resident].reverse(act.amount_yen)
            case _:
                pass
    assert sum(purse.coin_yen for purse in purses.values()) == plan.expected.coin_yen
    assert sum(purse.points for purse in purses.values()) == plan.expected.points
    assert all(purse.coin_yen <= 100_000 for purse in purses.values())


def test_the_budget_is_nearly_used_and_lasts() -> None:
    plan = plan_day(SIZES[0])
    kept_yen = plan.expected.kept_points + plan.expected.kept_cashback_yen
    assert 92 <= kept_yen * 100 // plan.budget_yen < 100


def test_newcomers_open_their_wallet_before_anything_else(plan: Plan) -> None:
    opened = {who.number for who in plan.people if not who.newcomer}
    for act in plan.acts:
        if isinstance(act, acts.OpenWallet):
            assert act.resident not in opened
            opened.add(act.resident)
        elif isinstance(act, acts.Pay | acts.TopUp) and act.resident is not None:
            assert act.resident in opened
