"""Sales added up: each row of a day by hand, and each person counted once in each period."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from merchants.fold_sales import Rolled, Visitors, begin_of, fold
from merchants.sale import Customers, Figures, Sale

MERCHANT, STORE, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
ANN, BEN = UUID(int=11), UUID(int=12)
CAMPAIGN = UUID(int=21)
SUNDAY, MONDAY = date(2026, 11, 1), date(2026, 11, 2)

PAID = Sale(
    day=SUNDAY,
    hour=9,
    kind="payment",
    merchant_id=MERCHANT,
    store_id=STORE,
    person_id=ANN,
    amount_yen=1_000,
    terminal="TILL-1",
    clerk="",
    cashbacks=((CAMPAIGN, 50),),
)
BACK = replace(
    PAID, day=MONDAY, hour=10, kind="refund", amount_yen=400, clerk="c", cashbacks=((CAMPAIGN, 20),)
)


def rows(rolled: Rolled) -> dict[tuple[str, date, str], Figures]:
    return {(key.cut, key.day, key.part): figures for key, figures in rolled.days.items()}


def came(rolled: Rolled, scope_id: UUID = MERCHANT) -> dict[tuple[str, date], tuple[int, int]]:
    return {
        (key.grain, key.begins_on): (they.customers, they.new_customers)
        for key, they in rolled.customers.items()
        if key.scope_id == scope_id
    }


def test_a_refund_counts_on_its_own_day_and_at_the_till_of_its_payment():
    void = replace(BACK, kind="void", amount_yen=600, cashbacks=())
    found = rows(fold([PAID, BACK, void], {}))
    paid = Figures(payments=1, paid_yen=1_000, cashback_yen=50)
    back = Figures(refunds=1, refunded_yen=400, voids=1, voided_yen=600, cashback_taken_yen=20)
    taken = Figures(refunds=1, refunded_yen=400, cashback_taken_yen=20)
    assert found == {
        ("all", SUNDAY, ""): paid,
        ("hour", SUNDAY, "09"): paid,
        ("terminal", SUNDAY, "TILL-1"): paid,
        ("campaign", SUNDAY, str(CAMPAIGN)): paid,
        ("all", MONDAY, ""): back,
        ("hour", MONDAY, "10"): back,
        ("terminal", MONDAY, "TILL-1"): back,
        ("clerk", MONDAY, "c"): back,
        ("campaign", MONDAY, str(CAMPAIGN)): taken,
    }
    assert [(each.net_yen, each.average_yen) for each in (paid, back)] == [
        (1000, 1000),
        (-1000, None),
    ]


def test_each_campaign_has_its_own_cashback_and_the_day_has_both():
    both = replace(PAID, cashbacks=((CAMPAIGN, 50), (UUID(int=22), 7)))
    found = rows(fold([both], {}))
    assert found["all", SUNDAY, ""].cashback_yen == 57
    assert found["campaign", SUNDAY, str(CAMPAIGN)].cashback_yen == 50
    assert found["campaign", SUNDAY, str(UUID(int=22))].cashback_yen == 7


def test_a_person_is_new_once_and_counts_once_in_each_day_week_and_month():
    sales = [
        PAID,
        PAID,
        replace(PAID, person_id=BEN, store_id=OTHER),
        replace(PAID, day=MONDAY, store_id=OTHER),
    ]
    rolled = fold(sales, {(MERCHANT, BEN): date(2026, 10, 31), (OTHER, BEN): date(2026, 10, 31)})
    assert came(rolled) == {
        ("day", SUNDAY): (2, 1),
        # Ben was here on the Saturday before, in the same week and in another month.
        ("week", date(2026, 10, 26)): (1, 1),
        ("month", SUNDAY): (2, 1),
        ("day", MONDAY): (1, 0),
        ("week", MONDAY): (1, 0),
    }
    assert came(rolled, OTHER)["day", MONDAY] == (1, 1), "Ann is new in this store"
    assert rolled.visitors[MERCHANT, ANN] == MONDAY


def test_who_only_gets_back_is_no_customer_of_the_day():
    assert not fold([BACK], {(MERCHANT, ANN): SUNDAY}).customers


DRAWN = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 4), st.sampled_from([STORE, OTHER])), max_size=30
)


@given(DRAWN, st.integers(0, 30))
def test_it_comes_to_the_same_in_one_piece_or_two(drawn: list[tuple[int, int, UUID]], cut: int):
    sales = [
        replace(PAID, day=date.fromordinal(738_000 + day), person_id=UUID(int=who), store_id=store)
        for day, who, store in sorted(drawn, key=lambda each: each[0])
    ]
    whole = fold(sales, {})
    first = fold(sales[:cut], {})
    second = fold(sales[cut:], first.visitors)
    assert {**first.visitors, **second.visitors} == whole.visitors
    for key, they in second.customers.items():
        first.customers[key].add(they)
    for day, figures in second.days.items():
        first.days[day].add(figures)
    assert (first.customers, first.days) == (whole.customers, whole.days)
    people = {sale.person_id for sale in sales}
    for grain in ("day", "week", "month"):
        new = sum(
            they.new_customers
            for key, they in whole.customers.items()
            if (key.scope_id, key.grain) == (MERCHANT, grain)
        )
        assert new == len(people), "everybody is new once"


def test_periods_begin_on_mondays_and_on_the_first():
    assert begin_of("week", date(2027, 1, 3)) == date(2026, 12, 28)
    assert begin_of("week", MONDAY) == MONDAY
    assert begin_of("month", date(2026, 11, 30)) == SUNDAY
    nobody: Visitors = {}
    assert fold([], nobody) == Rolled()
    they = Customers(5, 2)
    assert they.returning == 3
