"""Grants are decided again from what was kept: the same, erased, or a difference with its place."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from payments.replay import Replayed
from residents.close_person import ClosePerson
from residents.erase_person import erase_person
from seals.check_proof import key_id
from seals.verify import verify_sealed
from tests.payments.replaying import found, replayed, tamper
from tests.payments.test_facts_apart import DECLARED, rich
from tests.residents.people import enrol, verify
from tests.seals.sealed_town import sealed
from tests.town_builder import Town, Wallet, new_id


async def many_campaigns(town: Town) -> list[UUID]:
    """Groups, ceilings, caps, stamps, people, a budget that ends: and some of other shops."""
    half = {"how": "stacking", "most_of_coin_bp": 5_000}
    a_group = {"how": "best", "group": "spring"}
    forms: tuple[dict[str, Any], ...] = (
        {"priority": 9, "together": a_group, "where": {"areas": ["south"]}},
        {"priority": 5, "rebate_bp": 6000, "together": half, "per_person_day_points": 900},
        {"priority": 1, "together": a_group, "rebate_bp": 4000, "per_person_month_points": 500},
        {"priority": 1, "together": a_group, "rebate_bp": 3000, "who": DECLARED},
        {"every_nth_payment": 2, "who": {"tiers": ["verified_resident"]}},
        {"who": {"first_payment": "ever"}, "cashback": None, "budget_yen": 100},
        {"where": {"categories": ["books"]}},
        {"rebate": {"month_tiers": [{"above_yen": 0, "rate_bp": 2000},
                                    {"above_yen": 900, "rate_bp": 100}]}},
    )  # fmt: skip
    return [await town.live_campaign(**form) for form in forms]


async def live(town: Town) -> list[Wallet]:
    """Payments, refunds in parts and voids while campaigns come and go."""
    wallets = [await town.open_wallet() for _ in range(3)]
    store, other = await town.open_store(), await town.open_store("large")
    await town.top_up(wallets[0], 10_000)
    campaigns = await many_campaigns(town)
    await town.live_campaign(bonus={"rate_bp": 500}, who={"tiers": ["unverified"]})
    await verify(town, wallets[1].person_id, age_band="30-44")
    for number, wallet in enumerate(wallets):
        await town.top_up(wallet, 20_000)
        for yen in (1_000, 777, 3):
            paid = await town.pay(wallet, store, yen + number)
            for part in (1, 2):
                await town.refund(paid.entry_id, store, part)
            await town.void((await town.pay(wallet, other, 500)).entry_id, other)
        await town.change_campaign(campaigns[number], "stopped" if number else "ended")
    await town.change_campaign(campaigns[1], "live")
    await town.pay(wallets[0], store, 1_234)
    return wallets


async def test_a_lively_town_is_decided_again_without_a_difference(town: Town):
    wallets = await live(town)
    whole = await replayed(town)
    assert (whole.payments, whole.refunds, whole.top_ups) == (19, 27, 3)
    assert (whole.differences, whole.erased, whole.not_kept) == (0, 0, 0)
    [(told,)] = await town.rows(
        "SELECT sum(jsonb_array_length(facts -> 'grants')) FROM ledger.entry WHERE facts ? 'grants'"
    )
    assert whole.grants == told
    today = await town.today()
    tomorrow = today + timedelta(days=1)
    assert await replayed(town, today, today) == whole
    assert await replayed(town, tomorrow, None) == Replayed("setagaya")
    assert await replayed(town, None, today - timedelta(days=1)) == Replayed("setagaya")
    assert len(wallets) == 3


PLANTED = {
    "points": ("{grants,0,rebate_points}", "299", "rebate_points 299, recomputed 300"),
    "cashback": ("{grants,0,cashback_yen}", "51", "cashback_yen 51, recomputed 50"),
    "a headroom that cuts": ("{grants,0,headroom,day}", "10", "rebate_points 300, recomputed 10"),
    "a budget that does not": ("{grants,0,headroom,budget}", "77777", "budget read as 77777"),
    "a reason": ("{grants,0,reasons,0,1}", "3001", "reasons [['rate-applied', 3001]"),
    "the last day": ("{grants,0,points_expire_on}", '"2040-01-31"', "points_expire_on 2040-01-31"),
    "what is counted": ("{grants,1,name}", '"Spring"', "name Spring, recomputed Autumn"),
    "no campaign": ("{grants}", "[]", "it is not told of"),
    "the hash": ("{grants,0,hash}", f'"{64 * "0"}"', "hash 0000"),
    "the other facts": ("{asked,category}", '"drink"', "rebate_points 0, recomputed 300"),
    "the class": ("{merchant_class}", '"large"', "rebate_points 300, recomputed 600"),
    "no sense": ("{grants,0,headroom,budget}", "-1", "cannot be read"),
}


@pytest.mark.parametrize("name", PLANTED)
async def test_what_a_superuser_plants_is_found_with_its_place(lively: Town, name: str):
    rates = {"small": 3000, "large": 6000}
    await lively.live_campaign(rebate_bp=rates, per_person_day_points=3000, priority=1)
    await lively.live_campaign(rebate_bp=rates, where={"categories": ["drink"]})
    wallet, store = await rich(lively)
    paid = await lively.pay(wallet, store, 1_000)
    await lively.pay(wallet, store, 900)
    assert await found(lively) == []
    where, value, said = PLANTED[name]
    statement = (
        f"UPDATE ledger.entry SET facts = jsonb_set(facts, '{where}', '{value}')"
        " WHERE entry_id = $1"
    )
    await tamper(lively, statement, id=paid.entry_id)
    [place, *_] = await found(lively)
    assert place.startswith(f"payment {paid.entry_id}, number {paid.seq}: ")
    assert any(said in each for each in await found(lively)), await found(lively)


@pytest.mark.parametrize("back", ["points", "cashback_yen"])
async def test_what_a_refund_took_otherwise_is_found(lively: Town, back: str):
    await lively.live_campaign()
    wallet, store = await rich(lively)
    paid = await lively.pay(wallet, store, 1_000)
    await lively.refund(paid.entry_id, store, 100)
    refund = await lively.refund(paid.entry_id, store, 100)
    assert await found(lively) == []
    way = f"{{clawed_back,0,{back}}}"
    statement = (
        f"UPDATE ledger.entry SET facts = jsonb_set(facts, '{way}', '3') WHERE entry_id = $1"
    )
    await tamper(lively, statement, id=refund.entry_id)
    [place] = await found(lively)
    assert place.startswith(f"refund {refund.entry_id}, number {refund.seq}: campaign ")
    assert place.endswith("taken back, recomputed 30 and ¥5")


async def test_facts_of_a_person_that_were_changed_are_a_difference(lively: Town):
    await lively.live_campaign(who={"tiers": ["unverified"]})
    wallet, store = await rich(lively)
    await lively.pay(wallet, store, 1_000)
    changed = """UPDATE ledger.person_facts SET facts = '{"tier":"verified_visitor"}'"""
    await tamper(lively, changed)
    places = await found(lively)
    assert any("rebate_points 300, recomputed 0" in place for place in places)


async def test_after_an_erasure_it_says_erased_and_the_seal_holds(town: Town):
    await town.live_campaign(who={"tiers": ["unverified"]}, rebate_bp=0)
    gone, store = await rich(town)
    stays, _ = await rich(town)
    region = town.region
    await enrol(town.database, region.region_id, gone.person_id)
    paid = await town.pay(gone, store, 10_000)
    await town.pay(stays, store, 1_000)
    assert (await replayed(town)).erased == 0
    keys = await sealed(town)
    await town.change_wallet(gone, "closed")
    close = ClosePerson(entry_id=new_id(), actor=gone.actor, person_id=gone.person_id)
    (await town.submit(close)).accepted()
    async with town.database.transaction(region.region_id) as db:
        await erase_person(db, region, gone.person_id, gone.actor)
    rows = await town.rows("SELECT entry_id FROM ledger.person_facts")
    assert paid.entry_id not in {row.entry_id for row in rows}
    assert len(rows) == 1
    told = await replayed(town)
    assert (told.payments, told.erased, told.not_kept, told.differences) == (2, 1, 0, 0)
    later = await sealed(town, after=keys)
    known = {key_id(public): public for public in (*keys.public, *later.public)}
    verdict = await verify_sealed(town.database, region, known)
    assert (verdict.faults, verdict.unsealed, verdict.erased) == ([], 0, 0)


async def test_what_was_not_kept_is_counted_as_that(lively: Town):
    await lively.live_campaign(where={"areas": ["north"]})
    wallet, store = await rich(lively)
    paid = await lively.pay(wallet, store, 1_000)
    older = "UPDATE ledger.entry SET facts = facts - 'asked' WHERE entry_id = $1"
    await tamper(lively, older, id=paid.entry_id)
    told = await replayed(lively)
    assert (told.payments, told.not_kept, told.differences) == (1, 1, 0)
