"""Reverse a top-up: the provider takes its money back (chargeback, stolen card)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar
from uuid import UUID

from core.errors import Problem, problem
from core.ids import NIL
from ledger.books import ENDLESS, Account, Books, CounterKey, Entry
from ledger.command import Command, Reads
from ledger.draft import Draft
from payments.bonus import reads_of_bonus, take_bonus_back
from payments.expired import count_expired
from payments.limits import give_back_periods
from payments.lots import COIN
from payments.of_funder import reads_of_funders
from payments.top_up import provider_receivable

TOP_UP_UNKNOWN = problem("top-up-unknown", 404, "There is no such top-up.")
TOP_UP_REVERSED = problem("top-up-reversed", 409, "The top-up was reversed already.")
TOP_UP_RETURNED = problem("top-up-returned", 409, "The money was returned to its sender already.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseTopUp(Command):
    """Undo a top-up whose money was taken back.

    The lot's unspent coin goes, also where it has expired, and so does the bonus; the rest becomes
    a receivable from the resident, and the wallet is frozen for review. Money still in suspense
    simply goes back.
    """

    kind: ClassVar[str] = "top_up.reversed"
    top_up_id: UUID
    reason: str
    provider: str | None = None
    """The provider that asks, and that must have made the top-up; None for an administrator."""

    def reads(self) -> Reads:
        """The top-up with its account in suspense, its placement, and whether it was reversed."""
        return Reads(
            entries=(self.top_up_id,), referring=(self.top_up_id,), subjects=(self.top_up_id,)
        )

    def follow(self, books: Books) -> Reads | None:
        """The wallet that the money went to: what expired of the lot, what is held of the bonus."""
        top_up = books.entries.get(self.top_up_id)
        if top_up is None or top_up.kind != "top_up":
            return None
        placed = credited(top_up, books.entries.values())
        if placed is None or placed.holder_id is None:
            return None
        bonus = reads_of_bonus(placed)
        return Reads(
            holders=(placed.holder_id, *bonus.holders),
            subjects=(placed.holder_id, placed.entry_id, *bonus.subjects),
            periods=(
                date.fromisoformat(placed.facts["expires_on"]),
                placed.business_date,
                placed.business_date.replace(day=1),
                *bonus.periods,
            ),
        )

    def follow_further(self, books: Books) -> Reads | None:
        """The campaigns of other points in the wallet, where these may answer for the bonus."""
        top_up = books.entries.get(self.top_up_id)
        if top_up is None or top_up.kind != "top_up" or top_up.refusal is not None:
            return None
        return reads_of_funders(books, credited(top_up, books.entries.values()))

    def draft(self, books: Books) -> Draft:
        """It stands in the wallet's history, if the money ever reached one."""
        top_up = _top_up(self, books)
        placed = credited(top_up, books.entries.values())
        return Draft(
            holder_id=placed.holder_id if placed else None,
            refers_to=top_up.entry_id,
            amount=top_up.amount,
        )

    def decide(self, books: Books) -> Draft:
        """Refuses top-up-unknown, top-up-reversed, top-up-returned."""
        top_up = _top_up(self, books)
        key = reversed_key(self.top_up_id)
        if books.used(key):
            raise Problem(TOP_UP_REVERSED)
        draft = self.draft(books)
        draft.count(key, 1, 1)
        draft.facts = {"reason": self.reason}
        placed = credited(top_up, books.entries.values())
        if placed is None:
            draft.debit(_suspended(books, top_up), top_up.amount)
        else:
            _take_back(books, draft, placed, top_up.amount)
        draft.credit(_paid_from(books, top_up), top_up.amount)
        return draft


def reversed_key(top_up_id: UUID) -> CounterKey:
    """The counter that is 1 once the top-up was reversed."""
    return CounterKey(top_up_id, "reversed", NIL, ENDLESS)


def _top_up(command: ReverseTopUp, books: Books) -> Entry:
    top_up = books.entries.get(command.top_up_id)
    if top_up is None or top_up.kind != "top_up" or top_up.refusal is not None:
        raise Problem(TOP_UP_UNKNOWN)
    if command.provider is not None and top_up.facts["provider"] != command.provider:
        raise Problem(TOP_UP_UNKNOWN)
    return top_up


def credited(top_up: Entry, entries: Iterable[Entry]) -> Entry | None:
    """The entry that brought the money into a wallet: the top-up itself, or its placement."""
    if top_up.facts.get("outcome") == "credited":
        return top_up
    for entry in entries:
        is_about_it = entry.refers_to == top_up.entry_id and entry.refusal is None
        if is_about_it and entry.kind == "suspense.placed":
            return entry
    return None


def _suspended(books: Books, top_up: Entry) -> Account:
    account = books.account(NIL, "suspense", top_up.entry_id)
    if not account.is_open or account.balance < top_up.amount:
        raise Problem(TOP_UP_RETURNED)
    return account


def _take_back(books: Books, draft: Draft, placed: Entry, amount_yen: int) -> None:
    assert placed.holder_id is not None, "placed money has a wallet"
    wallet = books.holders[placed.holder_id]
    assert wallet.subject_id is not None, "a wallet has a person"
    give_back_periods(draft, placed, wallet.subject_id, amount_yen)
    expires_on = date.fromisoformat(placed.facts["expires_on"])
    lot = books.account(wallet.holder_id, COIN, None, expires_on)
    unspent = min(lot.balance, amount_yen)
    draft.debit(lot, unspent)
    expired = count_expired(books, draft, lot, amount_yen - unspent)
    draft.debit(books.account(NIL, "expired_coin"), expired)
    taken = unspent + expired
    # No cap here: the provider has taken its money, so the books must say so.
    owed = books.account(wallet.holder_id, "resident_receivable")
    draft.debit(owed, amount_yen - taken)
    draft.facts |= {"taken_yen": taken, "owed_yen": amount_yen - taken}
    if expired:
        draft.facts["expired_yen"] = expired
    take_bonus_back(books, draft, placed, wallet)
    if wallet.state == "open":
        review = {**wallet.facts, "frozen_for": "top-up-reversed"}
        draft.put(replace(wallet, state="frozen", facts=review, version=wallet.version + 1))


def _paid_from(books: Books, top_up: Entry) -> Account:
    provider = top_up.facts["provider"]
    if provider is None:
        return books.account(NIL, "cash")
    return provider_receivable(books, provider)
