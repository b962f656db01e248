"""A bill (請求) that a dynamic code asks for: it is paid whole, in time, and once."""

from access.vault import Vault
from core.errors import Problem, problem
from ledger.books import ENDLESS, Books, CounterKey, Facts
from ledger.draft import Draft
from merchants.bill_seal import is_genuine
from merchants.qr import Bill, StoreQr, parse

BILL_FORGED = problem("bill-forged", 422, "The shop did not ask for what this code says.")
BILL_DIFFERS = problem("bill-differs", 422, "The code asks for another amount.")
BILL_OVER = problem("bill-over", 409, "The time of this code is over: ask the shop for another.")
BILL_PAID = problem("bill-paid", 409, "This bill was paid already.")

NAME = "bill"


def read_code(vault: Vault, text: str) -> StoreQr:
    """What a scanned code asks for. Raises what `parse` does, and bill-forged: whatever pays by a
    code reads it here.
    """
    code = parse(text)
    if not is_genuine(vault, code):
        raise Problem(BILL_FORGED)
    return code


def check_bill(books: Books, bill: Bill, amount_yen: int) -> None:
    """Raises bill-differs, bill-over by the time of the batch, and bill-paid.

    A bill whose payment was given back stays paid: the shop makes another.
    """
    if bill.amount_yen != amount_yen:
        raise Problem(BILL_DIFFERS, bill_yen=bill.amount_yen)
    if books.now >= bill.expires_at:
        raise Problem(BILL_OVER, expired_at=bill.expires_at.isoformat())
    if books.used(_key(bill)):
        raise Problem(BILL_PAID, bill_id=str(bill.bill_id))


def count_bill(draft: Draft, bill: Bill) -> Facts:
    """Count the bill as paid; returns what the payment's entry keeps of it."""
    draft.count(_key(bill), 1, 1)
    reference = {"reference": bill.reference} if bill.reference else {}
    return {"bill_id": str(bill.bill_id), **reference}


def _key(bill: Bill) -> CounterKey:
    return CounterKey(bill.bill_id, NAME, bill.bill_id, ENDLESS)
