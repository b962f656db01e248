"""Expire lots: after their last day in the region's zone their value goes where it belongs."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import ClassVar
from uuid import UUID

from core.errors import Problem, problem
from core.ids import NIL, uuid8
from ledger.books import PENDING, Books
from ledger.command import Command, Reads
from ledger.draft import Draft
from ledger.regions import Region
from payments.expired import keep_expired
from payments.lots import COIN

NOT_EXPIRED = problem("lot-not-expired", 503, "The lot is not over yet, or is closed already.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireLot(Command):
    """The unspent value of one lot expires: coin becomes income, points go back to the funder."""

    kind: ClassVar[str] = "expiry"
    account_no: int
    source_id: UUID | None
    """The campaign that the points came from; None for coin."""
    wallet_id: UUID

    def reads(self) -> Reads:
        """The lot and the campaign. Of the wallet, its person and the other lots nothing counts."""
        sources = (self.source_id,) if self.source_id else ()
        return Reads(holders=sources, accounts=(self.account_no,))

    def draft(self, books: Books) -> Draft:
        """It stands in the wallet's history."""
        return Draft(holder_id=self.wallet_id)

    def decide(self, books: Books) -> Draft:
        """Refuses a lot that is not over, is closed, or is empty (see CloseLots).

        It is no 409: a job that came too early must not be refused for ever under the same id.
        """
        lot = books.by_no.get(self.account_no)
        assert lot is not None, "the job names a lot"
        assert lot.holder_id == self.wallet_id, "the job names the lot's wallet"
        assert lot.kind != PENDING, "pending points vest"
        if not (books.is_over(lot) and lot.is_open and lot.balance):
            raise Problem(NOT_EXPIRED, retry_after=3600)
        draft = self.draft(books)
        draft.amount = lot.balance
        draft.debit(lot, lot.balance)
        if lot.kind == COIN:
            draft.credit(books.account(NIL, "expired_coin"), lot.balance)
        else:
            assert lot.source_id is not None, "points come from a campaign"
            draft.credit(books.account(lot.source_id, "funder_payable"), lot.balance)
        keep_expired(draft, lot)
        draft.close(lot)
        assert lot.expires_on is not None, "it is over"
        draft.facts = {"kind": lot.kind, "expires_on": lot.expires_on.isoformat()}
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseLots(Command):
    """Close lots that are over and empty, so that batches need not load them any more."""

    kind: ClassVar[str] = "lots.closed"
    accounts: tuple[int, ...]

    def reads(self) -> Reads:
        """The lots."""
        return Reads(accounts=self.accounts)

    def decide(self, books: Books) -> Draft:
        """Closes those that are still open, over and empty; never refuses."""
        draft = Draft()
        for account_no in self.accounts:
            lot = books.by_no[account_no]
            if books.is_over(lot) and lot.is_open and lot.balance == 0:
                draft.close(lot)
        draft.facts = {"lots": [lot.account_no for lot in draft.closings]}
        return draft


def expiry_of(region: Region, account_no: int, expires_on: date, kind: str) -> UUID:
    """The id of the command that expires (or closes) this lot: a second run finds it done."""
    last_day = datetime.combine(expires_on, time.max, region.zone)
    return uuid8(last_day, kind, region.code, str(account_no))
