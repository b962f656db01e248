"""What campaigns asked is kept with a payment: of the shop in the entry, of the person apart."""

import json
from hashlib import sha256
from typing import Any

import asyncpg
import pytest

from ledger.verify import verify_region
from residents.describe_person import DescribePerson
from tests.residents.people import verify
from tests.town_builder import Store, Town, Wallet, new_id

DECLARED = {"age_bands": ["30-44"], "proof": "declared"}


async def apart_of(town: Town, entry_id: Any) -> dict[str, Any] | None:
    """The facts that stand apart of an entry, once they are seen to be what it is committed to."""
    rows = await town.rows(
        "SELECT e.facts ->> 'person_facts', f.salt, f.facts FROM ledger.entry e"
        " LEFT JOIN ledger.person_facts f USING (region_id, entry_id) WHERE entry_id = :id",
        id=entry_id,
    )
    [(commitment, salt, facts)] = rows
    if commitment is None:
        assert facts is None
        return None
    assert sha256(salt + facts.encode()).hexdigest() == commitment
    told: dict[str, Any] = json.loads(facts)
    return told


async def rich(town: Town) -> tuple[Wallet, Store]:
    """Somebody with money, and a shop."""
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 10_000)
    return wallet, store


async def test_what_nobody_asks_for_leaves_no_trace(town: Town):
    wallet, store = await rich(town)
    await town.live_campaign()
    paid = await town.pay(wallet, store, 100)
    assert not {"asked", "person_facts"} & paid.facts.keys()
    assert await apart_of(town, paid.entry_id) is None


async def test_facts_of_the_shop_stand_in_the_entry_and_those_of_the_person_apart(town: Town):
    wallet, store = await rich(town)
    who = {"entry_id": new_id(), "actor": wallet.actor, "person_id": wallet.person_id}
    said = DescribePerson(**who, declared=(("age_band", "30-44"),))  # type: ignore[arg-type]
    (await town.submit(said)).accepted()
    await town.live_campaign(where={"categories": ["food"], "areas": ["south"]})
    await town.live_campaign(who=DECLARED, payment_modes=["shop_qr"])
    paid = await town.pay(wallet, store, 100)
    assert paid.facts["asked"] == {"category": "food", "shop_area": "north", "mode": "shop_qr"}
    assert await apart_of(town, paid.entry_id) == {"age_band": "30-44"}
    assert "30-44" not in json.dumps(paid.facts)
    again = await town.pay(wallet, store, 100)
    assert await apart_of(town, again.entry_id) == {"age_band": "30-44"}
    assert again.facts["person_facts"] != paid.facts["person_facts"], "nobody sees they are equal"


async def test_a_campaign_of_other_shops_learns_nothing_about_who_pays_here(town: Town):
    wallet, store = await rich(town)
    await town.live_campaign(who=DECLARED, where={"areas": ["south"]})
    paid = await town.pay(wallet, store, 100)
    assert paid.facts["asked"] == {"shop_area": "north"}
    assert await apart_of(town, paid.entry_id) is None


async def test_a_fact_that_is_asked_for_and_not_known_is_kept_as_that(town: Town):
    wallet, store = await rich(town)
    await verify(town, wallet.person_id)
    await town.live_campaign(who={"areas": ["kitazawa"], "tiers": ["verified_resident"]})
    paid = await town.pay(wallet, store, 100)
    known = {"tier": "verified_resident", "person_area": None, "is_person_area_verified": False}
    assert await apart_of(town, paid.entry_id) == known


async def test_top_ups_that_a_bonus_is_asked_for_keep_the_same_apart(town: Town):
    wallet, _ = await rich(town)
    await town.live_campaign(who=DECLARED, bonus={"rate_bp": 1000})
    topped_up = await town.top_up(wallet, 1000)
    assert await apart_of(town, topped_up.entry_id) == {"age_band": None}


async def test_twice_is_once_and_a_quote_keeps_nothing(town: Town):
    wallet, store = await rich(town)
    await town.live_campaign(who=DECLARED)
    command = town.payment(wallet, store, 100)
    await town.engine.quote(command)
    assert await town.rows("SELECT 1 FROM ledger.person_facts") == []
    first, second = await town.submit(command), await town.submit(command)
    assert second.is_replay
    assert second.entry.facts == first.entry.facts
    assert len(await town.rows("SELECT 1 FROM ledger.person_facts")) == 1
    refused = await town.submit(town.payment(wallet, store, 99_000))
    assert refused.entry.refusal is not None
    assert len(await town.rows("SELECT 1 FROM ledger.person_facts")) == 1


@pytest.mark.usefixtures("spoiled")
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE ledger.person_facts SET facts = '{}'", "they are others"),
        ("UPDATE ledger.person_facts SET salt = sha224(salt)::bytea", None),
        ("DELETE FROM ledger.person_facts", "they are gone, and the person is not"),
        ("UPDATE ledger.entry SET facts = facts - 'person_facts'", "they are others"),
    ],
)
async def test_verify_finds_what_a_superuser_changes(town: Town, statement: str, words: str | None):
    wallet, store = await rich(town)
    await town.live_campaign(who=DECLARED)
    paid = await town.pay(wallet, store, 100)
    superuser = await asyncpg.connect(town.place.superuser_url)
    try:
        with pytest.raises(asyncpg.PostgresError):
            await superuser.execute(statement)
        await superuser.execute("SET session_replication_role = replica")
        if words is None:
            with pytest.raises(asyncpg.CheckViolationError):
                await superuser.execute(statement)
            return
        await superuser.execute(statement)
        [fault] = (await verify_region(town.database, town.region)).faults
        assert fault.check == "facts about a person are those that their entry is committed to"
        assert fault.place == f"entry {paid.entry_id}: {words}"
    finally:
        await superuser.close()
