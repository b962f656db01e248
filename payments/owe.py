"""Owe: what a merchant or a resident has not got any more becomes a receivable, up to a cap."""

from uuid import UUID

from core.errors import Problem, ProblemType, problem
from ledger.books import Account, Books
from ledger.draft import Draft
from payments.settings import settings_of

MERCHANT_OWES_TOO_MUCH = problem(
    "merchant-owes-too-much", 409, "The shop would come to owe more than the region allows."
)
RESIDENT_OWES_TOO_MUCH = problem(
    "resident-owes-too-much", 409, "The resident would come to owe more than the region allows."
)


def owed_to(books: Books, wallet_id: UUID) -> set[UUID]:
    """The campaigns that a wallet owes points to: whoever grants to it settles that first."""
    owed = books.accounts_of(wallet_id, "resident_receivable")
    return {account.source_id for account in owed if account.balance and account.source_id}


def collect(
    books: Books, draft: Draft, account: Account, source_id: UUID | None, amount_yen: int
) -> int:
    """Debit what a merchant's account holds; the rest is owed from now on, and is returned."""
    part = min(amount_yen, draft.held(account))
    draft.debit(account, part)
    owed = books.account(account.holder_id, "merchant_receivable", source_id)
    cap_yen = settings_of(books).merchant_receivable_cap_yen
    owe(draft, owed, amount_yen - part, cap_yen, MERCHANT_OWES_TOO_MUCH)
    return amount_yen - part


def owe(
    draft: Draft, receivable: Account, amount_yen: int, cap_yen: int, refusal: ProblemType
) -> None:
    """The cap is today's setting, so a changed one holds for old debts too."""
    if amount_yen and draft.held(receivable) + amount_yen > cap_yen:
        raise Problem(refusal, cap_yen=cap_yen)
    draft.debit(receivable, amount_yen)
