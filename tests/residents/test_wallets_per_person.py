"""How many wallets a person may have: a rule of the region, counted per person."""

import asyncio

import pytest

from core.errors import Problem
from tests.town_builder import Town


async def test_a_person_has_no_more_wallets_than_the_region_allows(town: Town):
    await town.change_settings(wallets_per_person=1)
    first = await town.open_wallet()
    with pytest.raises(Problem) as refused:
        await town.open_wallet(first.person_id)
    assert refused.value.type.slug == "wallets-enough"
    assert refused.value.facts == {"most": 1}
    await town.open_wallet()


async def test_of_many_wallets_opened_at_once_as_many_stand_as_are_allowed(town: Town):
    await town.change_settings(wallets_per_person=2)
    first = await town.open_wallet()
    tries = [town.open_wallet(first.person_id) for _ in range(20)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(outcome, Problem) for outcome in outcomes) == 1
