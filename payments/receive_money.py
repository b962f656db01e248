"""Money of funders and providers comes to the region's bank; a match that was wrong is undone."""

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from core.errors import Problem, problem
from core.ids import NIL
from ledger.books import ENDLESS, Books, CounterKey, Entry
from ledger.command import Command, Reads
from ledger.draft import Draft
from merchants.line_match import LINE_AMOUNT_DIFFERS, MATCH_UNDONE, MATCH_UNKNOWN
from payments.top_up import PROVIDER_UNKNOWN, provider_receivable

FUNDING_UNKNOWN: Final = problem("funding-unknown", 404, "There is no such funding.")

FUNDINGS: Final = frozenset({"campaign.funded", "benefit.funded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveFunding(Command):
    """A funder's money has come. The promise stands as before, and what was paid beside it, so
    what a campaign spent and has left does not depend on when its funders pay.
    """

    kind: ClassVar[str] = "funding.paid"
    funding_id: UUID
    amount_yen: int
    bank_line_id: UUID

    def reads(self) -> Reads:
        """The funding, and what came of it before."""
        return Reads(entries=(self.funding_id,), subjects=(self.funding_id,))

    def follow(self, books: Books) -> Reads | None:
        """Its campaign or benefit."""
        funding = books.entries.get(self.funding_id)
        if funding is None or funding.holder_id is None:
            return None
        return Reads(holders=(funding.holder_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the history of the campaign or benefit. Refuses funding-unknown."""
        funding = _funding(books, self.funding_id)
        return Draft(
            holder_id=funding.holder_id, refers_to=funding.entry_id, amount=self.amount_yen
        )

    def decide(self, books: Books) -> Draft:
        """Refuses funding-unknown, and bank-line-amount-differs above what was promised."""
        funding = _funding(books, self.funding_id)
        left_yen = funding.amount - books.used(received(self.funding_id))
        if self.amount_yen > left_yen:
            raise Problem(LINE_AMOUNT_DIFFERS, expected_yen=left_yen)
        draft = self.draft(books)
        draft.count(received(self.funding_id), self.amount_yen, funding.amount)
        assert funding.holder_id is not None, "a funding is of a campaign or benefit"
        draft.debit(books.account(NIL, "bank"), self.amount_yen)
        draft.credit(books.account(funding.holder_id, "funder_paid"), self.amount_yen)
        draft.facts = {"bank_line_id": str(self.bank_line_id)}
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveFromProvider(Command):
    """A provider of top-ups has passed on what it took from residents."""

    kind: ClassVar[str] = "provider.paid"
    provider: str
    amount_yen: int
    bank_line_id: UUID

    def reads(self) -> Reads:
        """Only the region's own accounts, which are always there."""
        return Reads()

    def draft(self, books: Books) -> Draft:
        """It is nobody's but the region's."""
        return Draft(amount=self.amount_yen)

    def decide(self, books: Books) -> Draft:
        """Refuses provider-unknown, and bank-line-amount-differs above what the provider holds."""
        held = provider_receivable(books, self.provider)
        if not held.account_no:
            raise Problem(PROVIDER_UNKNOWN)
        if self.amount_yen > held.balance:
            raise Problem(LINE_AMOUNT_DIFFERS, expected_yen=held.balance)
        draft = self.draft(books)
        draft.debit(books.account(NIL, "bank"), self.amount_yen)
        draft.credit(held, self.amount_yen)
        draft.facts = {"provider": self.provider, "bank_line_id": str(self.bank_line_id)}
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reversal(Command):
    """The line stood for something else: what was entered of it is undone, whole and once."""

    receipt_id: UUID
    reason: str

    def reads(self) -> Reads:
        """The receipt, and whether it was reversed."""
        return Reads(entries=(self.receipt_id,), subjects=(self.receipt_id,))

    def draft(self, books: Books) -> Draft:
        """It stands where the receipt stands. Refuses line-match-unknown."""
        receipt = self._receipt(books)
        return Draft(holder_id=receipt.holder_id, refers_to=receipt.entry_id, amount=receipt.amount)

    def begin(self, books: Books) -> Draft:
        """What both kinds share. Refuses line-match-unknown, line-match-undone."""
        key = CounterKey(self.receipt_id, "reversed", NIL, ENDLESS)
        draft = self.draft(books)
        if books.used(key):
            raise Problem(MATCH_UNDONE)
        draft.count(key, 1, 1)
        draft.credit(books.account(NIL, "bank"), draft.amount)
        draft.facts = {"reason": self.reason}
        return draft

    def _receipt(self, books: Books) -> Entry:
        receipt = books.entries.get(self.receipt_id)
        undone = self.kind.replace("payment_reversed", "paid")
        if receipt is None or receipt.kind != undone or receipt.refusal is not None:
            raise Problem(MATCH_UNKNOWN)
        return receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseFunding(_Reversal):
    """The promise is open again by so much."""

    kind: ClassVar[str] = "funding.payment_reversed"

    def follow(self, books: Books) -> Reads | None:
        """The funding with what came of it, and its campaign or benefit."""
        receipt = books.entries.get(self.receipt_id)
        if receipt is None or receipt.holder_id is None or receipt.refers_to is None:
            return None
        return Reads(
            holders=(receipt.holder_id,),
            entries=(receipt.refers_to,),
            subjects=(receipt.refers_to,),
        )

    def decide(self, books: Books) -> Draft:
        """Refuses line-match-unknown, line-match-undone."""
        draft = self.begin(books)
        receipt = self._receipt(books)
        assert receipt.holder_id is not None, "a funding is of a campaign or benefit"
        assert receipt.refers_to is not None, "a receipt is of a funding"
        funding = _funding(books, receipt.refers_to)
        draft.debit(books.account(receipt.holder_id, "funder_paid"), draft.amount)
        draft.count(received(funding.entry_id), -draft.amount, funding.amount)
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseProvider(_Reversal):
    """The provider holds so much again."""

    kind: ClassVar[str] = "provider.payment_reversed"

    def decide(self, books: Books) -> Draft:
        """Refuses line-match-unknown, line-match-undone."""
        draft = self.begin(books)
        provider = self._receipt(books).facts["provider"]
        draft.debit(provider_receivable(books, provider), draft.amount)
        draft.facts |= {"provider": provider}
        return draft


def received(funding_id: UUID) -> CounterKey:
    """How much of a funding the bank has brought; its cap is what was promised."""
    return CounterKey(funding_id, "received", NIL, ENDLESS)


def _funding(books: Books, funding_id: UUID) -> Entry:
    funding = books.entries.get(funding_id)
    if funding is None or funding.kind not in FUNDINGS or funding.refusal is not None:
        raise Problem(FUNDING_UNKNOWN)
    return funding
