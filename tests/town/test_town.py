"""The town's people and shops: shares, names, and that a seed makes them again."""

from collections import Counter
from random import Random

import pytest

from merchants.store_details import StoreDetails
from town import premises
from town.people import NEWCOMERS_PERCENT, TOP_UPS_YEN, make_people
from town.premises import STATION, details_of
from town.shops import CLASS_SHARES, lay_out, make_shops


def test_the_same_seed_makes_the_same_town() -> None:
    assert make_people(500, 9) == make_people(500, 9)
    assert make_shops(80, 9) == make_shops(80, 9)
    assert make_people(500, 9) != make_people(500, 10)
    assert make_shops(80, 9) != make_shops(80, 10)


@pytest.mark.parametrize("count", [1, 4, 60, 300])
def test_classes_have_their_shares(count: int) -> None:
    classes = Counter(shop.merchant_class for shop in make_shops(count, 1))
    assert classes.total() == count
    for name, share in CLASS_SHARES.items():
        assert abs(classes[name] * 100 - count * share) < 100


def test_shop_names_differ_and_fit_a_sign() -> None:
    names = [shop.name for shop in make_shops(1_000, 3)]
    assert len(set(names)) == 1_000
    assert all(1 <= len(name) <= 25 for name in names)


def test_shops_tell_where_they_are_and_when_they_are_open() -> None:
    shops = make_shops(300, 1)
    for shop in shops:
        told = StoreDetails.model_validate(details_of(shop))
        assert details_of(shop) == details_of(shop)
        assert told.latitude_e6 is not None
        assert abs(told.latitude_e6 - STATION[0]) < 15_000
        assert told.hours is not None
        assert sum(map(bool, told.hours.weekly)) >= 5
    assert {shop.category.code for shop in shops} >= premises._HOURS.keys()


def test_residents_are_told_apart_and_hold_what_they_topped_up() -> None:
    people = make_people(5_000, 2)
    assert len({who.person_id for who in people}) == 5_000
    newcomers = [who for who in people if who.newcomer]
    assert abs(len(newcomers) - 50 * NEWCOMERS_PERCENT) < 60
    assert all(who.opening_yen == 0 for who in newcomers)
    assert all(who.opening_yen in {0, *TOP_UPS_YEN} for who in people)


def test_a_few_shops_have_most_of_the_visits() -> None:
    streets = lay_out(make_shops(300, 1))
    rng = Random(1)
    visits = Counter(streets.draw(rng, None).number for _ in range(20_000))
    busiest = [count for _, count in visits.most_common(30)]
    assert sum(busiest) > 20_000 * 40 // 100
    assert busiest[0] < 20_000 * 8 // 100


def test_shops_are_drawn_from_the_area_that_was_asked_for() -> None:
    streets = lay_out(make_shops(300, 1))
    rng = Random(1)
    assert {streets.draw(rng, "北町").area for _ in range(200)} == {"北町"}


def test_an_area_without_shops_draws_from_the_town() -> None:
    streets = lay_out(make_shops(1, 1))
    rng = Random(1)
    assert streets.draw(rng, "どこにもない町") == streets.shops[0]
