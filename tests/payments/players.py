"""Plays one random history on PostgreSQL and on the model, and compares every answer."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from campaigns.campaign import ChangeCampaign
from core.errors import Problem
from core.ids import NIL
from ledger.books import Entry
from ledger.command import Command
from payments.pay import Pay
from payments.refund import Refund
from payments.reverse_top_up import ReverseTopUp
from payments.suspense import PlaceSuspense, ReturnSuspense
from payments.top_up import CounterTopUp, ProviderTopUp, provider_id
from residents.wallet import ChangeWallet
from tests.closing import merchant_change, store_change
from tests.limits_builder import limits
from tests.payments import model as rules
from tests.payments import model_limits
from tests.payments.expiring import expire_all
from tests.payments.histories import Step
from tests.payments.model_answers import Answer, NoError
from tests.payments.model_refunds import RefundingModel
from tests.payments.vesting import vest_all
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id

FIRST_DAY: Final = date(2027, 1, 15)
NOON: Final = datetime(2027, 1, 15, 3, tzinfo=UTC)
SETTINGS: Final = {
    "limits": limits(
        balance_yen=model_limits.BALANCE_LIMIT,
        payment_yen=model_limits.PAYMENT_LIMIT,
        payments_per_day_yen=model_limits.PAYMENTS_A_DAY,
        top_up_yen=model_limits.COUNTER_LIMIT,
        top_ups_per_month_yen=model_limits.TOP_UPS_A_MONTH,
    ),
    "coin_months": rules.COIN_MONTHS,
    "grace_days": rules.GRACE_DAYS,
    "refund_days": rules.REFUND_DAYS,
    "resident_receivable_cap_yen": rules.RESIDENT_CAP,
}
Asked = tuple[Command, Callable[[], Any]]


@dataclass
class Players:
    """One town twice: the real one and the model."""

    town: Town
    model: RefundingModel
    ids: dict[str, UUID]
    wallets: dict[str, Wallet]
    stores: dict[str, Store]
    asked: list[Asked] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    async def play(self, group: Sequence[Step]) -> None:
        """Several steps that arrive at once; both must give the same answers and balances."""
        if group[0][0] == "advance":
            await self._advance(group[0][1])
        elif group[0][0] == "expire":
            await self._expire()
        elif group[0][0] == "vest":
            await vest_all(self.town)
            self.model.vest()
        else:
            first = len(self.asked)
            for name, *values in group:
                self.asked.append(getattr(self, f"_{name}")(*values))
            asked = self.asked[first:]
            found = await asyncio.gather(
                *(self.town.engine.submit(command) for command, _ in asked),
                return_exceptions=True,
            )
            for (command, wanted), outcome in zip(asked, found, strict=True):
                expected = self._expected(command, wanted)
                told = self._told(outcome)
                assert told == expected, f"{command}: told {told}, expected {expected}"
        assert await self.balances() == +self.model.balances

    def seen(self) -> Counter[str]:
        """How often each thing happened in this history."""
        seen: Counter[str] = Counter()
        for (command, _), (kind, said) in zip(self.asked, self.answers, strict=True):
            seen[type(command).__name__ if kind == "done" else said] += 1
            if kind == "done" and isinstance(command, Pay):
                seen["paid with points"] += any(part[0] == "points" for part in said[0])
                seen["two campaigns gave"] += sum(points > 0 for _, points, _ in said[1]) == 2
                seen["points settled a debt"] += said[2] > 0
            if kind == "done" and isinstance(command, Refund):
                seen["points became a debt"] += any(claw[3] for claw in said[1])
        seen["expired points were counted"] += self.model.counted["points"] > 0
        seen["pending points vested"] += self.model.counted["vested"] > 0
        seen["pending points were taken back"] += self.model.counted["pending"] > 0
        seen["expired coin was counted"] += self.model.counted["coin"] > 0
        return seen

    def _expected(self, command: Command, wanted: Callable[[], Any]) -> Answer:
        """What the model says; what it said before, where the id is known and remembered."""
        for (earlier, _), answer in zip(self.asked, self.answers, strict=False):
            if earlier.entry_id == command.entry_id and answer[0] != "missing":
                self.answers.append(answer)
                return answer
        try:
            answer = ("done", wanted())
        except NoError as no:
            answer = no.args
        self.answers.append(answer)
        return answer

    def _told(self, outcome: Any) -> Answer:
        if isinstance(outcome, Problem):
            return ("missing", outcome.type.slug)
        if isinstance(outcome, BaseException):
            raise outcome
        entry: Entry = outcome.entry
        return ("refused", entry.refusal) if entry.refusal else ("done", self._facts(entry))

    def _facts(self, entry: Entry) -> Any:
        facts, names = entry.facts, {str(value): name for name, value in self.ids.items()}
        if entry.kind == "top_up":
            return facts.get("obstacle", "credited")
        if entry.kind == "top_up.reversed":
            return facts.get("taken_yen")
        if entry.kind in {
            "wallet.changed",
            "store.changed",
            "merchant.changed",
            "campaign.changed",
        }:
            return facts["state"]
        if entry.kind == "payment":
            grants = [
                (names[g["campaign_id"]], g["rebate_points"], g["cashback_yen"])
                for g in facts["grants"]
            ]
            return _lots(facts["paid_with"]), grants, facts["points_settled"]
        if entry.kind in {"refund", "void"}:
            clawed = [
                (names[c["campaign_id"]], c["points"], c["cashback_yen"], c["owed_yen"])
                for c in facts["clawed_back"]
            ]
            return _lots(facts["returned"]), clawed
        return entry.amount

    async def balances(self) -> dict[tuple[Any, ...], int]:
        """Every balance of the region that is not zero, by (holder, kind, source, expiry)."""
        names: dict[UUID | None, Any] = {value: name for name, value in self.ids.items()}
        names |= {NIL: "issuer", None: None, provider_id("bank"): "bank"}
        names |= {command.entry_id: n for n, (command, _) in reversed([*enumerate(self.asked)])}
        rows = await self.town.rows(
            "SELECT holder_id, kind, source_id, expires_on, balance FROM ledger.account"
            " WHERE balance <> 0 AND kind <> 'funder_receivable'"
        )
        return {
            (names[r.holder_id], r.kind, names[r.source_id], r.expires_on): r.balance for r in rows
        }

    async def _advance(self, days: int) -> None:
        self.model.today += timedelta(days=days)
        self.model.moment += 1
        await self.town.set_clock(NOON + (self.model.today - FIRST_DAY))

    async def _expire(self) -> None:
        await expire_all(self.town)
        self.model.expire()

    def _top_up(self, wallet: str, yen: int) -> Asked:
        n, to = len(self.asked), self.ids.get(wallet, "nobody's")
        fields = {"provider": "bank", "reference": str(uuid4()), "wallet": str(to)}
        command = ProviderTopUp(entry_id=new_id(), actor="provider:bank", amount_yen=yen, **fields)
        return command, lambda: self.model.top_up(n, wallet, yen)

    def _in_cash(self, wallet: str, yen: int) -> Asked:
        n, wallet_id = len(self.asked), self.ids[wallet]
        command = CounterTopUp(entry_id=new_id(), actor=ADMIN, wallet_id=wallet_id, amount_yen=yen)
        return command, lambda: self.model.in_cash(n, wallet, yen)

    def _reverse(self, n: int) -> Asked:
        n, top_up_id = self._nth(n, (ProviderTopUp, CounterTopUp))
        command = ReverseTopUp(entry_id=new_id(), actor=ADMIN, top_up_id=top_up_id, reason="r")
        return command, lambda: self.model.reverse(n)

    def _place(self, n: int, wallet: str) -> Asked:
        n, item = self._nth(n, (ProviderTopUp,))
        fields = {"item_id": item, "wallet_id": self.ids[wallet]}
        command = PlaceSuspense(entry_id=new_id(), actor=ADMIN, reason="r", **fields)
        return command, lambda: self.model.place(n, wallet)

    def _send_back(self, n: int) -> Asked:
        n, item = self._nth(n, (ProviderTopUp,))
        command = ReturnSuspense(entry_id=new_id(), actor=ADMIN, item_id=item, reason="r")
        return command, lambda: self.model.send_back(n)

    def _turn(self, holder: str, state: Any) -> Asked:
        fields = {"entry_id": new_id(), "actor": ADMIN, "state": state, "reason": "r"}
        command: Command
        if holder in self.wallets:
            command = ChangeWallet(wallet_id=self.ids[holder], **fields)
        elif holder in self.stores:
            command = store_change(self.stores[holder], state)
        elif holder[0] == "m":
            command = merchant_change(self.ids[holder], state)
        else:
            command = ChangeCampaign(campaign_id=self.ids[holder], **fields)
        return command, lambda: self.model.turn(holder, state)

    def _pay(self, wallet: str, store: str, yen: int, coin_only: bool) -> Asked:
        n = len(self.asked)
        command = self.town.payment(
            self.wallets[wallet], self.stores[store], yen, is_coin_only=coin_only
        )
        return command, lambda: self.model.pay(n, wallet, store, yen, coin_only)

    def _refund(self, n: int, is_own: bool, yen: int | None) -> Asked:
        n, store = self._payment(n, is_own)
        command = self.town.refund_of(self.asked[n][0].entry_id, self.stores[store], yen)
        return command, lambda: self.model.refund(n, store, yen)

    def _void(self, n: int, is_own: bool) -> Asked:
        n, store = self._payment(n, is_own)
        command = self.town.void_of(self.asked[n][0].entry_id, self.stores[store])
        return command, lambda: self.model.void(n, store)

    def _payment(self, n: int, is_own: bool) -> tuple[int, str]:
        """The place of a payment, and the store that took it or one of another merchant."""
        n, _ = self._nth(n, (Pay,))
        payment = self.asked[n][0]
        was_large = isinstance(payment, Pay) and payment.store_id == self.stores["s1"].store_id
        return n, "s1" if was_large is is_own else "s0"

    def _again(self, n: int) -> Asked:
        """The same command under the same id, some time later."""
        return self.asked[-1 - n % len(self.asked)]

    def _nth(self, n: int, kinds: tuple[type[Command], ...]) -> tuple[int, UUID]:
        """The place and the id of one of the newest commands of these kinds, most of them done."""
        refused = {m for m, answer in enumerate(self.answers) if answer[0] != "done"}
        found = [
            m
            for m, (command, _) in enumerate(self.asked)
            if isinstance(command, kinds) and (m not in refused or m % 10 == 0)
        ]
        if not found:
            return 0, self.asked[0][0].entry_id  # of another kind: it will not be found
        wanted = self.asked[found[-1 - n % len(found)]][0].entry_id
        return self._place_of(wanted), wanted

    def _place_of(self, entry_id: UUID) -> int:
        """Where an id was used first; later it is asked again."""
        return next(m for m, (command, _) in enumerate(self.asked) if command.entry_id == entry_id)


def _lots(told: list[dict[str, Any]]) -> list[tuple[str, int, date]]:
    return [(lot["kind"], lot["amount"], date.fromisoformat(lot["expires_on"])) for lot in told]
