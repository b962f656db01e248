"""A line that brings money of a funder or provider: whether it fits, and what is entered of it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Problem
from core.ids import NIL, time_of, uuid8
from core.one_at_a_time import one_at_a_time
from ledger import tables
from ledger.command import Command
from ledger.post import post
from ledger.statement import find_entry
from merchants.line_match import LINE_AMOUNT_DIFFERS, matched_yen
from payments.prepare import prepare
from payments.receive_money import (
    FUNDING_UNKNOWN,
    FUNDINGS,
    ReceiveFromProvider,
    ReceiveFunding,
)
from payments.top_up import PROVIDER_UNKNOWN
from payments.wished_match import Asked, Fit


async def look_at_funding(db: AsyncSession, asked: Asked) -> Fit:
    """Refuses funding-unknown, and bank-line-amount-differs above what is left of it."""
    entry = await find_entry(db, asked.region_id, asked.target_id)
    if entry is None or entry.kind not in FUNDINGS or entry.refusal is not None:
        raise Problem(FUNDING_UNKNOWN)
    told_yen = await _matched(db, asked)
    _check(asked, entry.amount - told_yen)
    receipt = ReceiveFunding(
        entry_id=receipt_of(asked.wished.match_id),
        actor=asked.doer.actor,
        funding_id=asked.target_id,
        amount_yen=asked.amount_yen,
        bank_line_id=asked.wished.line_id,
    )
    return _entering(db, asked, receipt)


async def look_at_provider(db: AsyncSession, asked: Asked) -> Fit:
    """Refuses provider-unknown, and bank-line-amount-differs above what the provider holds."""
    account, posting, entry = tables.account.c, tables.posting.c, tables.entry.c
    found = await db.execute(
        select(account.balance, entry.facts["provider"].astext)
        .join(
            tables.posting,
            (posting.region_id == account.region_id) & (posting.account_no == account.account_no),
        )
        .join(
            tables.entry,
            (entry.region_id == posting.region_id) & (entry.entry_id == posting.entry_id),
        )
        .where(
            account.region_id == asked.region_id,
            account.holder_id == NIL,
            account.kind == "provider_receivable",
            account.source_id == asked.target_id,
            posting.version == 1,  # a top-up, which has the name
        )
    )
    row = found.one_or_none()
    if row is None:
        raise Problem(PROVIDER_UNKNOWN)
    held_yen, provider = row
    # What was matched with an entry is not held any more.
    _check(asked, held_yen - await _matched(db, asked, is_entered=False))
    receipt = ReceiveFromProvider(
        entry_id=receipt_of(asked.wished.match_id),
        actor=asked.doer.actor,
        provider=provider,
        amount_yen=asked.amount_yen,
        bank_line_id=asked.wished.line_id,
    )
    return _entering(db, asked, receipt)


def _entering(db: AsyncSession, asked: Asked, receipt: Command) -> Fit:
    async def enter() -> None:
        (await post(db, asked.region_id, receipt, prepare)).accepted()

    return Fit(enter, entry_id=receipt.entry_id)


def receipt_of(match_id: UUID) -> UUID:
    """The id of the entry that says that a match brought money."""
    return uuid8(time_of(match_id), "receipt", match_id)


async def _matched(db: AsyncSession, asked: Asked, **which: bool) -> int:
    """What lines brought before: one after the other looks."""
    kind, target_id = asked.wished.kind, asked.target_id
    await one_at_a_time(db, asked.region_id, f"{kind} {target_id}")
    return await matched_yen(db, asked.region_id, kind, target_id, **which)


def _check(asked: Asked, left_yen: int) -> None:
    """Matches from before there were entries count too, of which the entry's own limit is not."""
    if asked.amount_yen > left_yen:
        raise Problem(LINE_AMOUNT_DIFFERS, expected_yen=left_yen)
