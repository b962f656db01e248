"""Money of funders and providers that came to the bank: matched, undone, and true to the yen."""

import asyncio
from dataclasses import replace
from itertools import count
from random import Random
from uuid import UUID

import pytest
from asyncpg import CheckViolationError
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from campaigns.return_budget import ReturnBudget
from campaigns.settle_funders import SettleFunders
from core.database import Database
from core.errors import Problem
from core.ids import NIL
from merchants.line_match import LineMatch
from payments.debit_notes import PayDebt
from payments.propose_matches import propose_matches
from payments.receive_money import ReceiveFunding
from payments.reconcile_bank import reconcile_bank
from payments.reverse_top_up import ReverseTopUp
from payments.top_up import provider_id
from payments.verify import verify_books
from tests.debit_notes import ask_a_shop
from tests.merchant_rows import DOER
from tests.payments.receipts import Bank
from tests.servers import Place
from tests.sizes import RANDOM_TOWNS
from tests.town_builder import ADMIN, APPROVER, Town, new_id, open_region, running_engine

REGIONS = count(1)
PROVIDER = provider_id("hinode-bank")


UNDO = (
    "UPDATE merchants.line_match SET undone_at = now(), undone_by = '-', undone_reason = '-'"
    " WHERE match_id = :match"
)


async def forbidden(town: Town, made: LineMatch, statement: str) -> str:
    """The constraint by which PostgreSQL refuses what the application's role asks of a match."""
    with pytest.raises(IntegrityError) as wrong:
        async with town.database.transaction(town.region.region_id) as db:
            await db.execute(text(statement), {"match": made.match_id})
    cause = wrong.value.orig.__cause__  # type: ignore[union-attr]
    assert isinstance(cause, CheckViolationError)
    return str(cause.constraint_name)


@example(seed=1)
@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=max(2, RANDOM_TOWNS // 4),
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_what_is_owed_and_what_came_agree_whatever_is_matched_and_undone(
    shared_place: Place, shared_database: Database, seed: int
):
    region = await open_region(shared_database, f"receipts-{next(REGIONS)}", "Asia/Tokyo")
    async with running_engine(shared_database, region) as engine:
        town = Town(shared_place, shared_database, region, engine)
        await _played(town, Random(seed))
    assert (await verify_books(shared_database, region)).faults == ()


async def _played(town: Town, chance: Random) -> None:
    """Any line as anything, taken back at any time, with a chargeback and a return between."""
    wallet, campaign_id = await town.open_wallet(), await town.live_campaign(budget_yen=1_000)
    fundings = {(await town.fund(campaign_id, 600)).entry_id: 600}
    [first] = await town.rows("SELECT entry_id, amount FROM ledger.entry WHERE amount = 1000"
                              " AND kind = 'campaign.funded'")  # fmt: skip
    fundings[UUID(int=first.entry_id.int)] = 1_000
    top_ups = [(await town.top_up(wallet, yen)).entry_id for yen in (700, 300)]
    bank, amounts = Bank(town), [chance.choice((100, 300, 600, 1_000)) for _ in range(8)]
    await bank.bring(*amounts)
    came = dict.fromkeys((*fundings, PROVIDER), 0)
    owed = {**fundings, PROVIDER: 1_000}
    holding: dict[int, LineMatch] = {}
    for _ in range(24):
        place = chance.randrange(len(amounts))
        if place in holding:
            undone = holding.pop(place)
            await bank.undo(undone)
            assert undone.target_id is not None
            came[undone.target_id] -= amounts[place]
            continue
        if chance.random() < 0.1 and top_ups:
            back = top_ups.pop()
            entry = ReverseTopUp(entry_id=new_id(), actor=ADMIN, top_up_id=back, reason="-")
            owed[PROVIDER] -= (await town.submit(entry)).accepted().amount
        target = chance.choice(list(owed))
        made = await bank.match(place, "provider" if target == PROVIDER else "funding", target)
        if came[target] + amounts[place] > owed[target]:
            assert made == "bank-line-amount-differs"
            continue
        assert isinstance(made, LineMatch)
        holding[place] = made
        came[target] += amounts[place]
    theirs = await town.balances(campaign_id)
    assert theirs["funder_receivable"] == theirs["budget"] == 1_600
    assert theirs.get("funder_paid", 0) == sum(came[funding] for funding in fundings)
    own = await town.balances(NIL)
    assert own.get("bank", 0) == sum(came.values())
    assert own.get("provider_receivable", 0) == owed[PROVIDER] - came[PROVIDER]
    async with town.database.snapshot(town.region.region_id) as db:
        _, told = await reconcile_bank(db, town.region.region_id)
    assert (told.ledger_yen, told.unexplained_yen) == (sum(came.values()), 0)
    assert told.open_yen == sum(amounts) - sum(came.values())


@pytest.fixture
async def bank(town: Town) -> Bank:
    bank = Bank(town)
    await bank.bring(600, 500, 100, 400)
    return bank


async def test_two_lines_at_once_never_bring_more_than_was_promised(town: Town, bank: Bank):
    campaign_id = await town.draft_campaign()
    funding_id = (await town.fund(campaign_id, 1_000)).entry_id
    both = await asyncio.gather(*(bank.match(place, "funding", funding_id) for place in (0, 1)))
    assert "bank-line-amount-differs" in both
    made = [each for each in both if isinstance(each, LineMatch)]
    assert len(made) == 1
    undone = await asyncio.gather(*(bank.undo(made[0]) for _ in range(2)))
    assert undone[0] == undone[1]
    assert await town.balances(campaign_id) == {"budget": 1_000, "funder_receivable": 1_000}
    assert "bank" not in await town.balances(NIL)


async def test_who_has_paid_bears_and_gets_back_the_same_as_who_has_not(town: Town, bank: Bank):
    """Claw-backs, the end of a campaign and settlements go by what was promised."""
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 90_000)
    where = {"only_merchants": [str(store.merchant_id)]}
    told = []
    for is_paid in (False, True):
        campaign_id = await town.live_campaign(budget_yen=1_000, cashback_bp=0, where=where)
        [funding] = await town.rows(
            "SELECT entry_id FROM ledger.entry WHERE kind = 'campaign.funded'"
            " ORDER BY seq DESC LIMIT 1"
        )
        if is_paid:
            for place in (0, 3):
                made = await bank.match(place, "funding", UUID(int=funding.entry_id.int))
                assert isinstance(made, LineMatch), made
        paid = await town.pay(wallet, store, 1_000, is_coin_only=True)
        await town.refund(paid.entry_id, store, 500)
        await town.change_campaign(campaign_id, "ended")
        who = {"entry_id": new_id(), "actor": ADMIN, "campaign_id": campaign_id, "reason": "-"}
        back = (await town.submit(ReturnBudget(**who))).accepted()  # type: ignore[arg-type]
        who["entry_id"] = new_id()
        settled = (await town.submit(SettleFunders(**who))).accepted()  # type: ignore[arg-type]
        held = await town.balances(campaign_id)
        told.append((held.pop("funder_paid", 0), held, back.facts, settled.facts))
    assert told[0][1:] == told[1][1:]
    # Of what was paid in, the funder is owed what it did not promise any more.
    assert (told[1][0], told[1][1]["funder_receivable"]) == (1_000, 150)


async def test_a_debit_note_is_paid_by_a_line_and_what_was_entered_by_hand_is_linked(town: Town):
    note_id, bank = await ask_a_shop(town), Bank(town)
    await bank.bring(600, 100, 200)
    other = replace(DOER, actor=APPROVER)
    assert await bank.match(1, "debit_note", note_id) == "second-person-needed"
    assert await bank.match(0, "debit_note", note_id, other) == "payment-exceeds-debt"
    assert await bank.match(0, "debit_note", new_id(), other) == "debit-note-unknown"
    made = await bank.match(1, "debit_note", note_id, other)
    assert isinstance(made, LineMatch)
    assert not made.is_linked
    with pytest.raises(Problem) as final:
        await bank.undo(made)
    assert final.value.type.slug == "line-match-final"
    assert await forbidden(town, made, UNDO) == "line_match_of_entries_holds"
    by_hand = PayDebt(
        entry_id=new_id(), actor=APPROVER, note_id=note_id, amount_yen=200,
        paid_on="2027-01-03", reference="17",
    )  # fmt: skip
    (await town.submit(by_hand)).accepted()
    region_id = town.region.region_id
    async with town.database.snapshot(region_id) as db:
        [proposed] = await propose_matches(db, region_id, bank.lines[2])
    assert (proposed.kind, proposed.target_id, proposed.expected_yen) == (
        "debit_note", note_id, 200,
    )  # fmt: skip
    for _ in range(2):
        linked = await bank.match(2, "debit_note", note_id)
        assert isinstance(linked, LineMatch)
        assert (linked.is_linked, linked.entry_id) == (True, by_hand.entry_id)
        await bank.undo(linked)
    async with town.database.snapshot(region_id) as db:
        _, told = await reconcile_bank(db, region_id)
    assert (told.ledger_yen, told.open_yen, told.entered_yen) == (300, 800, 200)
    assert told.unexplained_yen == 0
    paid = await town.rows("SELECT amount FROM ledger.entry WHERE kind = 'debit_note.paid'")
    assert sum(row.amount for row in paid) == 300
    assert (await verify_books(town.database, town.region)).faults == ()


async def test_postgresql_forbids_what_the_verbs_refuse(town: Town, bank: Bank):
    funding_id = (await town.fund(await town.draft_campaign(), 1_000)).entry_id
    made = await bank.match(0, "funding", funding_id)
    assert isinstance(made, LineMatch)
    assert await forbidden(town, made, UNDO) == "line_match_undoing_was_entered"
    copy = (
        "INSERT INTO merchants.line_match (region_id, match_id, line_id, kind, target_id,"
        " amount_yen, fee_yen, reason, decided_by, entry_id) SELECT region_id, gen_random_uuid(),"
        " (SELECT line_id FROM merchants.bank_line WHERE amount_yen = 500), {}, target_id,"
        " 500, 0, '-', '-', gen_random_uuid() FROM merchants.line_match WHERE match_id = :match"
    )
    assert await forbidden(town, made, copy.format("kind")) == "line_match_was_entered"
    assert (
        await forbidden(town, made, copy.format("'return'")) == "line_match_enters_receipts_alone"
    )
    # The entry's own limit is a counter with a cap, and the cap is PostgreSQL's too.
    over = ReceiveFunding(
        entry_id=new_id(), actor=ADMIN, funding_id=funding_id, amount_yen=401,
        bank_line_id=bank.lines[1],
    )  # fmt: skip
    assert (await town.submit(over)).entry.refusal == "bank-line-amount-differs"
