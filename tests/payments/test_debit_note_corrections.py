"""Debit notes that were wrong: another document stands in their place, and money may go back."""

import asyncio
from dataclasses import replace
from datetime import date
from uuid import UUID

import asyncpg
import pytest

from access.acts import Doer
from access.requests import Request
from core.errors import Problem
from merchants.debit_note import DebitNote
from payments.correct_debit_note import (
    WishedCorrection,
    ask_for_correction,
    correct_debit_note,
)
from payments.verify import verify_books
from tests.payments.refusals import refusal
from tests.payments.test_debit_notes import (
    DOER,
    asking,
    indebted,
    is_listed,
    issue,
    look,
    paying,
    turn,
)
from tests.payments.test_settlements import sound, winter
from tests.town_builder import ADMIN, APPROVER, Town, new_id

__all__ = ["winter"]

OTHER = Doer(UUID(int=2), APPROVER, "approver")


def correcting(note: DebitNote, due_on: str | None, *, pays_back: bool = False) -> WishedCorrection:
    day = due_on and date.fromisoformat(due_on)
    return WishedCorrection(new_id(), note.note_id, day or None, pays_back, "wrong")


async def correct(town: Town, wished: WishedCorrection) -> DebitNote:
    now, region = await town.now(), town.region
    async with town.database.transaction(region.region_id) as db:
        asked = await ask_for_correction(db, region, wished, DOER, now)
        again = await ask_for_correction(db, region, wished, DOER, now)
        assert again == asked
        return await correct_debit_note(db, region, asked, OTHER, now)


async def not_corrected(town: Town, wished: WishedCorrection) -> str:
    with pytest.raises(Problem) as problem:
        await correct(town, wished)
    return problem.value.type.slug


async def test_a_wrong_note_is_corrected_by_another_and_taken_back_by_a_third(winter: Town):
    store, _ = await indebted(winter)
    await turn(winter, store, "closed")
    first = await issue(winter, asking(store))
    (await winter.submit(paying(first, 2_000))).accepted()
    second = await correct(winter, correcting(first, "2027-04-30"))
    assert (second.number, second.corrects, second.amount_yen) == (2, 1, 3_000)
    assert await look(winter, first) == (2_000, 0, 0)
    assert await is_listed(winter, "corrected", 0)
    assert b'"corrects":1' in second.content
    assert await not_corrected(winter, correcting(first, None)) == "debit-note-corrected"
    assert await refusal(winter, paying(first, 1)) == "debit-note-corrected"
    assert await not_corrected(winter, correcting(second, "2027-01-01")) == "day-over"
    back = correcting(second, None, pays_back=True)
    assert await not_corrected(winter, back) == "debit-note-unpaid"
    (await winter.submit(paying(second, 1_000, ADMIN))).accepted()
    third = await correct(winter, back)
    assert (third.number, third.corrects, third.amount_yen, third.open_yen) == (3, 2, 0, 0)
    assert await is_listed(winter, "withdrawal", 0)
    assert await winter.balances(store.merchant_id) == {
        "payout": 5_000, "merchant_receivable": 3_000,
    }  # fmt: skip
    assert await not_corrected(winter, correcting(third, None)) == "debit-note-unknown"
    with pytest.raises(Problem, match="debit-note-unknown"):
        await winter.submit(paying(third, 1))
    fourth = await issue(winter, asking(store))
    assert (fourth.number, fourth.amount_yen) == (4, 3_000), "what is owed is asked for anew"
    (await winter.submit(paying(fourth, 3_000))).accepted()
    nothing = await not_corrected(winter, correcting(fourth, "2027-04-30"))
    assert nothing == "merchant-owes-nothing"
    paid = await correct(winter, correcting(fourth, "2027-04-30", pays_back=True))
    assert (paid.number, paid.amount_yen) == (5, 3_000), "owed again, and asked for again"
    await sound(winter)
    owner = await asyncpg.connect(winter.place.superuser_url)
    try:
        with pytest.raises(asyncpg.UniqueViolationError, match="debit_note_is_corrected_once"):
            await owner.execute(
                "INSERT INTO merchants.debit_note SELECT region_id, gen_random_uuid(), 6, 5,"
                " merchant_id, amount_yen, due_on, issued_seq, content, digest, issued_at,"
                " issued_by, corrects FROM merchants.debit_note WHERE number = 2"
            )
        await owner.execute("SET session_replication_role = replica")
        await owner.execute("UPDATE merchants.debit_note SET corrects = NULL WHERE number = 5")
    finally:
        await owner.close()
    faults = {f.check for f in (await verify_books(winter.database, winter.region)).faults}
    assert "what is listed of debit notes is what was entered" in faults


async def test_two_who_correct_one_note_at_once_make_one_document(winter: Town):
    store, _ = await indebted(winter)
    await turn(winter, store, "closed")
    note = await issue(winter, asking(store))
    now, region = await winter.now(), winter.region
    async with winter.database.transaction(region.region_id) as db:
        asked = await ask_for_correction(db, region, correcting(note, None), DOER, now)
    other = replace(asked, request_id=new_id())

    async def carry_out(request: Request) -> DebitNote:
        async with winter.database.transaction(region.region_id) as db:
            return await correct_debit_note(db, region, request, OTHER, now)

    wishes = [carry_out(request) for request in (asked, other, asked)]
    ended = await asyncio.gather(*wishes, return_exceptions=True)
    slugs = [each.type.slug for each in ended if isinstance(each, Problem)]
    assert slugs == ["debit-note-corrected"] * 2
    await sound(winter)
