"""Which campaigns a shop takes part in: by what they say of shops, on no matter which day."""

from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random
from typing import Any, Final
from uuid import UUID

import pytest

from api.running_campaigns import as_facts, merchants_of
from campaigns.rules import LiveCampaign
from campaigns.taking_part import MOST_SHOPS, Running
from campaigns.terms import Terms, terms_hash
from merchants.find_stores import START, WhichStores, find_stores
from merchants.merchant import OpenMerchant, OpenStore
from merchants.open import open_many
from payments.prepare import prepare
from tests.campaigns.examples import CLASSES, flat, payment
from tests.campaigns.random_forms import AREAS, CATEGORIES, STREETS, draw_forms
from tests.town_builder import ADMIN, Town

SHOP: Final = replace(
    payment(0),
    business_date=date.min,
    category="food",
    shop_area="kitazawa",
    street="ichibangai",
    merchant_id=UUID(int=7),
)
NONE: Final = dict.fromkeys(("street_member", "convenience", "large"), 0)
LARGE: Final = NONE | {"small": 0, "large": 100}
NOW: Final = datetime(2026, 11, 27, 12, tzinfo=UTC)
TRIES: Final = 100


@pytest.mark.parametrize(
    ("said", "is_in"),
    [
        ({}, True),
        ({"when": {"weekdays": ["sun"], "from_time": "11:00", "until_time": "14:00"}}, True),
        ({"who": {"age_bands": ["75+"], "proof": "declared"}}, True),
        ({"where": {"classes": ["small", "large"]}}, True),
        ({"where": {"classes": ["large"]}}, False),
        ({"where": {"categories": ["food"], "areas": ["kinuta"]}}, False),
        ({"where": {"areas": ["kitazawa"], "streets": ["ichibangai"]}}, True),
        ({"where": {"streets": ["suzuran"]}}, False),
        ({"where": {"only_merchants": [str(UUID(int=7))]}}, True),
        ({"where": {"only_merchants": [str(UUID(int=8))]}}, False),
        ({"where": {"except_merchants": [str(UUID(int=7))]}}, False),
        ({"rebate": {"rates_bp": LARGE}, "cashback": {"rates_bp": LARGE}}, False),
        ({"rebate": {"rates_bp": LARGE}, "cashback": {"rates_bp": NONE | {"small": 1}}}, True),
    ],
)
def test_a_shop_is_in_by_what_it_is(said: dict[str, Any], is_in: bool):
    assert bool(Running([flat(1, 3000, 500, **said)]).at(SHOP)) == is_in


def test_what_is_remembered_of_shops_is_bounded_and_tells_named_ones_apart():
    named: dict[str, Any] = {"where": {"except_merchants": [str(UUID(int=7))]}}
    running = Running([flat(1, 3000), flat(2, 500, **named)])
    for n in range(MOST_SHOPS + 10):
        shop = replace(SHOP, merchant_id=UUID(int=100 + n), category=f"kind {n}")
        assert len(running.at(shop)) == 2
    assert len(running._known) < MOST_SHOPS
    assert [len(running.at(each)) for each in (SHOP, replace(SHOP, merchant_id=UUID(int=8)))] == [
        1,
        2,
    ]


async def test_the_stores_of_a_campaign_are_those_that_it_takes_in(town: Town):
    chance, region_id = Random(4), town.region.region_id
    shops = [
        OpenMerchant(
            entry_id=UUID(int=number), actor=ADMIN, name="見本", street=street,
            merchant_class=chance.choice(CLASSES), category=chance.choice(CATEGORIES),
            area=chance.choice(AREAS),
        )
        for number in range(1, 31)
        for street in [chance.choice([None, *STREETS])]
    ]  # fmt: skip
    stores = [
        OpenStore(
            entry_id=UUID(int=1000 + number), actor=ADMIN, name="見本", merchant_id=UUID(int=number)
        )
        for number in range(1, 31)
    ]
    await open_many(town.database, region_id, [*shops, *stores], prepare)
    sizes = set()
    async with town.database.snapshot(region_id) as db:
        everywhere = await find_stores(db, region_id, WhichStores(), START, 50, NOW)
        assert len(everywhere) == 30
        for _ in range(TRIES):
            terms = Terms.model_validate(draw_forms(chance)[0])
            campaign = LiveCampaign(UUID(int=99), terms_hash(terms), terms)
            which = WhichStores(of=merchants_of(campaign))
            found = await find_stores(db, region_id, which, START, 50, NOW)
            running = Running([campaign])
            expected = [store for store in everywhere if running.at(as_facts(store))]
            assert found == expected, terms
            sizes.add(len(found))
    assert len(sizes) > 5, "forms of all kinds were drawn"
