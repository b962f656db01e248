"""The payments that were made in a region, read from its journal: a source of payments."""

from asyncio import sleep
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from campaigns.rules import LiveCampaign
from core.database import Connection
from ledger.regions import Region
from payments.first_payment import ENOUGH
from simulations.happenings import SLICE, Act, Happenings, Parties, Pause
from simulations.lives import Life, Step
from simulations.parties import Shop
from simulations.past_payment import PastPayment
from simulations.read_parties import read_parties, read_people, read_streets
from simulations.read_payments import read_payments
from simulations.read_refunds import PastRefund, read_refunds
from simulations.read_rejections import PastRejection, read_rejections
from simulations.trial import Trial

PAGE: Final = 4_000
"""Numbers of the journal that are read at once; the next page is on its way meanwhile."""
_MINUTE: Final = 60_000_000
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""PostgreSQL counts microseconds and days from here."""
_FIRST_DAY: Final = date(2000, 1, 1)


@dataclass(slots=True)
class Past:
    """A stretch of a region's journal, after the number `first` and up to `last`.

    Numbers have no gap and entries never change, so pages need no snapshot: each is read by a
    short statement of its own.
    """

    connection: Connection
    region: Region
    first: int
    last: int
    live_from: int
    """The number after which the tried form is live, where it takes nobody's place."""
    tried: LiveCampaign
    instead_of: UUID | None
    lives: Mapping[UUID, Life]
    """Of the campaigns that are replayed: those beside it, and the one whose place it takes."""
    is_budget_replayed: bool
    """Whether the tried form's budget is what that campaign was funded with."""
    is_end_replayed: bool
    """Whether its end is announced when that campaign's was: the form is the same."""
    asks_for_people: bool
    shops: list[Shop] = field(default_factory=list)
    """All of the region, once it was played."""

    async def play(self, trial: Trial, pause: Pause) -> None:
        """Tell the trial all that happened, in the order of the journal."""
        region_id = self.region.region_id
        parties = await read_parties(self.connection, region_id)
        self.shops = list(parties.merchants())
        happenings = Happenings()
        stretch = (self.first, self.last)
        await read_streets(self.connection, region_id, parties, happenings, stretch)
        if self.asks_for_people:
            await read_people(self.connection, region_id, parties, happenings, stretch)
        refunds = await read_refunds(self.connection, region_id, *stretch, set(self.lives))
        rejections = await read_rejections(self.connection, region_id, *stretch, set(self.lives))
        clock = _Clock(self.region)
        followed = {refund.payment_id for refund in refunds}
        followed |= {rejection.payment_id for rejection in rejections}
        for refund in refunds:
            happenings.add(refund.seq, partial(_refund, trial, parties, clock, refund))
        for rejection in rejections:
            happenings.add(rejection.seq, partial(_reject, trial, clock, rejection))
        self._tell_lives(trial, happenings)
        await self._play(trial, parties, clock, followed, happenings.until(), pause)

    def _tell_lives(self, trial: Trial, happenings: Happenings) -> None:
        """Open the campaigns as they stood at the beginning, and tell what became of them."""
        trial.announces = not self.is_end_replayed
        lives = _Lives(trial, {each: life.campaign for each, life in self.lives.items()})
        lives.terms[self.tried.campaign_id] = self.tried
        for campaign_id, life in self.lives.items():
            is_tried = campaign_id == self.instead_of
            if not is_tried:
                trial.open(life.campaign, 0)
            for step in life.steps:
                if not is_tried or self._is_of_tried(step):
                    happenings.add(
                        max(step.seq, self.first), partial(lives.take, campaign_id, step)
                    )
        if self.instead_of is None:
            begins = Step(self.live_from, is_live=True)
            happenings.add(self.live_from, partial(lives.take, self.tried.campaign_id, begins))

    def _is_of_tried(self, step: Step) -> bool:
        """Whether a step of the campaign whose place is taken is one of the tried form, too: its
        versions are not, its fundings unless a budget was said.
        """
        if step.last_day is not None:
            return self.is_end_replayed
        return step.terms is None and (step.funded_yen == 0 or self.is_budget_replayed)

    async def _play(
        self,
        trial: Trial,
        parties: Parties,
        clock: "_Clock",
        followed: Collection[bytes],
        others: Iterator[tuple[int, Act]],
        pause: Pause,
    ) -> None:
        days, minutes = clock.days, clock.minutes
        payers, shops = parties.payers, parties.shops
        done = since = 0
        next_seq, act = next(others, _NEVER)
        pages = read_payments(self.connection, self.region.region_id, self.first, self.last, PAGE)
        async for rows in pages:
            for seq, payment_id, at, day, wallet_id, store_id, amount_yen, coin_yen in rows:
                while next_seq < seq:
                    act()
                    next_seq, act = next(others, _NEVER)
                minute = at // _MINUTE
                person = payers[wallet_id]
                trial.pay(
                    PastPayment(
                        payment_id,
                        person,
                        shops[store_id],
                        days.get(day) or clock.day(day),
                        minutes.get(minute) or clock.minute(minute),
                        amount_yen,
                        coin_yen,
                        payment_id in followed,
                    )
                )
                if person.paid < ENOUGH:
                    person.pay()
                since += 1
                if since == SLICE:
                    done += since
                    since = 0
                    await sleep(0)  # PostgreSQL sends on
                    await pause(done)
        while next_seq <= self.last:
            act()
            next_seq, act = next(others, _NEVER)
        await pause(done + since)


@dataclass(slots=True)
class _Lives:
    """The campaigns that are live at some number of the journal, and their terms there."""

    trial: Trial
    terms: dict[UUID, LiveCampaign]
    live: set[UUID] = field(default_factory=set)

    def take(self, campaign_id: UUID, step: Step) -> None:
        """One of them changes."""
        if step.last_day is not None:
            self.trial.announce(campaign_id, step.last_day)
        elif step.collected_yen:
            self.trial.collect(campaign_id, step.collected_yen)
        elif step.funded_yen:
            self.trial.fund(campaign_id, step.funded_yen)
        else:
            self.terms[campaign_id] = step.terms or self.terms[campaign_id]
            if step.is_live is not None:
                self.live.add(campaign_id) if step.is_live else self.live.discard(campaign_id)
            self.trial.let_live([self.terms[each] for each in self.live])


def _refund(trial: Trial, parties: Parties, clock: "_Clock", refund: PastRefund) -> None:
    day = clock.day((refund.day - _FIRST_DAY).days)
    trial.give_back(refund.payment_id, day, refund.refunded_yen, refund.owed)
    if refund.is_as_if_never_paid:
        parties.payers[refund.wallet_id].unpay()


def _reject(trial: Trial, clock: "_Clock", rejection: PastRejection) -> None:
    day = clock.day((rejection.day - _FIRST_DAY).days)
    trial.reject(rejection.payment_id, day, rejection.points)


def _never() -> None:
    raise AssertionError("nothing is left to happen")


_NEVER: Final[tuple[int, Act]] = (2**63, _never)


class _Clock:
    """Days and minutes as PostgreSQL counts them, on the clocks of the town; each made once."""

    def __init__(self, region: Region) -> None:
        self.days: dict[int, date] = {}
        self.minutes: dict[int, time] = {}
        self._zone = region.zone

    def day(self, number: int) -> date:
        """The day of this number."""
        found = self.days.get(number)
        if found is None:
            found = self.days[number] = _FIRST_DAY + timedelta(days=number)
        return found

    def minute(self, number: int) -> time:
        """The time of day at the beginning of this minute."""
        found = self.minutes.get(number)
        if found is None:
            local = (_EPOCH + timedelta(minutes=number)).astimezone(self._zone)
            found = self.minutes[number] = local.time().replace(second=0, microsecond=0)
        return found
