"""The second opinion of what goes back: refunds, voids and expiry; what is clawed back or owed."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.payments.model import (
    GRACE_DAYS,
    POINT_MONTHS,
    REFUND_DAYS,
    RESIDENT_CAP,
    Model,
    Payment,
    give,
)
from tests.payments.model_answers import miss, refuse
from tests.payments.model_campaigns import Campaign, month_end


@dataclass
class RefundingModel(Model):
    """A town that can also give payments back."""

    def refund(self, n: int, store: str, yen: int | None) -> Any:
        """Part of a payment, or all that remains of it."""
        payment = self._payment(n, store)
        if self.today > payment.day + timedelta(days=REFUND_DAYS):
            raise refuse("refund-too-late")
        return self._give_back(payment, payment.amount - payment.refunded if yen is None else yen)

    def void(self, n: int, store: str) -> Any:
        """All of a payment, soon after it; the clock of a test moves by days."""
        payment = self._payment(n, store)
        if payment.moment != self.moment:
            raise refuse("void-too-late")
        if payment.refunded:
            raise refuse("void-after-refund")
        return self._give_back(payment, payment.amount)

    def expire(self) -> None:
        """Everything whose last day is over."""
        over = [k for k, yen in self.balances.items() if yen and k[3] and k[3] < self.today]
        for key in over:
            if key[1] == "points_pending":
                continue
            yen = self.balances[key]
            self.add(key, -yen)
            self.gone[key] += yen
            to = ("issuer", "expired_coin") if key[1] == "coin" else (key[2], "funder_payable")
            self.add((*to, None, None), yen)

    def vest(self) -> None:
        """What is pending and due becomes points; those that would be over last from today."""
        for key in [k for k, yen in self.balances.items() if yen and k[1] == "points_pending"]:
            if key[3] <= self.today:
                last_day = month_end(key[3], POINT_MONTHS)
                if last_day < self.today:
                    last_day = month_end(self.today, POINT_MONTHS)
                points = self.balances[key]
                self.add(key, -points)
                self.counted["vested"] += points
                self.credit((key[0], "points", key[2], last_day), points)

    def _payment(self, n: int, store: str) -> Payment:
        payment = self.payments.get(n)
        if payment is None or payment.merchant != self.stores[store][0]:
            raise miss("payment-unknown")
        return payment

    def _give_back(self, payment: Payment, yen: int) -> Any:
        if not 0 < yen <= payment.amount - payment.refunded:
            raise refuse("refund-exceeds-payment")
        kept = deepcopy((self.balances, self.ages, self.used, self.gone))
        before, after = payment.refunded, payment.refunded + yen
        returned = self._return(payment, before, after)
        self._settle(payment, returned)
        self.add((payment.merchant, "payable", None, None), -yen)
        clawed = []
        for campaign, points, cashback, left in payment.grants:
            was = self._stands(payment, campaign, (points, cashback), left, before)
            remains = self._stands(payment, campaign, (points, cashback), left, after)
            lost = was[0] - remains[0], was[1] - remains[1]
            owed = self._claw(payment, campaign, *lost)
            debt = (payment.wallet, "resident_receivable", campaign.name, None)
            if owed and self.balances[debt] > RESIDENT_CAP:
                self.balances, self.ages, self.used, self.gone = kept
                raise refuse("resident-owes-too-much")
            if any(lost):
                clawed.append((campaign.name, *lost, owed))
        payment.refunded = after
        self.spent.count(self.persons[payment.wallet], "payments", payment.day, -yen)
        return [lot[:3] for lot in returned], clawed

    def _return(self, payment: Payment, before: int, after: int) -> list[tuple[Any, ...]]:
        """In the reverse of the use-order, by the cumulative amount."""
        told, end = [], payment.amount
        for lot, part in payment.parts:
            # This part is what lies between `end - part` and `end` of the amount, from the back.
            low, high = end - part, end
            back = max(0, min(high, after) - max(low, before))
            end = low
            if back:
                if lot[3] < self.today:
                    lot = (*lot[:3], self.today + timedelta(days=GRACE_DAYS))  # noqa: PLW2901
                self.add(lot, back)
                told.append((lot[1], back, lot[3], lot[2]))
        return told

    def _settle(self, payment: Payment, returned: list[tuple[Any, ...]]) -> None:
        """Points that came back pay what the wallet owes to a campaign that granted here."""
        for kind, back, expiry, name in returned:
            debt = (payment.wallet, "resident_receivable", name, None)
            if kind == "points" and name in [granted[0].name for granted in payment.grants]:
                part = min(back, self.balances[debt])
                self.add((payment.wallet, "points", name, expiry), -part)
                self.add(debt, -part)
                self.add((name, "budget_due", None, None), -part)
                self.add((name, "budget", None, None), part)

    def _stands(
        self,
        payment: Payment,
        campaign: Campaign,
        granted: tuple[int, int],
        left: dict[Any, int],
        refunded: int,
    ) -> tuple[int, int]:
        """What is kept of a grant: decided again for the rest, and never more than it was."""
        if not refunded:
            return granted
        coin, rest = 0, payment.amount - refunded
        for lot, part in payment.parts:  # what was used last has gone back first
            stays = min(part, rest)
            rest -= stays
            coin += stays if lot[1] == "coin" else 0
        amount = payment.amount - refunded
        again = give(campaign, left, amount, coin, payment.merchant_class, payment.day)
        return min(granted[0], again[0]), min(granted[1], again[1])

    def _claw(self, payment: Payment, campaign: Campaign, points: int, cashback: int) -> int:
        """From the lots that this payment's points went to, the pending one first, then from good
        ones; the rest is owed.

        What expired of that first lot lies with the campaign for its funder: it is taken there.
        """
        name, wallet = campaign.name, payment.wallet
        for key, _ in campaign.periods(payment.day):
            used = (self.persons[wallet], name, key)
            self.used[used] -= min(points, self.used[used])
        day = campaign.credited(payment.day)
        first = (wallet, "points", name, month_end(day, POINT_MONTHS))
        owed = points
        if campaign.later:
            pending = (wallet, "points_pending", name, day)
            part = min(owed, self.balances[pending])
            self.add(pending, -part)
            self.counted["pending"] += part
            owed -= part
        part = min(owed, self.balances[first])
        self.add(first, -part)
        owed -= part
        part = min(owed, self.gone[first])
        self.gone[first] -= part
        self.counted["points"] += part
        self.add((name, "funder_payable", None, None), -part)
        owed -= part
        for lot in self.of(wallet, "points"):
            if lot[2] == name and lot[3] >= self.today:
                part = min(owed, self.balances[lot])
                self.add(lot, -part)
                owed -= part
        self.add((wallet, "resident_receivable", name, None), owed)
        self.add((name, "budget_due", None, None), owed)
        self.add((name, "budget", None, None), points - owed + cashback)
        self.add((payment.merchant, "cashback", None, None), -cashback)
        return owed
