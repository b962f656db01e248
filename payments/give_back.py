"""Give a payment back, in full or in part: lots, what campaigns granted, and the shop's side."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from campaigns.decide import Grant, LiveCampaign, PaymentFacts, recompute_all
from campaigns.grant import cap_keys, points_lot, settle_receivable
from campaigns.record import grant_from_facts
from core.errors import Problem, ProblemType, problem
from core.ids import NIL
from ledger.books import ENDLESS, Account, Books, CounterKey, Entry, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft
from payments.lots import COIN, POINTS, lot_to_refund, returned
from payments.settings import settings_of

PAYMENT_UNKNOWN = problem("payment-unknown", 404, "There is no such payment.")
REFUND_EXCEEDS_PAYMENT = problem(
    "refund-exceeds-payment", 409, "Less than that remains of the payment."
)
MERCHANT_OWES_TOO_MUCH = problem(
    "merchant-owes-too-much", 409, "The shop would come to owe more than the region allows."
)
RESIDENT_OWES_TOO_MUCH = problem(
    "resident-owes-too-much", 409, "The resident would come to owe more than the region allows."
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
        """The wallet, the store, the campaigns and the lots of the payment."""
        return reads_of_payment(books, self.payment_id)

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
    campaigns = [UUID(grant["campaign_id"]) for grant in payment.facts["grants"]]
    return Reads(
        holders=[payment.holder_id, payment.other_id, *campaigns],
        accounts=[part["lot"] for part in payment.facts["paid_with"]],
        periods=[payment.business_date, payment.business_date.replace(day=1)],
    )


def refunded_key(payment_id: UUID) -> CounterKey:
    """The counter of what was refunded of a payment; its cap is the payment's amount."""
    return CounterKey(payment_id, "refunded", NIL, ENDLESS)


def give_back(books: Books, draft: Draft, payment: Entry, amount_yen: int) -> None:
    """Post the return of `amount_yen` more of `payment` into `draft`.

    Everything follows from the cumulative amount, so 999 refunds of ¥1 come to the same as one of
    ¥999. What is not there any more becomes a receivable; bought coin is never taken for it.
    Raises refund-exceeds-payment, merchant-owes-too-much, resident-owes-too-much.
    """
    before = books.used(refunded_key(payment.entry_id))
    after = before + amount_yen
    if amount_yen == 0 or after > payment.amount:
        raise Problem(REFUND_EXCEEDS_PAYMENT, remaining_yen=payment.amount - before)
    draft.count(refunded_key(payment.entry_id), amount_yen, payment.amount)
    wallet = books.holders[_known(payment.holder_id)]
    merchant_id = _known(books.holders[_known(payment.other_id)].parent_id)
    back = _return_lots(books, draft, payment, before, after)
    settled = _settle_debts(books, draft, payment, wallet)
    _collect(books, draft, books.account(merchant_id, "payable"), None, amount_yen)
    clawed = _claw_back(books, draft, payment, wallet, merchant_id, (before, after))
    draft.facts = {
        "store_name": payment.facts["store_name"],
        "refunded_yen": after,
        "returned": back,
        "points_settled": settled,
        "clawed_back": clawed,
    }


def _return_lots(
    books: Books, draft: Draft, payment: Entry, before: int, after: int
) -> list[dict[str, object]]:
    grace_days = settings_of(books).grace_days
    paid_with = payment.facts["paid_with"]
    back = []
    steps = zip(paid_with, returned(paid_with, before), returned(paid_with, after), strict=True)
    for part, was_back, is_back in steps:
        if is_back > was_back:
            lot = lot_to_refund(books, books.by_no[part["lot"]], grace_days)
            draft.credit(lot, is_back - was_back)
            back.append(
                {
                    "kind": lot.kind,
                    "amount": is_back - was_back,
                    "expires_on": lot.expires_on.isoformat() if lot.expires_on else None,
                }
            )
    return back


def _settle_debts(books: Books, draft: Draft, payment: Entry, wallet: Holder) -> int:
    """Points that came back settle what the wallet owes their campaign; returns how many did.

    Coin goes back first, so an earlier part of the refund may have become a debt for want of the
    very points that this part returns.
    """
    granting = {UUID(grant["campaign_id"]) for grant in payment.facts["grants"]}
    returned_points = [
        (lot, amount)
        for lot, is_debit, amount in draft.postings
        if not is_debit and lot.kind == POINTS and lot.source_id in granting
    ]
    settled = 0
    for lot, amount in returned_points:
        owed = books.account(wallet.holder_id, "resident_receivable", _known(lot.source_id))
        part = settle_receivable(books, draft, owed, amount)
        draft.debit(lot, part)
        settled += part
    return settled


def _claw_back(
    books: Books,
    draft: Draft,
    payment: Entry,
    wallet: Holder,
    merchant_id: UUID,
    refunded: tuple[int, int],
) -> list[dict[str, object]]:
    """Take back what the campaigns would not have granted for what remains of the payment."""
    originals = [grant_from_facts(facts) for facts in payment.facts["grants"]]
    kept_before, kept_after = (_kept(books, payment, originals, so_far) for so_far in refunded)
    clawed: list[dict[str, object]] = []
    for was, remains in zip(kept_before, kept_after, strict=True):
        points = was.rebate_points - remains.rebate_points
        cashback_yen = was.cashback_yen - remains.cashback_yen
        assert min(points, cashback_yen) >= 0, "a refund never grants more"
        campaign: LiveCampaign = books.campaigns[was.campaign_id]
        owed = _claw_back_points(books, draft, payment, wallet, campaign, points)
        cashback = books.account(merchant_id, "cashback")
        owed += _collect(books, draft, cashback, was.campaign_id, cashback_yen)
        draft.credit(books.account(was.campaign_id, "budget_due"), owed)
        draft.credit(books.account(was.campaign_id, "budget"), points + cashback_yen - owed)
        if points or cashback_yen:
            clawed.append(
                {
                    "campaign_id": str(was.campaign_id),
                    "points": points,
                    "cashback_yen": cashback_yen,
                    "owed_yen": owed,
                }
            )
    return clawed


def _kept(
    books: Books, payment: Entry, originals: Sequence[Grant], refunded_yen: int
) -> Sequence[Grant]:
    """The grants that stand once `refunded_yen` were refunded; all of them before the first."""
    if refunded_yen == 0:
        return originals
    paid_with = payment.facts["paid_with"]
    gone_back = returned(paid_with, refunded_yen)
    coin_yen = sum(
        part["amount"] - back
        for part, back in zip(paid_with, gone_back, strict=True)
        if part["kind"] == COIN
    )
    facts = PaymentFacts(
        amount_yen=payment.amount - refunded_yen,
        coin_yen=coin_yen,
        merchant_class=payment.facts["merchant_class"],
        business_date=payment.business_date,
    )
    return recompute_all(originals, books.campaigns, facts)


def _claw_back_points(
    books: Books,
    draft: Draft,
    payment: Entry,
    wallet: Holder,
    campaign: LiveCampaign,
    points: int,
) -> int:
    """Debit the campaign's points of this wallet; returns what became a receivable.

    The lot that the payment's points went to comes first, then the campaign's other lots.
    """
    person_id = _known(wallet.subject_id)
    for key, cap in cap_keys(campaign, person_id, payment.business_date):
        draft.count(key, -min(points, books.used(key)), cap)
    first = points_lot(books, wallet.holder_id, campaign, payment.business_date)
    # What this refund returns is there again, also where it opens a successor lot for it.
    returned_to = [lot for lot, is_debit, _ in draft.postings if not is_debit]
    lots = dict.fromkeys((first, *books.accounts_of(wallet.holder_id, POINTS), *returned_to))
    left = points
    for lot in lots:
        if (lot.kind, lot.source_id) != (POINTS, campaign.campaign_id):
            continue
        part = min(left, draft.held(lot))
        draft.debit(lot, part)
        left -= part
    owed = books.account(wallet.holder_id, "resident_receivable", campaign.campaign_id)
    cap_yen = settings_of(books).resident_receivable_cap_yen
    _owe(draft, owed, left, cap_yen, RESIDENT_OWES_TOO_MUCH)
    return left


def _collect(
    books: Books, draft: Draft, account: Account, source_id: UUID | None, amount_yen: int
) -> int:
    """Debit what a merchant's account holds; the rest is owed from now on, and is returned."""
    part = min(amount_yen, draft.held(account))
    draft.debit(account, part)
    owed = books.account(account.holder_id, "merchant_receivable", source_id)
    cap_yen = settings_of(books).merchant_receivable_cap_yen
    _owe(draft, owed, amount_yen - part, cap_yen, MERCHANT_OWES_TOO_MUCH)
    return amount_yen - part


def _owe(
    draft: Draft, receivable: Account, amount_yen: int, cap_yen: int, refusal: ProblemType
) -> None:
    """The cap is today's setting, so a changed one holds for old debts too."""
    if amount_yen and draft.held(receivable) + amount_yen > cap_yen:
        raise Problem(refusal, cap_yen=cap_yen)
    draft.debit(receivable, amount_yen)


def _known(value: UUID | None) -> UUID:
    assert value is not None, "a payment has a wallet, a person, a store and a merchant"
    return value
