"""A second, small opinion of how value moves, written from the documents and not from the code.

Everything is known by a name: wallets w0, w1, ..., stores s0, ..., merchants m0, ..., campaigns
c0, ...; amounts are yen. What a rule refuses is its slug; what is done is told as plain facts.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.payments.model_answers import miss, refuse
from tests.payments.model_campaigns import Campaign, month_end
from tests.payments.model_limits import BALANCE_LIMIT, COUNTER_LIMIT, PAYMENT_LIMIT, Spending

RESIDENT_CAP, GRACE_DAYS, REFUND_DAYS, COIN_MONTHS, POINT_MONTHS = 150, 5, 70, 1, 1


@dataclass
class Payment:
    """A payment that was made."""

    wallet: str
    merchant: str
    amount: int
    day: date
    moment: int
    parts: list[tuple[tuple[Any, ...], int]]
    merchant_class: str
    grants: list[tuple[Campaign, int, int, dict[Any, int]]]
    """Campaign, points, cashback, and what its budget and its caps had left."""
    refunded: int = 0


def give(campaign: Campaign, left: dict[Any, int], amount: int, coin: int, kind: str, on: date):
    """(points, cashback) of one campaign for one payment of which so much is coin."""
    rates = campaign.rebate_bp.get(kind, 0), campaign.cashback_bp.get(kind, 0)
    budget = left["budget"]
    if on > campaign.ends_on or rates == (0, 0) or not coin or amount < campaign.minimum:
        return 0, 0
    caps = [yen for key, yen in left.items() if key != "budget"]
    points = min([coin * rates[0] // 10_000, campaign.per_payment, budget, *caps])
    return points, min(coin * rates[1] // 10_000, campaign.cashback_cap, budget - points)


@dataclass
class Model:
    """A town as it should be."""

    today: date
    persons: dict[str, str]
    stores: dict[str, tuple[str, str]]
    """Merchant and its class."""
    campaigns: dict[str, Campaign]
    moment: int = 0
    """How often the clock was moved."""
    balances: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    """By (holder, kind, source, expiry)."""
    ages: dict[tuple[Any, ...], int] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    used: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    gone: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    """By lot, what expired of it and was not taken back since."""
    counted: Counter[str] = field(default_factory=Counter)
    """How much of what had expired was taken back, by kind."""
    spent: Spending = field(default_factory=Spending)
    top_ups: dict[int, dict[str, Any]] = field(default_factory=dict)
    payments: dict[int, Payment] = field(default_factory=dict)

    def add(self, key: tuple[Any, ...], yen: int) -> None:
        """Change a balance; lots and debts are as old as their first yen."""
        if yen:
            self.ages.setdefault(key, len(self.ages))
            self.balances[key] += yen
            assert self.balances[key] >= 0, key

    def of(self, holder: str, kind: str) -> list[tuple[Any, ...]]:
        """The balances of one kind that are not zero, oldest first."""
        found = [k for k, yen in self.balances.items() if yen and k[:2] == (holder, kind)]
        return sorted(found, key=self.ages.__getitem__)

    def held(self, wallet: str) -> int:
        """All coin of a wallet that can still be used."""
        return sum(self.balances[key] for key in self.of(wallet, "coin") if key[3] >= self.today)

    def _shut(self, wallet: str) -> str | None:
        state = self.states.get(wallet, "open")
        return None if state == "open" else f"wallet-{state}"

    def _obstacle(self, wallet: str, yen: int) -> str | None:
        """What keeps money from its wallet: limits count for all wallets of a person."""
        person = self.persons[wallet]
        own = [
            w for w, p in self.persons.items() if p == person and self._shut(w) != "wallet-closed"
        ]
        is_full = sum(map(self.held, own)) + yen > BALANCE_LIMIT
        over = self.spent.over(person, "top_ups", self.today, yen)
        return self._shut(wallet) or over or ("balance-over-limit" if is_full else None)

    def top_up(self, n: int, wallet: str, yen: int) -> Any:
        """A provider's money, to a wallet or to suspense."""
        obstacle = self._obstacle(wallet, yen) if wallet in self.persons else "wallet-unknown"
        self.add(("issuer", "provider_receivable", "bank", None), yen)
        self.top_ups[n] = {"yen": yen, "from": ("issuer", "provider_receivable", "bank", None)}
        if obstacle:
            self.add(("issuer", "suspense", n, None), yen)
            return obstacle
        self._credit(n, wallet, yen)
        return "credited"

    def in_cash(self, n: int, wallet: str, yen: int) -> Any:
        """Cash at the counter."""
        if shut := self._shut(wallet):
            raise refuse(shut)
        if yen > COUNTER_LIMIT:
            raise refuse("top-up-over-limit")
        if obstacle := self._obstacle(wallet, yen):
            raise refuse(obstacle)
        self.add(("issuer", "cash", None, None), yen)
        self.top_ups[n] = {"yen": yen, "from": ("issuer", "cash", None, None)}
        self._credit(n, wallet, yen)
        return "credited"

    def _credit(self, n: int, wallet: str, yen: int) -> None:
        lot = (wallet, "coin", None, month_end(self.today, COIN_MONTHS))
        self.top_ups[n] |= {"lot": lot, "day": self.today}
        self.spent.count(self.persons[wallet], "top_ups", self.today, yen)
        self.add(lot, yen)

    def reverse(self, n: int) -> Any:
        """The provider (or the counter) takes its money back."""
        top_up = self.top_ups.get(n)
        if top_up is None:
            raise miss("top-up-unknown")
        if top_up.get("reversed"):
            raise refuse("top-up-reversed")
        yen, lot = top_up["yen"], top_up.get("lot")
        if lot is None:
            if not self.balances["issuer", "suspense", n, None]:
                raise refuse("top-up-returned")
            self.add(("issuer", "suspense", n, None), -yen)
            taken = None
        else:
            self.spent.count(self.persons[lot[0]], "top_ups", top_up["day"], -yen)
            taken = min(yen, self.balances[lot])
            self.add(lot, -taken)
            income = min(yen - taken, self.gone[lot])
            self.gone[lot] -= income
            self.counted["coin"] += income
            self.add(("issuer", "expired_coin", None, None), -income)
            taken += income
            self.add((lot[0], "resident_receivable", None, None), yen - taken)
            if not self._shut(lot[0]):
                self.states[lot[0]] = "frozen"
        self.add(top_up["from"], -yen)
        top_up["reversed"] = True
        return taken

    def _item(self, n: int) -> dict[str, Any]:
        top_up = self.top_ups.get(n)
        if top_up is None or not ("lot" not in top_up or top_up.get("was_lost")):
            raise miss("suspense-item-unknown")
        return top_up

    def place(self, n: int, wallet: str) -> Any:
        """Money in suspense finds its wallet."""
        item = self._item(n)
        if not self.balances["issuer", "suspense", n, None]:
            raise refuse("suspense-item-settled")
        if obstacle := self._obstacle(wallet, item["yen"]):
            raise refuse(obstacle)
        item["was_lost"] = True
        self.add(("issuer", "suspense", n, None), -item["yen"])
        self._credit(n, wallet, item["yen"])
        return item["yen"]

    def send_back(self, n: int) -> Any:
        """Money in suspense goes back."""
        item = self._item(n)
        if not self.balances["issuer", "suspense", n, None]:
            raise refuse("suspense-item-settled")
        self.add(("issuer", "suspense", n, None), -item["yen"])
        self.add(item["from"], -item["yen"])
        return item["yen"]

    def turn(self, holder: str, state: str) -> Any:
        """Wallets freeze, close and open, shops close and open, campaigns start and stop."""
        if holder[0] in "wsm":
            if self.states.get(holder, "open") == state:
                what = {"w": "wallet", "s": "store", "m": "merchant"}[holder[0]]
                raise refuse(f"{what}-state-same")
            own = {key: yen for key, yen in self.balances.items() if key[0] == holder}
            held = any(
                yen
                for key, yen in own.items()
                if not key[3] or key[3] >= self.today or key[1] == "points_pending"
            )
            if holder[0] == "w" and state == "closed" and held:
                raise refuse("wallet-not-empty")
        elif self.states[holder] == state:
            raise refuse("campaign-state-wrong")
        elif state == "live":
            if self.today > self.campaigns[holder].ends_on:
                raise refuse("campaign-over")
            if not self.balances[holder, "budget", None, None]:
                raise refuse("campaign-not-funded")
        self.states[holder] = state
        return state

    def pay(self, n: int, wallet: str, store: str, yen: int, coin_only: bool) -> Any:
        """Points by expiry, then coin by expiry; then what the campaigns give."""
        merchant, kind = self.stores[store]
        if shut := self._shut(wallet):
            raise refuse(shut)
        if {self.states.get(store), self.states.get(merchant)} & {"closed"}:
            raise refuse("store-closed")
        if yen > PAYMENT_LIMIT:
            raise refuse("payment-over-limit")
        if over := self.spent.over(self.persons[wallet], "payments", self.today, yen):
            raise refuse(over)
        lots = [] if coin_only else self._points(wallet, kind)
        lots += sorted(self.of(wallet, "coin"), key=lambda k: k[3])
        lots = [lot for lot in lots if lot[3] >= self.today]
        if sum(self.balances[lot] for lot in lots) < yen:
            raise refuse("insufficient-funds")
        self.spent.count(self.persons[wallet], "payments", self.today, yen)
        parts, left = [], yen
        for lot in lots:
            part = min(left, self.balances[lot])
            if part:
                parts.append((lot, part))
            self.add(lot, -part)
            left -= part
        self.add((merchant, "payable", None, None), yen)
        payment = Payment(wallet, merchant, yen, self.today, self.moment, parts, kind, [])
        self.payments[n] = payment
        coin = sum(part for lot, part in parts if lot[1] == "coin")
        for campaign in self.campaigns.values():
            if self.states[campaign.name] == "live":
                left_of = self._left(campaign, self.persons[wallet])
                payment.grants.append(
                    (campaign, *give(campaign, left_of, yen, coin, kind, self.today), left_of)
                )
        settled = sum(self._grant(payment, *grant[:3]) for grant in payment.grants)
        told = [(lot[1], part, lot[3]) for lot, part in parts]
        return told, [(g[0].name, g[1], g[2]) for g in payment.grants], settled

    def _points(self, wallet: str, kind: str) -> list[tuple[Any, ...]]:
        """Those that pay here, by their last day; of one day those that pay in few shops first."""
        tied = {name: campaign.pays_at for name, campaign in self.campaigns.items()}
        lots = [lot for lot in self.of(wallet, "points") if tied[lot[2]] in {None, kind}]
        return sorted(lots, key=lambda lot: (lot[3], tied[lot[2]] is None))

    def _left(self, campaign: Campaign, person: str) -> dict[Any, int]:
        caps = campaign.periods(self.today)
        left = {key: cap - self.used[person, campaign.name, key] for key, cap in caps}
        return {"budget": self.balances[campaign.name, "budget", None, None], **left}

    def _grant(self, payment: Payment, campaign: Campaign, points: int, cashback: int) -> int:
        """Points settle debts first; a campaign's own debt goes back into its budget."""
        name, wallet, day = campaign.name, payment.wallet, campaign.credited(self.today)
        self.add((name, "budget", None, None), -points - cashback)
        self.add((payment.merchant, "cashback", None, None), cashback)
        for key, _ in campaign.periods(self.today):
            self.used[self.persons[wallet], name, key] += points
        if campaign.later:
            self.add((wallet, "points_pending", name, day), points)
            return 0
        return self.credit((wallet, "points", name, month_end(day, POINT_MONTHS)), points)

    def credit(self, lot: tuple[Any, ...], points: int) -> int:
        """Points come to a lot, but first to what its wallet owes; how many that took."""
        left = points
        for debt in self.of(lot[0], "resident_receivable"):
            part = min(left, self.balances[debt])
            left -= part
            self.add(debt, -part)
            if debt[2] is not None:
                self.add((debt[2], "budget_due", None, None), -part)
                self.add((debt[2], "budget", None, None), part)
        self.add(lot, left)
        return points - left
