"""Reversed top-ups and benefits are replayed: whole, and with what a superuser changed in them."""

import json
from typing import Any
from uuid import UUID, uuid4

from ledger.books import Entry
from payments.suspense import PlaceSuspense
from tests.benefits_builder import Benefit, change, done, funding, listed, listing, offered, use
from tests.benefits_builder import bring as bring_lines
from tests.payments.replaying import found, replayed, tamper
from tests.payments.test_reverse_top_up import reversing
from tests.residents.people import verify
from tests.town_builder import ADMIN, Town, Wallet, new_id

FAMILY: dict[str, Any] = {
    "amounts_points": {"single": 10_000, "family": 25_000},
    "groups": ["family"] * 9,
}


async def placed(town: Town, wallet: Wallet, yen: int) -> Entry:
    """Money that nobody was known for, and then was."""
    item = await town.top_up(Wallet(uuid4(), uuid4()), yen)
    place = PlaceSuspense(
        entry_id=new_id(),
        actor=ADMIN,
        item_id=item.entry_id,
        wallet_id=wallet.wallet_id,
        reason="found",
    )
    await done(town, place)
    return item


async def reverse(town: Town, wallet: Wallet, top_up: Entry) -> Entry:
    """Reverse it, and let the wallet be used again."""
    entry = await done(town, reversing(top_up.entry_id))
    if entry.holder_id is not None:
        await town.change_wallet(wallet, "open")
    return entry


async def change_facts(town: Town, entry: Entry, where: str, value: str) -> None:
    """Let another value stand in an entry's facts."""
    statement = (
        f"UPDATE ledger.entry SET facts = jsonb_set(facts, '{where}', '{value}')"
        " WHERE entry_id = $1"
    )
    await tamper(town, statement, id=entry.entry_id)


async def spoil(town: Town, entry: Entry, where: str, value: str, said: str) -> None:
    """Change a fact of an entry, see that it is found, and put back what was there."""
    await change_facts(town, entry, where, value)
    places = await found(town)
    assert places, f"nobody saw {value} at {where}"
    assert places[0].startswith(f"{entry.kind} {entry.entry_id}, number {entry.seq}: ")
    assert any(said in place for place in places), places
    back = "UPDATE ledger.entry SET facts = $2::text::jsonb WHERE entry_id = $1"
    await tamper(town, back, id=entry.entry_id, facts=json.dumps(entry.facts))
    assert await found(town) == []


async def test_each_way_to_reverse_and_to_give_is_decided_again(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    early = await town.top_up(wallet, 3_000)  # before any bonus
    await town.live_campaign(
        bonus={"rate_bp": 1000}, per_person_campaign_points=250, per_person_campaign_times=2
    )
    await town.live_campaign(bonus={"fixed_points": 77}, who={"tiers": ["verified_resident"]})
    with_bonus, spent = await town.top_up(wallet, 2_000), await town.top_up(wallet, 4_000)
    found_later = await placed(town, wallet, 1_000)
    in_suspense = await town.top_up(Wallet(uuid4(), uuid4()), 900)
    await town.pay(wallet, store, 9_000)
    for top_up in (early, with_bonus, spent, found_later, in_suspense):
        await reverse(town, wallet, top_up)
    plain, of_groups = await offered(town), await offered(town, needed_yen=90_000, **FAMILY)
    verified = await offered(town, tiers=["verified_resident"])
    await done(town, use(plain, wallet))
    await done(town, use(of_groups, wallet, group="family"))
    await verify(town, wallet.person_id)
    await done(town, use(verified, wallet))
    await done(town, change(plain, "stopped"))
    await done(town, change(plain, "closed"))
    whole = await replayed(town)
    assert (whole.reversed_top_ups, whole.benefits) == (5, 3)
    assert (whole.differences, whole.not_kept, whole.erased) == (0, 0, 0)


REVERSALS = (
    ("{clawed_back,0,points}", "99", "99 points and ¥0 taken back, recomputed 100 and"),
    ("{clawed_back}", "[]", "0 points and ¥0 taken back, recomputed 100 and ¥0"),
    (
        "{clawed_back,0,campaign_id}",
        f'"{UUID(int=9)}"',
        "it takes back from a campaign that granted nothing",
    ),
    (
        "{clawed_back,0,reopened}",
        '{"campaign_times": 2}',
        "opened again: campaign_times 2, recomputed 1",
    ),
    ("{owed_yen}", "1", "¥1000 taken and ¥1 owed, of ¥1000"),
    ("{taken_yen}", "null", "it cannot be read"),
)


async def test_what_a_reversal_took_otherwise_is_found_with_its_place(lively: Town):
    await lively.live_campaign(bonus={"rate_bp": 1000}, per_person_campaign_times=3)
    wallet = await lively.open_wallet()
    top_up = await lively.top_up(wallet, 1_000)
    reversal = await reverse(lively, wallet, top_up)
    for planted in REVERSALS:
        await spoil(lively, reversal, *planted)
    # What the top-up was granted counts, not what the reversal says of itself.
    await change_facts(lively, top_up, "{grants,0,rebate_points}", "90")
    assert any("taken back, recomputed 90 and ¥0" in place for place in await found(lively))


async def test_a_reversal_takes_nothing_from_a_wallet_that_had_nothing(lively: Town):
    item = await lively.top_up(Wallet(uuid4(), uuid4()), 700)
    reversal = await done(lively, reversing(item.entry_id))
    await spoil(lively, reversal, "{taken_yen}", "700", "the money was in none")


BENEFITS = (
    ("{expires_on}", '"2199-12-31"', "expires_on 2199-12-31, recomputed 20"),
    ("{name}", '"給付"', "name 給付, recomputed 物価高騰対策給付"),
    ("{more}", "1", "more 1, recomputed None"),
    ("{offer_id}", f'"{UUID(int=7)}"', "no list has such a line"),
    ("{offer_id}", "7", "no list has such a line"),
)


async def test_what_an_offer_gave_otherwise_is_found_with_its_place(lively: Town):
    benefit, wallet = await offered(lively, needed_yen=90_000, **FAMILY), await lively.open_wallet()
    used = await done(lively, use(benefit, wallet, group="family"))
    for planted in BENEFITS:
        await spoil(lively, used, *planted)
    amount = "UPDATE ledger.entry SET amount = 10000 WHERE entry_id = $1"
    await tamper(lively, amount, id=used.entry_id)
    assert "points 10000, recomputed 25000" in (await found(lively))[0]


async def test_an_offer_is_decided_by_its_list_its_state_and_its_tiers_of_that_time(lively: Town):
    first, second = await offered(lively), await offered(lively)
    verified = await offered(lively, tiers=["verified_resident"])
    wallet = await lively.open_wallet()
    tier = await verify(lively, wallet.person_id)
    used = [await done(lively, use(each, wallet)) for each in (first, second, verified)]
    stopped = await done(lively, change(first, "stopped"))
    assert await found(lively) == []
    # A line of a list that was never in force.
    other = Benefit(second.benefit_id)
    await bring_lines(lively, other, [None])
    await change_facts(lively, used[1], "{offer_id}", f'"{other.line(1)}"')
    # It was stopped before it was used, and somebody was verified only after.
    moved = "UPDATE ledger.entry SET seq = $2::text::bigint WHERE entry_id = $1"
    await tamper(lively, moved, id=tier.entry_id, seq=str(stopped.seq))
    await tamper(lively, moved, id=stopped.entry_id, seq=str(used[0].seq - 1))
    assert [place.partition(": ")[2] for place in await found(lively)] == [
        "10000 points, recomputed: refused as offer-stopped",
        "10000 points, recomputed: refused as offer-unknown",
        "10000 points, recomputed: refused as offer-needs-tier",
    ]


async def test_a_list_that_was_replaced_before_it_was_used_gives_nothing(lively: Town):
    benefit, later = await listed(lively), new_id()
    await bring_lines(lively, benefit, [None])
    await done(lively, listing(benefit, later))
    await done(lively, change(benefit, "approved", list_id=later))
    await done(lively, funding(benefit, 30_000))
    await done(lively, change(benefit, "offered"))
    wallet = await lively.open_wallet()
    await done(lively, use(benefit, wallet, list_id=later))  # of a line of the first list
    [place] = await found(lively)
    assert place.endswith("10000 points, recomputed: refused as offer-unknown")
