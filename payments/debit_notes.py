"""A debit note is issued over what a merchant owes, corrected, and paid through the bank."""

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from access.requests import SECOND_PERSON_NEEDED
from campaigns.grant import settle_receivable
from core.errors import Problem, problem
from core.ids import NIL
from ledger.books import Account, Books, Entry
from ledger.command import Command, Reads
from ledger.draft import Draft
from merchants.debit_note import DEBIT_NOTE_CORRECTED, DEBIT_NOTE_UNKNOWN, DEBIT_NOTE_UNPAID
from merchants.merchant import MERCHANT_UNKNOWN

MERCHANT_OWES_NOTHING: Final = problem(
    "merchant-owes-nothing", 409, "The merchant owes no more than what is due to it."
)
PAYMENT_EXCEEDS_DEBT: Final = problem(
    "payment-exceeds-debt", 409, "The merchant does not owe so much any more."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueDebitNote(Command):
    """Finance asks a merchant for what it owes, as far as nothing that is due to it nets that."""

    kind: ClassVar[str] = "debit_note.issued"
    merchant_id: UUID
    due_on: str
    reason: str

    def reads(self) -> Reads:
        """The merchant with its accounts."""
        return Reads(holders=(self.merchant_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the merchant's history; no money moves."""
        return Draft(holder_id=self.merchant_id)

    def decide(self, books: Books) -> Draft:
        """Refuses merchant-unknown, merchant-owes-nothing."""
        if books.holder(self.merchant_id, "merchant") is None:
            raise Problem(MERCHANT_UNKNOWN)
        draft = self.draft(books)
        draft.amount, owed_yen = _to_ask(books, self.merchant_id)
        draft.facts = {"due_on": self.due_on, "owed_yen": owed_yen, "reason": self.reason}
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectDebitNote(Command):
    """Another document stands in the place of a debit note: it asks for what is owed now, until
    another day; or it takes the note back, and asks for nothing.
    """

    kind: ClassVar[str] = "debit_note.corrected"
    note_id: UUID
    due_on: str | None
    """None: the note is taken back."""
    reason: str

    def reads(self) -> Reads:
        """The note, and whether one stands in its place."""
        return Reads(entries=(self.note_id,), referring=(self.note_id,))

    def follow(self, books: Books) -> Reads | None:
        """Its merchant."""
        return _merchant_of(books, self.note_id)

    def draft(self, books: Books) -> Draft:
        """It stands in the merchant's history. Refuses debit-note-unknown."""
        note = _note_in(books, self.note_id)
        return Draft(holder_id=note.holder_id, refers_to=note.entry_id)

    def decide(self, books: Books) -> Draft:
        """Refuses debit-note-unknown, debit-note-corrected, merchant-owes-nothing."""
        draft = self.draft(books)
        _check_stands(books, self.note_id)
        draft.facts = {"reason": self.reason}
        if self.due_on is not None:
            assert draft.holder_id is not None, "a debit note has a merchant"
            draft.amount, owed_yen = _to_ask(books, draft.holder_id)
            draft.facts |= {"due_on": self.due_on, "owed_yen": owed_yen}
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class PayDebtBack(Command):
    """What came for a debit note that was wrong is sent back by the bank: so much is owed again.

    It is owed to the region. What went to campaigns meanwhile stays theirs.
    """

    kind: ClassVar[str] = "debit_note.paid_back"
    note_id: UUID
    reason: str

    def reads(self) -> Reads:
        """The note with all that came for it."""
        return Reads(entries=(self.note_id,), referring=(self.note_id,))

    def follow(self, books: Books) -> Reads | None:
        """Its merchant."""
        return _merchant_of(books, self.note_id)

    def draft(self, books: Books) -> Draft:
        """It stands in the merchant's history. Refuses debit-note-unknown."""
        note = _note_in(books, self.note_id)
        came = [each.amount for each in _about(books, self.note_id) if each.kind == PayDebt.kind]
        return Draft(holder_id=note.holder_id, refers_to=note.entry_id, amount=sum(came))

    def decide(self, books: Books) -> Draft:
        """Refuses debit-note-unknown, debit-note-corrected, debit-note-unpaid."""
        draft = self.draft(books)
        _check_stands(books, self.note_id)
        if draft.amount == 0:
            raise Problem(DEBIT_NOTE_UNPAID)
        assert draft.holder_id is not None, "a debit note has a merchant"
        draft.debit(books.account(draft.holder_id, "merchant_receivable"), draft.amount)
        draft.credit(books.account(NIL, "bank"), draft.amount)
        draft.facts = {"reason": self.reason}
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class PayDebt(Command):
    """A merchant's money for a debit note has come to the bank account of the region.

    It settles what the merchant owes, the oldest first; of the note, all that comes goes off it.
    """

    kind: ClassVar[str] = "debit_note.paid"
    note_id: UUID
    amount_yen: int
    paid_on: str
    reference: str
    bank_line_id: UUID | None = None
    """The line of a bank statement by which it is known, where a person matched one."""

    def reads(self) -> Reads:
        """The note, and whether another stands in its place."""
        return Reads(entries=(self.note_id,), referring=(self.note_id,))

    def follow(self, books: Books) -> Reads | None:
        """Its merchant."""
        return _merchant_of(books, self.note_id)

    def follow_further(self, books: Books) -> Reads | None:
        """The campaigns that the merchant owes cashback to."""
        note = books.entries.get(self.note_id)
        if note is None or note.holder_id is None:
            return None
        debts = _debts(books, note.holder_id)
        campaigns = {account.source_id for account in debts if account.source_id is not None}
        missing = campaigns - books.holders.keys()
        return Reads(holders=missing) if missing else None

    def draft(self, books: Books) -> Draft:
        """It stands in the merchant's history. Refuses debit-note-unknown."""
        note = _note_in(books, self.note_id)
        return Draft(holder_id=note.holder_id, refers_to=note.entry_id, amount=self.amount_yen)

    def decide(self, books: Books) -> Draft:
        """Refuses debit-note-unknown, second-person-needed to who issued it, debit-note-corrected,
        and payment-exceeds-debt where settlements have netted too much of it meanwhile.
        """
        draft = self.draft(books)
        note = _note_in(books, self.note_id)
        if note.actor == self.actor:
            raise Problem(SECOND_PERSON_NEEDED)
        _check_stands(books, self.note_id)
        assert note.holder_id is not None, "a debit note has a merchant"
        debts = _debts(books, note.holder_id)
        owed_yen = sum(account.balance for account in debts)
        if self.amount_yen > owed_yen:
            raise Problem(PAYMENT_EXCEEDS_DEBT, owed_yen=owed_yen)
        draft.debit(books.account(NIL, "bank"), self.amount_yen)
        left_yen = self.amount_yen
        for owed in debts:
            left_yen -= settle_receivable(books, draft, owed, left_yen)
        assert left_yen == 0, "so much is owed"
        draft.facts = {"paid_on": self.paid_on, "reference": self.reference}
        if self.bank_line_id is not None:
            draft.facts["bank_line_id"] = str(self.bank_line_id)
        return draft


def _debts(books: Books, merchant_id: UUID) -> list[Account]:
    """What it owes, to the region and to campaigns, oldest first."""
    return books.accounts_of(merchant_id, "merchant_receivable")


def _to_ask(books: Books, merchant_id: UUID) -> tuple[int, int]:
    """What a note asks for: what is owed less what is due and will net it; and what is owed."""
    owed_yen = sum(account.balance for account in _debts(books, merchant_id))
    due_yen = sum(books.account(merchant_id, kind).balance for kind in ("payable", "cashback"))
    if owed_yen <= due_yen:
        raise Problem(MERCHANT_OWES_NOTHING)
    return owed_yen - due_yen, owed_yen


def _note_in(books: Books, note_id: UUID) -> Entry:
    """A note that asks for something: what only takes another one back is none."""
    note = books.entries.get(note_id)
    is_note = note is not None and note.kind in {IssueDebitNote.kind, CorrectDebitNote.kind}
    if note is None or not is_note or note.refusal is not None or note.amount == 0:
        raise Problem(DEBIT_NOTE_UNKNOWN)
    return note


def _merchant_of(books: Books, note_id: UUID) -> Reads | None:
    note = books.entries.get(note_id)
    if note is None or note.holder_id is None:
        return None
    return Reads(holders=(note.holder_id,))


def _about(books: Books, note_id: UUID) -> list[Entry]:
    """What was entered of a note, besides itself."""
    return [
        each
        for each in books.entries.values()
        if each.refers_to == note_id and each.refusal is None
    ]


def _check_stands(books: Books, note_id: UUID) -> None:
    if any(each.kind == CorrectDebitNote.kind for each in _about(books, note_id)):
        raise Problem(DEBIT_NOTE_CORRECTED)
