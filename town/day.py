"""The plan of a day: from a seed, every act of the town from 07:00 to 23:00 in order."""

from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final, assert_never

from town import mistakes, terms, walk
from town.acts import Act, Pay, Slip
from town.draws import HOUR, MINUTE, draw_amount, draw_second
from town.earlier import QUIETER, Earlier, plan_earlier
from town.people import Resident, make_people
from town.shops import Shop, make_shops
from town.walk import (
    Slips,
    Walk,
    WantsRefund,
    WantsToPay,
    WantsTopUp,
    WantsVoid,
    Wish,
)

LAST_REFUND: Final = 22 * HOUR + 50 * MINUTE
_AT_HOME_PERCENT: Final = 65
"""Payments in a hundred that are made in the area where the payer lives."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a town, how busy a day."""

    residents: int
    merchants: int
    payments: int
    seed: int

    def in_words(self) -> str:
        """For the head of the screen."""
        return (
            f"{self.residents:,} residents, {self.merchants:,} shops, {self.payments:,} payments;"
            f" seed {self.seed}"
        )


@dataclass(frozen=True, slots=True)
class Expected:
    """What the town's own arithmetic says the day comes to; yen and points, after refunds.

    `kept_points` and `kept_cashback_yen` are what is left of the grants after refunds; `owed_yen`
    is what residents owe in the end, `owed_points` the part of it that is due to the budget.
    """

    kept_points: int
    kept_cashback_yen: int
    coin_yen: int
    points: int
    owed_yen: int
    owed_points: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A town, its day and the days before. Two plans of one Size are equal."""

    size: Size
    people: tuple[Resident, ...]
    shops: tuple[Shop, ...]
    earlier: Earlier
    acts: tuple[Act, ...]
    budget_yen: int
    expected: Expected


def plan_day(size: Size) -> Plan:
    """Plan the day: at least 1 payment, 1 merchant and 2 residents. Same size, same plan."""
    assert size.payments >= 1, size
    people = make_people(size.residents, size.seed)
    shops = make_shops(size.merchants, size.seed)
    rng = Random(f"day/{size}")
    day = walk.begin(people, shops, rng)
    _wish_payments(day, people, size.payments)
    _wish_top_ups(day, people, size.payments // 10)
    _wish_mistakes(day, max(1, size.payments // 800))
    granted_yen = _live_wishes(day)
    walk.reverse_top_ups(day, max(2, size.payments // 1_000))
    return Plan(
        size=size,
        people=people,
        shops=shops,
        earlier=plan_earlier(people, shops, size.payments // QUIETER, size.seed),
        acts=tuple(day.acts),
        budget_yen=terms.budget_yen(granted_yen),
        expected=_expect(day),
    )


def _wish_payments(day: Walk, people: tuple[Resident, ...], count: int) -> None:
    payers = _payers(people)
    cumulative = tuple(accumulate(who.activity for who in payers))
    for _ in range(count):
        who = day.rng.choices(payers, cum_weights=cumulative)[0]
        at_home = day.rng.randrange(100) < _AT_HOME_PERCENT
        shop = day.streets.draw(day.rng, who.area if at_home else None)
        amount_yen = draw_amount(shop.category.median_yen, day.rng)
        day.wish(draw_second(day.rng), WantsToPay(who.number, shop.number, amount_yen))


def _payers(people: tuple[Resident, ...]) -> tuple[Resident, ...]:
    """Those who go out today; in a town of hermits, everybody once."""
    return tuple(who for who in people if who.activity) or people


def _wish_top_ups(day: Walk, people: tuple[Resident, ...], count: int) -> None:
    payers = _payers(people)
    for _ in range(count):
        day.wish(draw_second(day.rng), WantsTopUp(day.rng.choice(payers).number))


def _wish_mistakes(day: Walk, each: int) -> None:
    for slip in Slip:
        for _ in range(each):
            second = day.rng.randrange(10 * HOUR, mistakes.LAST_TRY)
            day.wish(second, Slips(slip))


def _live_wishes(day: Walk) -> int:
    """Carry out every wish, and the refunds that payments bring; the sum granted in yen."""
    granted_yen = 0
    while (taken := day.next_wish()) is not None:
        second, wish = taken
        paid = _carry_out(day, second, wish)
        if paid is not None:
            sale = day.citizens[paid.resident].purse.sales[paid.number]
            granted_yen += sale.rebate_points + sale.cashback_yen
            _wish_return(day, second, paid)
    return granted_yen


def _carry_out(day: Walk, second: int, wish: Wish) -> Pay | None:
    match wish:
        case WantsToPay():
            return walk.pay(day, second, wish)
        case WantsTopUp():
            walk.top_up(day, second, wish)
        case WantsRefund():
            walk.refund(day, second, wish)
        case WantsVoid():
            walk.void(day, second, wish)
        case Slips():
            mistakes.slip(day, second, wish)
        case _:
            assert_never(wish)
    return None


def _wish_return(day: Walk, second: int, paid: Pay) -> None:
    """One payment in 100 is refunded, some of these in two parts; one in 250 voided at once."""
    chance = day.rng.randrange(500)
    later = second + day.rng.randint(10 * MINUTE, 3 * HOUR)
    if chance < 2:
        day.wish(second + day.rng.randint(1, 60), WantsVoid(paid))
    elif chance < 7 and later <= LAST_REFUND:
        percent = day.rng.choice((20, 30, 50, 100, 100))
        day.wish(later, WantsRefund(paid, percent))
        if percent == 50:
            day.wish(min(later + HOUR, LAST_REFUND), WantsRefund(paid, 100))


def _expect(day: Walk) -> Expected:
    purses = [citizen.purse for citizen in day.citizens]
    sales = [sale for purse in purses for sale in purse.sales.values()]
    return Expected(
        kept_points=sum(sale.rebate_points for sale in sales),
        kept_cashback_yen=sum(sale.cashback_yen for sale in sales),
        coin_yen=sum(purse.coin_yen for purse in purses),
        points=sum(purse.points for purse in purses),
        owed_yen=sum(purse.owed_yen + purse.owed_points for purse in purses),
        owed_points=sum(purse.owed_points for purse in purses),
    )
