"""Debit notes: what nothing nets any more is asked for, and comes through the bank."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from access.acts import Doer
from core.errors import Problem
from merchants.close import ChangeMerchant, MerchantState
from merchants.debit_note import DebitNote
from merchants.read_debit_notes import WantedNotes, find_note, list_notes
from payments.debit_notes import IssueDebitNote, PayDebt
from payments.issue_debit_note import issue_debit_note
from payments.run_settlement import Closed
from payments.verify import verify_books
from tests.payments.refusals import refusal
from tests.payments.test_settlements import CLOSED, NEXT, close, payer, settlements, sound, winter
from tests.town_builder import ADMIN, APPROVER, Store, Town, new_id

__all__ = ["winter"]

DOER = Doer(UUID(int=1), ADMIN, "finance")


def asking(store: Store, due_on: str = "2027-03-31", **more: Any) -> IssueDebitNote:
    named: dict[str, Any] = {"entry_id": new_id(), "actor": ADMIN}
    named["merchant_id"] = store.merchant_id
    return IssueDebitNote(**named | more, due_on=due_on, reason="test")


async def issue(town: Town, wished: IssueDebitNote) -> DebitNote:
    now = await town.now()
    async with town.database.transaction(town.region.region_id) as db:
        return (await issue_debit_note(db, town.region, wished, DOER, now))[0]


async def refused(town: Town, wished: IssueDebitNote) -> str:
    with pytest.raises(Problem) as problem:
        await issue(town, wished)
    return problem.value.type.slug


def paying(note: DebitNote, yen: int, actor: str = APPROVER) -> PayDebt:
    return PayDebt(
        entry_id=new_id(), actor=actor, note_id=note.note_id, amount_yen=yen,
        paid_on="2027-02-03", reference="17",
    )  # fmt: skip


async def look(town: Town, note: DebitNote) -> tuple[int, int, int]:
    """What was paid, what was netted and what is open."""
    async with town.database.snapshot(town.region.region_id) as db:
        found = await find_note(db, town.region.region_id, note.note_id)
    assert found is not None
    return found.paid_yen, found.netted_yen, found.open_yen


async def is_listed(town: Town, state: Any, day: int) -> bool:
    """Whether a note is listed as in this state, so many days after the end of February."""
    today = date(2027, 2, 28) + timedelta(days=day)
    async with town.database.snapshot(town.region.region_id) as db:
        found = await list_notes(
            db, town.region.region_id, WantedNotes(state=state), today, None, 9
        )
    assert {note.state_on(today) for note in found} <= {state}
    return bool(found)


async def turn(town: Town, store: Store, state: MerchantState) -> None:
    named = {"entry_id": new_id(), "actor": ADMIN, "merchant_id": store.merchant_id}
    (await town.submit(ChangeMerchant(**named, state=state, reason="-"))).accepted()  # type: ignore[arg-type]


async def indebted(town: Town, yen: int = 5_000) -> tuple[Store, Any]:
    """A shop that was settled for all, and had to refund it then."""
    wallet, store = await payer(town), await town.open_store()
    sale = await town.pay(wallet, store, yen)
    await town.set_clock(CLOSED)
    await close(town)
    await town.refund(sale.entry_id, store)
    return store, wallet


async def test_who_left_is_asked_for_the_rest_and_pays_in_parts(winter: Town):
    store, _ = await indebted(winter)
    await turn(winter, store, "closed")
    note = await issue(winter, asking(store))
    assert (note.number, note.amount_yen, note.due_on) == (1, 5_000, date(2027, 3, 31))
    for state, days in {"open": (31, 30), "overdue": (32,), "paid": ()}.items():
        found = [day for day in (30, 31, 32) if await is_listed(winter, state, day)]
        assert sorted(found) == sorted(days), state
    assert await refused(winter, asking(store)) == "debit-note-open"
    assert await refusal(winter, paying(note, 1, ADMIN)) == "second-person-needed"
    assert await refusal(winter, paying(note, 5_001)) == "payment-exceeds-debt"
    (await winter.submit(paying(note, 2_000))).accepted()
    assert await look(winter, note) == (2_000, 0, 3_000)
    (await winter.submit(paying(note, 3_000))).accepted()
    assert await look(winter, note) == (5_000, 0, 0)
    assert await winter.balances(store.merchant_id) == {"payout": 5_000}
    assert await refused(winter, asking(store)) == "merchant-owes-nothing"
    await sound(winter)
    await winter.set_clock(NEXT)
    await close(winter)
    last = (await settlements(winter, store.merchant_id))[-1]
    assert (last.state, last.due_yen) == ("carried", 0), "nothing is owed, nothing is due"
    await sound(winter)


async def test_what_is_netted_meanwhile_goes_off_the_note(winter: Town):
    store, wallet = await indebted(winter)
    assert await refused(winter, asking(store)) == "debt-netted"
    await winter.pay(wallet, store, 1_000)
    await winter.set_clock(CLOSED + timedelta(days=60))
    note = await issue(winter, asking(store))
    assert note.amount_yen == 4_000, "less what will net it"
    (await winter.submit(paying(note, 500))).accepted()
    await winter.pay(wallet, store, 5_700)
    await winter.set_clock(CLOSED + timedelta(days=90))
    await close(winter)
    assert await winter.balances(store.merchant_id) == {"payout": 5_000 + 2_200}
    assert await look(winter, note) == (500, 3_500, 0)
    assert await refusal(winter, paying(note, 1)) == "payment-exceeds-debt"
    sale = await winter.pay(wallet, store, 900)
    await winter.set_clock(CLOSED + timedelta(days=120))
    await close(winter)
    await winter.refund(sale.entry_id, store)
    assert (await look(winter, note))[2] == 0, "what is owed anew is of no old note"
    await turn(winter, store, "closed")
    second = await issue(winter, asking(store, "2027-12-31"))
    assert (second.number, await look(winter, second)) == (2, (0, 0, 900))
    await sound(winter)


async def test_what_was_owed_to_a_campaign_goes_back_to_its_budget(winter: Town):
    campaign_id = await winter.live_campaign(rebate_bp=0, cashback_bp=500, budget_yen=100_000)
    store, _ = await indebted(winter)
    await turn(winter, store, "closed")
    note = await issue(winter, asking(store))
    (await winter.submit(paying(note, note.amount_yen))).accepted()
    balances = await winter.balances(campaign_id)
    assert ("budget_due" in balances, balances["budget"]) == (False, 100_000)
    await sound(winter)


async def test_an_id_is_one_note_and_numbers_have_no_gap(winter: Town):
    stores = [(await indebted_again(winter)) for _ in range(3)]
    wished = [asking(store) for store in stores]
    notes = await asyncio.gather(*(issue(winter, each) for each in (*wished, *wished)))
    assert sorted(note.number for note in notes) == [1, 1, 2, 2, 3, 3]
    other = asking(stores[0], "2027-04-30", entry_id=wished[0].entry_id)
    assert await refused(winter, other) == "id-in-use"
    assert await refused(winter, asking(stores[0], "2027-01-01")) == "day-over"
    assert await refused(winter, asking(Store(new_id(), new_id()))) == "merchant-unknown"
    with pytest.raises(Problem, match="debit-note-unknown"):
        await winter.submit(paying_for(wished[0].merchant_id))
    letters = await winter.rows("SELECT count(*) AS many FROM access.act WHERE act LIKE 'debit%'")
    assert letters[0].many == 3
    await sound(winter)
    await is_guarded(winter)


async def indebted_again(town: Town) -> Store:
    """A closed shop that owes without having been settled: its refund is after its close."""
    wallet, store = await payer(town), await town.open_store()
    sale = await town.pay(wallet, store, 700)
    await town.set_clock(await town.now() + timedelta(days=16))
    await close(town)
    await town.refund(sale.entry_id, store)
    await turn(town, store, "closed")
    return store


def paying_for(note_id: UUID) -> PayDebt:
    return PayDebt(
        entry_id=new_id(), actor=APPROVER, note_id=note_id, amount_yen=1, paid_on="2027-02-03",
        reference="17",
    )  # fmt: skip


async def is_guarded(town: Town) -> None:
    """PostgreSQL takes no other number and no change, and verify finds what was changed."""
    owner = await asyncpg.connect(town.place.superuser_url)
    try:
        for wrong, constraint in {
            "5, 4": "debit_note_follows_the_one_before",
            "5, 3": "debit_note_has_the_number_after",
            "3, 2": "debit_note_number_is_its_own",
        }.items():
            with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused_:
                await owner.execute(
                    "INSERT INTO merchants.debit_note SELECT region_id, gen_random_uuid(),"
                    f" {wrong}, merchant_id, amount_yen, due_on, issued_seq, content, digest,"
                    " issued_at, issued_by FROM merchants.debit_note WHERE number = 1"
                )
            assert refused_.value.constraint_name == constraint
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with town.database.transaction(town.region.region_id) as db:
                await db.execute(text("UPDATE merchants.debit_note SET amount_yen = 1"))
        for change, check in {
            "UPDATE merchants.debit_note SET due_on = due_on + 1 WHERE number = 1": (
                "what is listed of debit notes is what was entered"
            ),
            "UPDATE ledger.entry SET amount = amount + 1 WHERE kind = 'debit_note.issued'": (
                "a debit note asks for what was owed"
            ),
        }.items():
            await owner.execute("SET session_replication_role = replica")
            await owner.execute("BEGIN")
            await owner.execute(change)
            await owner.execute("COMMIT")
            faults = {f.check for f in (await verify_books(town.database, town.region)).faults}
            assert check in faults
            await owner.execute(change.replace("+ 1", "- 1"))
    finally:
        await owner.close()
    await sound(town)


async def test_a_debt_that_is_paid_before_its_period_is_closed_stops_no_settlement(winter: Town):
    campaign_id = await winter.live_campaign(rebate_bp=0, cashback_bp=500)
    wallet, store = await payer(winter), await winter.open_store()
    sale = await winter.pay(wallet, store, 10_000)
    await winter.set_clock(CLOSED)
    await close(winter)
    await winter.refund(sale.entry_id, store)
    await winter.set_clock(CLOSED + timedelta(days=60))
    note = await issue(winter, asking(store, "2027-05-31"))
    assert note.amount_yen == 10_000 + 500
    await close(winter)
    await winter.pay(wallet, store, 10_010)
    await winter.set_clock(CLOSED + timedelta(days=76))
    (await winter.submit(paying(note, 10_500))).accepted()
    assert await close(winter) == Closed(runs=1, settled=1)
    last = (await settlements(winter, store.merchant_id))[-1]
    assert (last.cashback_yen, last.due_yen) == (500, 10)
    balances = await winter.balances(store.merchant_id)
    assert sum(balances.values()) - balances["payout"] == 10_500, "due next time"
    assert "budget_due" not in await winter.balances(campaign_id)
    await sound(winter)
