"""A shop that is asked for what it owes, by the real commands of all that leads there."""

from datetime import timedelta
from uuid import UUID

from access.acts import Doer
from payments.debit_notes import IssueDebitNote
from payments.issue_debit_note import issue_debit_note
from payments.settle_now import settle_now
from tests.closing import turn_merchant
from tests.town_builder import ADMIN, Town, new_id

DOER = Doer(UUID(int=1), ADMIN, "finance")


async def ask_a_shop(town: Town) -> UUID:
    """Settle a shop on demand, refund its sale, and close it: the id of the debit note.

    Settings are at their defaults then.
    """
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 300)
    sale = await town.pay(wallet, store, 300)
    await town.change_settings(settlement={"on_demand": {"is_offered": True}})
    now = await town.now()
    async with town.database.transaction(town.region.region_id) as db:
        await settle_now(db, town.region, new_id(), store.merchant_id, DOER, now)
    await town.change_settings()
    await town.refund(sale.entry_id, store)
    await turn_merchant(town, store.merchant_id, "closed")
    wished = IssueDebitNote(
        entry_id=new_id(),
        actor=ADMIN,
        merchant_id=store.merchant_id,
        due_on=(await town.today() + timedelta(days=30)).isoformat(),
        reason="test",
    )
    async with town.database.transaction(town.region.region_id) as db:
        note, _ = await issue_debit_note(db, town.region, wished, DOER, now)
    return note.note_id
