"""A person in the ledger: what changes tier, attributes and the resident's own limit."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core.errors import Problem
from residents.close_person import ClosePerson
from residents.describe_person import DescribePerson
from residents.limit_unconfirmed import LimitUnconfirmed
from residents.person import NOBODY
from residents.wallet import OpenWallet
from tests.payments.refusals import refusal
from tests.residents.people import verification, verify
from tests.town_builder import Store, Town, new_id

NOON = datetime(2027, 1, 15, 3, tzinfo=UTC)
TODAY = date(2027, 1, 15)


@pytest.fixture
async def store(town: Town) -> Store:
    """A shop at noon of 15 January 2027."""
    await town.set_clock(NOON)
    return await town.open_store()


async def facts_of(town: Town, person_id: UUID) -> Any:
    [row] = await town.rows(
        "SELECT facts, state, version FROM ledger.holder WHERE kind = 'person' AND holder_id = :id",
        id=person_id,
    )
    return row


async def test_what_a_resident_declares_never_stands_in_place_of_what_was_seen(
    town: Town, store: Store
):
    person_id = (await town.open_wallet()).person_id

    def describe(**said: str | None) -> DescribePerson:
        declared: Any = tuple(said.items())
        return DescribePerson(
            entry_id=new_id(), actor=f"resident:{person_id}", person_id=person_id, declared=declared
        )

    (await town.submit(describe(area="kitazawa", age_band="18-29"))).accepted()
    found = await facts_of(town, person_id)
    assert found.facts == NOBODY | {"area": "kitazawa", "age_band": "18-29"}
    await verify(town, person_id, until=TODAY, area="tamagawa")
    assert await refusal(town, describe(area="kitazawa")) == "attribute-verified"
    (await town.submit(describe(age_band=None))).accepted()
    found = await facts_of(town, person_id)
    assert (found.facts["area"], found.facts["is_area_verified"]) == ("tamagawa", True)
    assert (found.facts["age_band"], found.version) == (None, 3)
    await town.set_clock(NOON + timedelta(days=1))
    (await town.submit(describe(area="kitazawa"))).accepted()
    assert (await facts_of(town, person_id)).facts["is_area_verified"] is False


async def test_a_limit_of_ones_own_is_lowered_freely_and_raised_only_if_confirmed(
    town: Town, store: Store
):
    wallet = await town.open_wallet()
    await town.top_up(wallet, 50_000)

    def limit(yen: int | None, confirmed_by: str | None = None) -> LimitUnconfirmed:
        return LimitUnconfirmed(
            entry_id=new_id(),
            actor=wallet.actor,
            person_id=wallet.person_id,
            limit_yen=yen,
            per_day_yen=None,
            confirmed_by=confirmed_by,
        )

    (await town.submit(limit(1_000))).accepted()
    with pytest.raises(Problem, match="confirmation-needed"):
        await town.pay(wallet, store, 1_001)
    await town.pay(wallet, store, 1_000)
    for raised in (1_001, None):
        with pytest.raises(Problem, match="confirmation-needed"):
            await town.submit(limit(raised))
    (await town.submit(limit(900))).accepted()
    (await town.submit(limit(None, "pin"))).accepted()
    await town.pay(wallet, store, 2_000)


async def test_a_closed_person_is_nobody_and_stays_so(town: Town, store: Store):
    wallet = await town.open_wallet()
    person_id = wallet.person_id
    await verify(town, person_id, area="kitazawa")
    await town.change_wallet(wallet, "closed")
    close = ClosePerson(entry_id=new_id(), actor=f"resident:{person_id}", person_id=person_id)
    (await town.submit(close)).accepted()
    found = await facts_of(town, person_id)
    assert (found.facts, found.state) == (NOBODY, "closed")
    assert await refusal(town, verification(person_id)) == "person-closed"


async def test_a_person_and_a_wallet_never_share_an_id(town: Town, store: Store):
    wallet = await town.open_wallet()
    assert await refusal(town, verification(wallet.wallet_id)) == "person-id-taken"
    person_id = new_id()
    await verify(town, person_id)
    with pytest.raises(Problem, match="wallet-id-taken"):
        await open_under(town, person_id, wallet.person_id)
    own = new_id()
    with pytest.raises(Problem, match="wallet-id-taken"):
        await open_under(town, own, own)


async def open_under(town: Town, wallet_id: UUID, person_id: UUID) -> None:
    command = OpenWallet(entry_id=wallet_id, actor=f"resident:{person_id}", person_id=person_id)
    (await town.submit(command)).accepted()


async def test_a_verification_asked_twice_is_made_once(town: Town, store: Store):
    person_id = (await town.open_wallet()).person_id
    command = verification(person_id)
    receipts = await asyncio.gather(*(town.submit(command) for _ in range(5)))
    assert sorted(got.is_replay for got in receipts) == [False] + [True] * 4
    assert (await facts_of(town, person_id)).version == 1
