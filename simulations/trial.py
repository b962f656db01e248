"""Decide past payments anew, in their order, by the decision that runs live: a trial of a form."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

from campaigns.decide import Decision, Grant, decide_here
from campaigns.due_back import due_back
from campaigns.facts import WHOLE_BP, Headroom, PaymentFacts
from campaigns.line_up import LineUp
from campaigns.marks import last_day_from
from campaigns.rules import LiveCampaign
from simulations.meters import ALL, Accounts, Followed
from simulations.parties import Person, Shop
from simulations.past_payment import PastPayment
from simulations.tally import Day, Tally

PLENTY_YEN: Final = 10**15
"""A budget that nothing uses up."""


@dataclass(slots=True)
class Trial:
    """Campaigns with their budgets and counters in memory, of which one is the form that is tried.

    A source tells it what happened, in the journal's order. Once the tried form's budget is empty,
    a second trial goes on without that limit: what would have been asked for is its demand.
    """

    tried_id: UUID
    multiplier_bp: int = WHOLE_BP
    """Each payment is taken to be that much larger."""
    counts_from: date = date.min
    """What is before this day is decided and not added up."""
    tally: Tally = field(default_factory=Tally)
    line_up: LineUp = field(default_factory=lambda: LineUp(()))
    accounts: dict[UUID, Accounts] = field(default_factory=dict)
    followed: dict[bytes, Followed] = field(default_factory=dict)
    """Payments that will be refunded or rejected, by the ids of their entries."""
    demand: "Trial | None" = None
    announces: bool = True
    """Whether the tried form's end is announced as soon as its mark is reached."""
    is_limited: bool = True
    """Whether the tried form has a budget that may come to its end."""
    _day: date = date.min
    _today: Day = field(default_factory=Day)
    _is_counted: bool = False
    _may_end: bool = False
    """Whether the tried form is live on a budget that comes to its end."""
    _asks_for_people: bool = False
    """Whether any form that is live asks who pays: else it makes no difference."""
    _asked: Accounts | None = None
    """Of the campaign that was asked last: mostly there is but one."""
    _person: Person | None = None
    _shop: Shop | None = None

    def open(self, campaign: LiveCampaign, budget_yen: int) -> None:
        """A campaign that may grant once it is live."""
        self.accounts[campaign.campaign_id] = Accounts(campaign, budget_yen, budget_yen)

    def let_live(self, live: Collection[LiveCampaign]) -> None:
        """These are live from now on, under these terms, and no others."""
        self.line_up = LineUp(each for each in live if not each.rules.is_of_top_ups)
        self._asked = None
        self._asks_for_people = any(each.rules.checks_of_person for each in live)
        is_live = any(campaign.campaign_id == self.tried_id for campaign in live)
        self._may_end = is_live and self.is_limited and self.demand is None
        for campaign in live:
            accounts = self.accounts[campaign.campaign_id]
            if accounts.campaign.hash != campaign.hash:
                accounts.become(campaign)
            accounts.turn(self._day)
        if self.demand is not None:
            self.demand.let_live(live)

    def fund(self, campaign_id: UUID, yen: int) -> None:
        """Funders put in so much, or took it out where it is below zero."""
        accounts = self.accounts[campaign_id]
        accounts.budget_yen = max(0, accounts.budget_yen + yen)
        accounts.funded_yen = max(0, accounts.funded_yen + yen)
        if self.demand is not None and campaign_id != self.tried_id:
            self.demand.fund(campaign_id, yen)

    def announce(self, campaign_id: UUID, last_day: date) -> None:
        """An end before the campaign's own was announced."""
        self.accounts[campaign_id].last_day = last_day
        if self.demand is not None:
            self.demand.announce(campaign_id, last_day)

    def pay(self, payment: PastPayment) -> Decision:
        """What the campaigns that are live grant for a payment."""
        if self.multiplier_bp != WHOLE_BP:
            payment = payment.larger(self.multiplier_bp)
        payment_id, person, shop, day, clock, amount_yen, coin_yen, is_refunded = payment
        if day is not self._day:
            self._turn(day)
        if self._may_end:
            self._watch(coin_yen)
        self._person, self._shop = person, shop
        facts = shop.at_hand(day)
        facts.amount_yen, facts.coin_yen, facts.clock = amount_yen, coin_yen, clock
        if self._asks_for_people:
            (
                facts.tier,
                facts.person_area,
                facts.is_person_area_verified,
                facts.age_band,
                facts.is_age_band_verified,
            ) = person.known_on(day)
            facts.is_first_payment = person.paid == 0
        decision = decide_here(self.line_up, facts, self._headroom_of)
        if is_refunded:
            self._follow(payment_id, facts, person, shop, decision)
        for grant in decision.grants:
            self._post(grant, facts, person, shop)
        if self._is_counted:
            self.tally.payments += 1
            if person.is_erased:
                self.tally.unknown.add(person.number)
        if self.demand is not None:
            self.demand.pay(payment)
        return decision

    def give_back(
        self, payment_id: bytes, day: date, refunded_yen: int, owed: Mapping[UUID, int]
    ) -> None:
        """A refund or void, after which so much of the payment was refunded altogether.

        `owed` is what was not there to be collected then, by campaign: as much is owed here.
        A payment from before the trial is nothing to it.
        """
        paid = self.followed.get(payment_id)
        if day is not self._day:
            self._turn(day)
        if paid is not None:
            after = min(refunded_yen * self.multiplier_bp // WHOLE_BP, paid.amount_yen)
            was, remains = (_what_remains(paid, yen) for yen in (paid.refunded_yen, after))
            self._claw_back(paid, was, remains, owed)
            paid.refunded_yen = after
        if self.demand is not None:
            yen = refunded_yen * self.multiplier_bp // WHOLE_BP
            self.demand.give_back(payment_id, day, yen, owed)

    def reject(self, payment_id: bytes, day: date, points: Mapping[UUID, int]) -> None:
        """Points of a payment were rejected after a check: as many go back to their budgets, if the
        trial granted them. The person's caps and the budget of that day stay as used as they are.
        """
        paid = self.followed.get(payment_id)
        if day is not self._day:
            self._turn(day)
        if paid is not None:
            for grant in paid.grants:
                self._reject(paid, grant, points.get(grant.campaign_id, 0))
        if self.demand is not None:
            self.demand.reject(payment_id, day, points)

    def collect(self, campaign_id: UUID, yen: int) -> None:
        """As much came in of what was owed to the campaign."""
        accounts = self.accounts[campaign_id]
        part = min(yen, accounts.due_yen)
        accounts.due_yen -= part
        if accounts.campaign.terms.on_return != "keep":
            accounts.budget_yen += part
        if self.demand is not None:
            self.demand.collect(campaign_id, yen)

    def _turn(self, day: date) -> None:
        self._day = day
        self._is_counted = day >= self.counts_from
        self._today = self.tally.days.setdefault(day, Day()) if self._is_counted else Day()
        for accounts in self.accounts.values():
            accounts.turn(day)

    def _accounts_of(self, campaign_id: UUID) -> Accounts:
        asked = self._asked
        if asked is None or asked.campaign.campaign_id is not campaign_id:
            asked = self._asked = self.accounts[campaign_id]
        return asked

    def _headroom_of(self, campaign: LiveCampaign) -> Headroom:
        assert self._person is not None
        assert self._shop is not None
        return self._accounts_of(campaign.campaign_id).headroom(self._person, self._shop)

    def _post(self, grant: Grant, facts: PaymentFacts, person: Person, shop: Shop) -> None:
        accounts = self._accounts_of(grant.campaign_id)
        accounts.count(grant, facts, person, shop)
        points, cashback_yen = grant.rebate_points, grant.cashback_yen
        if points or cashback_yen:
            accounts.budget_yen -= points + cashback_yen
            if self._is_counted and grant.campaign_id == self.tried_id:
                tally, today = self.tally, self._today
                tally.grant(today, person.number, shop.number, points, cashback_yen)
            if grant.campaign_id == self.tried_id:
                self._near_end(accounts, facts.business_date)

    def _near_end(self, accounts: Accounts, today: date) -> None:
        if accounts.budget_yen == 0:
            self.tally.emptied_on = self.tally.emptied_on or today
        if self.announces and accounts.last_day is None:
            accounts.last_day = last_day_from(
                accounts.campaign.terms, today, accounts.funded_yen, accounts.budget_yen
            )

    def _watch(self, coin_yen: int) -> None:
        """Let a second trial begin before the budget can cut a grant: no rebate and no cashback is
        more than the coin part.
        """
        if self.accounts[self.tried_id].budget_yen >= 2 * coin_yen:
            return
        demand = Trial(
            self.tried_id, counts_from=self.counts_from, announces=False, is_limited=False
        )
        demand.tally.days = {day: replace(sums) for day, sums in self.tally.days.items()}
        for campaign_id, accounts in self.accounts.items():
            is_tried = campaign_id == self.tried_id
            demand.accounts[campaign_id] = accounts.copy(
                PLENTY_YEN if is_tried else accounts.budget_yen
            )
        demand.line_up, demand._asks_for_people = self.line_up, self._asks_for_people
        demand.followed = {key: paid.copy() for key, paid in self.followed.items()}
        demand._turn(self._day)
        self.demand, self._may_end = demand, False

    def _follow(
        self, payment_id: bytes, facts: PaymentFacts, person: Person, shop: Shop, made: Decision
    ) -> None:
        grants = sorted(made.grants, key=self.line_up.place)
        self.followed[payment_id] = Followed(
            person, shop, facts.business_date, facts.amount_yen, facts.coin_yen, grants,
            [self.accounts[grant.campaign_id].campaign for grant in grants],
        )  # fmt: skip

    def _claw_back(
        self, paid: Followed, was: PaymentFacts, remains: PaymentFacts, owed: Mapping[UUID, int]
    ) -> None:
        """As `payments.claw_back` does, by the same function."""
        terms = {campaign.campaign_id: campaign for campaign in paid.campaigns}
        whole = _what_remains(paid, 0)
        for due in due_back(paid.grants, terms, whole, was, remains):
            campaign_id = due.campaign.campaign_id
            accounts = self.accounts[campaign_id]
            accounts.uncount(due.less, paid.person, paid.shop, paid.paid_on)
            rejected = min(paid.rejected.get(campaign_id, 0), due.points)
            paid.rejected[campaign_id] = paid.rejected.get(campaign_id, 0) - rejected
            paid.taken[campaign_id] = paid.taken.get(campaign_id, 0) + due.points
            points, cashback_yen = due.points - rejected, due.cashback_yen
            due_yen = min(owed.get(campaign_id, 0), points + cashback_yen)
            self._give_back(accounts, points + cashback_yen, due_yen, paid.paid_on)
            self._take_back(campaign_id, paid, points, cashback_yen)

    def _reject(self, paid: Followed, grant: Grant, points: int) -> None:
        campaign_id = grant.campaign_id
        part = min(points, grant.rebate_points - paid.taken.get(campaign_id, 0))
        paid.rejected[campaign_id] = part
        accounts = self.accounts[campaign_id]
        if accounts.campaign.terms.on_return != "keep":
            accounts.budget_yen += part
        self._take_back(campaign_id, paid, part, 0)

    def _take_back(self, campaign_id: UUID, paid: Followed, points: int, cashback_yen: int) -> None:
        if campaign_id == self.tried_id and self._is_counted and (points or cashback_yen):
            person, shop = paid.person.number, paid.shop.number
            self.tally.take_back(self._today, person, shop, points, cashback_yen)

    def _give_back(self, accounts: Accounts, yen: int, due_yen: int, paid_on: date) -> None:
        """What is collected goes to the budget, and opens the payment's day again; the rest is
        owed.
        """
        accounts.due_yen += due_yen
        if accounts.campaign.terms.on_return == "keep":
            return
        accounts.budget_yen += yen - due_yen
        day_budget = accounts.campaign.rules.day_budget
        for counter in accounts.counters:
            if counter.meter is day_budget and counter.period_of(paid_on) == counter.period:
                counter.used[ALL] = max(0, counter.used.get(ALL, 0) - yen + due_yen)


def _what_remains(paid: Followed, refunded_yen: int) -> PaymentFacts:
    """The payment as far as it was not refunded: coin goes back first, as it is used last."""
    return PaymentFacts(
        amount_yen=paid.amount_yen - refunded_yen,
        coin_yen=max(0, paid.coin_yen - refunded_yen),
        business_date=paid.paid_on,
        merchant_class=paid.shop.merchant_class,
    )
