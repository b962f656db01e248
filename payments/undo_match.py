"""Take back what a person said that a bank line stands for, with what was entered of it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer
from core.ids import time_of, uuid8
from ledger.post import post
from merchants.line_match import LineMatch, undo_match
from payments.prepare import prepare
from payments.receive_money import ReverseFunding, ReverseProvider


async def undo_with_entries(
    db: AsyncSession, region_id: int, line_id: UUID, match_id: UUID, doer: Doer, reason: str
) -> LineMatch:
    """The match, undone; money that was entered with it goes off again, by an entry. Twice is once.

    Refuses line-match-unknown, line-match-final, line-match-undone.
    """
    undone = await undo_match(db, region_id, line_id, match_id, doer, reason)
    if undone.entry_id is not None and not undone.is_linked:
        reversal = ReverseFunding if undone.kind == "funding" else ReverseProvider
        command = reversal(
            entry_id=uuid8(time_of(match_id), "receipt reversed", match_id),
            actor=doer.actor,
            receipt_id=undone.entry_id,
            reason=reason,
        )
        (await post(db, region_id, command, prepare)).accepted()
    return undone
