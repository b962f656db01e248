"""Give a payment back, in full or in part: lots, what campaigns granted, and the shop's side."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from campaigns.grant import settle_receivable
from core.errors import Problem, problem
from core.ids import NIL
from ledger.books import ENDLESS, Books, CounterKey, Entry, Facts, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft
from payments.claw_back import claw_back
from payments.facts import PAYER
from payments.first_payment import open_again
from payments.limits import give_back_periods
from payments.lots import POINTS, lot_to_refund, returned, told_part
from payments.of_funder import granted_by, of_same_funders, reads_of_funders
from payments.owe import collect
from payments.settings import settings_of
from residents.person import has_closed

PAYMENT_UNKNOWN = problem("payment-unknown", 404, "There is no such payment.")
PAYER_GONE = problem(
    "payer-gone", 409, "Whoever paid has closed the account: give the money back in cash."
)
REFUND_EXCEEDS_PAYMENT = problem(
    "refund-exceeds-payment", 409, "Less than that remains of the payment."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBack(Command):
    """What refund and void share: whose payment it is, and what must be loaded."""

    merchant_id: UUID
    stores: tuple[UUID, ...] | None = field(compare=False)
    """The stores that the actor works in now; None for all of the merchant's."""
    payment_id: UUID
    reason: str

    def reads(self) -> Reads:
        """The payment, and what was refunded of it."""
        return Reads(entries=(self.payment_id,), subjects=(self.payment_id,))

    def follow(self, books: Books) -> Reads | None:
        """The wallet, the store, the campaigns and the lots of the payment, with what expired."""
        return reads_of_payment(books, self.payment_id)

    def follow_further(self, books: Books) -> Reads | None:
        """The campaigns of other points in the wallet, where these may answer for this payment."""
        payment = books.entries.get(self.payment_id)
        if payment is None or payment.kind != "payment" or payment.refusal is not None:
            return None
        return reads_of_funders(books, payment)

    def payment(self, books: Books) -> Entry:
        """The payment that is given back; payment-unknown for anybody else's."""
        return payment_of(books, self.payment_id, self.merchant_id, self.stores)

    def undoing(self, payment: Entry, amount_yen: int) -> Draft:
        """A draft that stands where the payment stands."""
        return Draft(
            holder_id=payment.holder_id,
            other_id=payment.other_id,
            refers_to=payment.entry_id,
            amount=amount_yen,
        )


def payment_of(
    books: Books, payment_id: UUID, merchant_id: UUID, stores: Sequence[UUID] | None
) -> Entry:
    """The payment, if it was taken by this merchant, in one of `stores` where those are named.

    Raises payment-unknown for anybody else's: nothing is learned about it.
    """
    payment = books.entries.get(payment_id)
    if payment is None or payment.kind != "payment" or payment.refusal is not None:
        raise Problem(PAYMENT_UNKNOWN)
    assert payment.other_id is not None, "a payment has a store"
    store = books.holders.get(payment.other_id)
    if store is None or store.parent_id != merchant_id:
        raise Problem(PAYMENT_UNKNOWN)
    if stores is not None and payment.other_id not in stores:
        raise Problem(PAYMENT_UNKNOWN)
    return payment


def reads_of_payment(books: Books, payment_id: UUID) -> Reads | None:
    """What else must be loaded to give this payment back."""
    payment = books.entries.get(payment_id)
    if payment is None or payment.kind != "payment" or payment.refusal is not None:
        return None
    assert payment.holder_id is not None, "a payment has a wallet"
    assert payment.other_id is not None, "a payment has a store"
    grants = payment.facts["grants"]
    campaigns = [UUID(grant["campaign_id"]) for grant in grants]
    last_days = {date.fromisoformat(grant["points_expire_on"]) for grant in grants}
    credited = {date.fromisoformat(g["credited_on"]) for g in grants if "credited_on" in g}
    return Reads(
        holders=[payment.holder_id, payment.other_id, *campaigns],
        accounts=[part["lot"] for part in payment.facts["paid_with"]],
        subjects=[payment.holder_id, *campaigns],
        periods=[
            payment.business_date,
            payment.business_date.replace(day=1),
            *last_days,
            *credited,
        ],
    )


def refunded_key(payment_id: UUID) -> CounterKey:
    """The counter of what was refunded of a payment; its cap is the payment's amount."""
    return CounterKey(payment_id, "refunded", NIL, ENDLESS)


def give_back(books: Books, draft: Draft, payment: Entry, amount_yen: int) -> None:
    """Post the return of `amount_yen` more of `payment` into `draft`.

    Everything follows from the cumulative amount, so 999 refunds of ¥1 come to the same as one of
    ¥999. What is not there any more becomes a receivable; bought coin is never taken for it.
    Raises payer-gone, refund-exceeds-payment, merchant-owes-too-much, resident-owes-too-much.
    """
    wallet = books.holders[_known(payment.holder_id)]
    if has_closed(books, wallet.subject_id):
        raise Problem(PAYER_GONE)
    before = books.used(refunded_key(payment.entry_id))
    after = before + amount_yen
    if amount_yen == 0 or after > payment.amount:
        raise Problem(REFUND_EXCEEDS_PAYMENT, remaining_yen=payment.amount - before)
    draft.count(refunded_key(payment.entry_id), amount_yen, payment.amount)
    give_back_periods(draft, payment, _known(wallet.subject_id), amount_yen)
    merchant_id = _known(books.holders[_known(payment.other_id)].parent_id)
    back = _return_lots(books, draft, payment, before, after)
    settled = _settle_debts(books, draft, payment, wallet)
    collect(books, draft, books.account(merchant_id, "payable"), None, amount_yen)
    clawed = claw_back(books, draft, payment, wallet, merchant_id, (before, after))
    draft.facts = {
        "store_name": payment.facts["store_name"],
        "refunded_yen": after,
        "returned": back,
        "points_settled": settled,
        "clawed_back": clawed,
        **{name: payment.facts[name] for name in (PAYER,) if name in payment.facts},
    }
    if after == payment.amount:
        draft.facts |= open_again(books, draft, _known(wallet.subject_id))


def _return_lots(
    books: Books, draft: Draft, payment: Entry, before: int, after: int
) -> list[Facts]:
    grace_days = settings_of(books).grace_days
    paid_with = payment.facts["paid_with"]
    back = []
    steps = zip(paid_with, returned(paid_with, before), returned(paid_with, after), strict=True)
    for part, was_back, is_back in steps:
        if is_back > was_back:
            lot = lot_to_refund(books, books.by_no[part["lot"]], grace_days)
            draft.credit(lot, is_back - was_back)
            back.append(told_part(books, lot, is_back - was_back))
    return back


def _settle_debts(books: Books, draft: Draft, payment: Entry, wallet: Holder) -> int:
    """Points that came back settle what the wallet owes their campaign, or one of the same funders
    that granted for the payment; returns how many did.

    Coin goes back first, so an earlier part of the refund may have become a debt for want of the
    very points that this part returns.
    """
    granting = granted_by(payment)
    returned_points = [
        (lot, amount)
        for lot, is_debit, amount in draft.postings
        if not is_debit and lot.kind == POINTS
    ]
    settled = 0
    for lot, amount in returned_points:
        left = amount
        for grant in payment.facts["grants"]:
            campaign_id = UUID(grant["campaign_id"])
            owed = books.account(wallet.holder_id, "resident_receivable", campaign_id)
            is_theirs = lot.source_id == campaign_id
            if is_theirs or of_same_funders(books, [lot], campaign_id, granting):
                left -= settle_receivable(books, draft, owed, left)
        draft.debit(lot, amount - left)
        settled += amount - left
    return settled


def _known(value: UUID | None) -> UUID:
    assert value is not None, "a payment has a wallet, a person, a store and a merchant"
    return value
