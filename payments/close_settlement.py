"""Close a settlement: what a merchant is due goes to its payouts, less fee and tax; or undo it."""

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from campaigns.grant import settle_receivable
from core.errors import Problem, problem
from core.ids import NIL
from ledger.books import ENDLESS, LARGEST_YEN, Books, CounterKey, Entry
from ledger.command import Command, Reads
from ledger.draft import Draft
from merchants.settlement import SETTLEMENT_STATE_WRONG, SETTLEMENT_UNKNOWN

SETTLEMENT_OVERTAKEN: Final = problem(
    "settlement-overtaken", 503, "The merchant was settled meanwhile: the figures are of before."
)


def settled_key(merchant_id: UUID) -> CounterKey:
    """Up to which number of the journal a merchant was settled."""
    return CounterKey(merchant_id, "settled", NIL, ENDLESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseSettlement(Command):
    """A merchant is due `due_yen` for the entries up to `until_seq`, of which fee and tax are kept.

    The figures follow from the journal (`merchants.settlement_figures`), so the same settlement has
    the same ones whenever it is closed. What was refunded since its last entry is owed, and netted
    in the next one: the money of this one is not touched by it.
    """

    kind: ClassVar[str] = "settlement.closed"
    merchant_id: UUID
    from_seq: int
    until_seq: int
    sales_yen: int
    refunded_yen: int
    cashback_yen: int
    returned_yen: int
    owed_yen: int
    converted_yen: int
    fee_yen: int
    tax_yen: int

    @property
    def due_yen(self) -> int:
        """What is due before fee and tax."""
        gained = self.sales_yen + self.cashback_yen + self.returned_yen
        return gained - self.refunded_yen - self.owed_yen - self.converted_yen

    @property
    def payout_yen(self) -> int:
        """What is paid out."""
        return self.due_yen - self.fee_yen - self.tax_yen

    def reads(self) -> Reads:
        """The merchant with its accounts, and how far it was settled."""
        return Reads(holders=(self.merchant_id,), subjects=(self.merchant_id,))

    def follow(self, books: Books) -> Reads | None:
        """The campaigns that the merchant owes cashback to."""
        owed = books.accounts_of(self.merchant_id, "merchant_receivable")
        campaigns = {account.source_id for account in owed if account.source_id is not None}
        missing = campaigns - books.holders.keys()
        return Reads(holders=missing) if missing else None

    def draft(self, books: Books) -> Draft:
        """It stands in the merchant's history."""
        return Draft(holder_id=self.merchant_id, amount=self.payout_yen)

    def decide(self, books: Books) -> Draft:
        """Refuses settlement-overtaken, which is no 409: whoever comes again has other figures."""
        assert books.holder(self.merchant_id, "merchant") is not None, "the job names a merchant"
        assert self.payout_yen > 0, "a settlement that pays nothing is carried over"
        assert 0 <= self.from_seq < self.until_seq <= books.seq, "it covers what was written"
        settled = settled_key(self.merchant_id)
        if books.used(settled) != self.from_seq:
            raise Problem(SETTLEMENT_OVERTAKEN, retry_after=1)
        draft = self.draft(books)
        draft.count(settled, self.until_seq - self.from_seq, LARGEST_YEN)
        _take(books, draft, self.merchant_id, self.due_yen, max(0, self.cashback_yen))
        draft.credit(books.account(self.merchant_id, "payout"), self.payout_yen)
        draft.credit(books.account(NIL, "fee_income"), self.fee_yen)
        draft.credit(books.account(NIL, "tax_payable"), self.tax_yen)
        draft.facts = {
            name: getattr(self, name)
            for name in (
                *("from_seq", "until_seq", "sales_yen", "refunded_yen", "cashback_yen"),
                *("returned_yen", "owed_yen", "converted_yen", "due_yen", "fee_yen", "tax_yen"),
            )
        }
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectSettlement(Command):
    """Finance rejects a settlement before its run is approved: all of it is due again, with the
    next one; its fee and tax are not asked for.
    """

    kind: ClassVar[str] = "settlement.rejected"
    settlement_id: UUID
    reason: str

    def reads(self) -> Reads:
        """The settlement, and whether it was rejected or paid."""
        return Reads(entries=(self.settlement_id,), subjects=(self.settlement_id,))

    def follow(self, books: Books) -> Reads | None:
        """Its merchant."""
        closed = books.entries.get(self.settlement_id)
        if closed is None or closed.holder_id is None:
            return None
        return Reads(holders=(closed.holder_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the merchant's history. Refuses settlement-unknown."""
        closed = closed_in(books, self.settlement_id)
        return Draft(
            holder_id=closed.holder_id, refers_to=closed.entry_id, amount=closed.facts["due_yen"]
        )

    def decide(self, books: Books) -> Draft:
        """Refuses settlement-unknown, settlement-state-wrong once it was rejected or paid."""
        draft = self.draft(books)
        closed = closed_in(books, self.settlement_id)
        assert closed.holder_id is not None, "a settlement has a merchant"
        end_settlement(books, draft, closed)
        draft.debit(books.account(closed.holder_id, "payout"), closed.amount)
        draft.debit(books.account(NIL, "fee_income"), closed.facts["fee_yen"])
        draft.debit(books.account(NIL, "tax_payable"), closed.facts["tax_yen"])
        draft.credit(books.account(closed.holder_id, "payable"), draft.amount)
        draft.facts = {"reason": self.reason}
        return draft


def closed_in(books: Books, settlement_id: UUID) -> Entry:
    """The entry that closed a settlement. Raises settlement-unknown."""
    closed = books.entries.get(settlement_id)
    if closed is None or closed.kind != CloseSettlement.kind:
        raise Problem(SETTLEMENT_UNKNOWN)
    return closed


def end_settlement(books: Books, draft: Draft, closed: Entry) -> None:
    """Let a settlement be paid or rejected once. Raises settlement-state-wrong."""
    ended = CounterKey(closed.entry_id, "ended", NIL, ENDLESS)
    if books.used(ended):
        raise Problem(SETTLEMENT_STATE_WRONG)
    draft.count(ended, 1, 1)


def _take(books: Books, draft: Draft, merchant_id: UUID, due_yen: int, cashback_yen: int) -> None:
    """Take what is due from where it stands, netting what the merchant owes.

    Sales since the cut-off pay what is owed by now; where refunds since then have taken more than
    there was, the merchant owes the difference, without a cap: it was due, and is paid. Where a
    debt was paid since then, less is taken than even the cashback comes to: the rest is due next.
    """
    payable = books.account(merchant_id, "payable")
    cashback = books.account(merchant_id, "cashback")
    room = payable.balance + cashback.balance - due_yen
    netted = 0
    for owed in books.accounts_of(merchant_id, "merchant_receivable"):
        netted += settle_receivable(books, draft, owed, max(0, room - netted))
    draft.debit(books.account(merchant_id, "merchant_receivable"), max(0, -room))
    taken = due_yen + netted + min(0, room)
    from_cashback = min(cashback.balance, cashback_yen, taken)
    from_payable = min(payable.balance, taken - from_cashback)
    draft.debit(payable, from_payable)
    draft.debit(cashback, taken - from_payable)
