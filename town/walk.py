"""The walk through a day: takes wishes in order of time and writes them down as acts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Final

from town.acts import Act, OpenWallet, Pay, Refund, ReverseTopUp, Slip, TopUp, Void
from town.draws import DAY_ENDS, MINUTE
from town.people import TOP_UPS_YEN, Resident
from town.purse import Purse
from town.shops import Shop, Streets, lay_out
from town.terms import REBATED_CLASSES

LATE: Final = 22 * 3_600 + 40 * MINUTE
"""From now on nobody waits: a top-up and its payment follow each other at once."""

VALUE_MAX_YEN: Final = 50_000
"""Nobody tops up without need above this; the limit of an unverified wallet is ¥100,000."""


@dataclass(frozen=True, slots=True)
class WantsToPay:
    """A wish: this resident, at this shop, this many yen."""

    resident: int
    shop: int
    amount_yen: int
    funded: bool = False


@dataclass(frozen=True, slots=True)
class WantsTopUp:
    """A wish: the usual top-up, without need."""

    resident: int


@dataclass(frozen=True, slots=True)
class WantsRefund:
    """A wish of a shop: give back `percent` of what remains of a payment; 100 is all of it."""

    payment: Pay
    percent: int


@dataclass(frozen=True, slots=True)
class WantsVoid:
    """A wish of a shop: take a payment back whole, a moment after it."""

    payment: Pay


@dataclass(frozen=True, slots=True)
class Slips:
    """Somebody is about to make this mistake."""

    slip: Slip


Wish = WantsToPay | WantsTopUp | WantsRefund | WantsVoid | Slips


@dataclass(slots=True)
class Citizen:
    """A resident as planned so far; `last` is the number of the last act on the wallet."""

    who: Resident
    purse: Purse
    opened: bool
    last: int | None = None
    busy_until: int = 0

    def after(self) -> tuple[int, ...]:
        """What the next act on this wallet waits for."""
        return () if self.last is None else (self.last,)


@dataclass(slots=True)
class Walk:
    """The state of the walk. `seen` are the residents with a wallet who have acted, in order."""

    rng: Random
    citizens: tuple[Citizen, ...]
    streets: Streets
    acts: list[Act] = field(default_factory=list)
    payments: list[Pay] = field(default_factory=list)
    top_ups: list[TopUp] = field(default_factory=list)
    seen: list[Citizen] = field(default_factory=list)
    _wishes: list[tuple[int, int, Wish]] = field(default_factory=list)
    _wished: int = 0

    def wish(self, second: int, wish: Wish) -> None:
        """Put a wish down for a second of the day."""
        heappush(self._wishes, (second, self._wished, wish))
        self._wished += 1

    def next_wish(self) -> tuple[int, Wish] | None:
        """Take the earliest wish that is left."""
        if not self._wishes:
            return None
        second, _, wish = heappop(self._wishes)
        return second, wish

    def shop(self, number: int) -> Shop:
        """The shop with this number."""
        return self.streets.shops[number]


def begin(people: Sequence[Resident], shops: Sequence[Shop], rng: Random) -> Walk:
    """Everybody at home in the morning, with what the wallet held before."""
    citizens = tuple(
        Citizen(who, Purse(coin_yen=who.opening_yen), opened=not who.newcomer) for who in people
    )
    return Walk(rng, citizens, lay_out(shops))


def pay(walk: Walk, second: int, wish: WantsToPay) -> Pay | None:
    """Pay when there is enough, else top up and come back in some minutes (then None)."""
    citizen = walk.citizens[wish.resident]
    if second < citizen.busy_until and second < LATE and not wish.funded:
        walk.wish(citizen.busy_until + walk.rng.randint(1, MINUTE), wish)
        return None
    _see(walk, second, citizen)
    short_yen = wish.amount_yen - citizen.purse.coin_yen - citizen.purse.points
    if short_yen > 0:
        enough_yen = min(yen for yen in TOP_UPS_YEN if yen >= short_yen)
        _top_up(walk, second, citizen, max(citizen.who.habit_yen, enough_yen))
        if second < LATE:
            citizen.busy_until = second + walk.rng.randint(MINUTE, 10 * MINUTE)
            again = WantsToPay(wish.resident, wish.shop, wish.amount_yen, funded=True)
            walk.wish(citizen.busy_until, again)
            return None
    rebated = walk.shop(wish.shop).merchant_class in REBATED_CLASSES
    sale = citizen.purse.pay(len(walk.acts), wish.amount_yen, rebated=rebated)
    act = Pay(
        number=len(walk.acts),
        second=second,
        after=citizen.after(),
        resident=wish.resident,
        wallet_of=wish.resident,
        shop=wish.shop,
        amount_yen=wish.amount_yen,
        coin_yen=sale.coin_yen,
        rebate_points=sale.rebate_points,
        double_tap=walk.rng.randrange(200) == 0,
    )
    _note(walk, citizen, act)
    walk.payments.append(act)
    return act


def top_up(walk: Walk, second: int, wish: WantsTopUp) -> None:
    """Top up by habit, unless the wallet holds plenty."""
    citizen = walk.citizens[wish.resident]
    if citizen.purse.coin_yen + citizen.purse.points > VALUE_MAX_YEN:
        return
    _see(walk, second, citizen)
    _top_up(walk, second, citizen, citizen.who.habit_yen)


def refund(walk: Walk, second: int, wish: WantsRefund) -> None:
    """Give back a part, or with 100 percent all that remains; nothing when nothing remains."""
    citizen = walk.citizens[wish.payment.resident]
    remaining_yen = citizen.purse.sales[wish.payment.number].remaining_yen
    returns_yen = remaining_yen if wish.percent == 100 else remaining_yen * wish.percent // 100
    if returns_yen == 0:
        return
    act = Refund(
        number=len(walk.acts),
        second=second,
        after=citizen.after(),
        payment=wish.payment.number,
        resident=wish.payment.resident,
        shop=wish.payment.shop,
        amount_yen=None if wish.percent == 100 else returns_yen,
        returns_yen=returns_yen,
    )
    citizen.purse.refund(wish.payment.number, returns_yen)
    _note(walk, citizen, act)


def void(walk: Walk, second: int, wish: WantsVoid) -> None:
    """Take a payment back whole; nothing when some of it was refunded already."""
    citizen = walk.citizens[wish.payment.resident]
    sale = citizen.purse.sales[wish.payment.number]
    if sale.refunded_yen:
        return
    act = Void(
        number=len(walk.acts),
        second=second,
        after=citizen.after(),
        payment=wish.payment.number,
        resident=wish.payment.resident,
        shop=wish.payment.shop,
        returns_yen=sale.remaining_yen,
    )
    citizen.purse.refund(wish.payment.number, sale.remaining_yen)
    _note(walk, citizen, act)


def reverse_top_ups(walk: Walk, count: int) -> None:
    """The provider's evening list: some of the day's top-ups are taken back, one a person."""
    by_person = {top_up.resident: top_up for top_up in walk.top_ups}
    chosen = walk.rng.sample(list(by_person.values()), min(count, len(by_person)))
    for place, taken in enumerate(chosen):
        assert taken.resident is not None, "a top-up into suspense is never on the list"
        citizen = walk.citizens[taken.resident]
        act = ReverseTopUp(
            number=len(walk.acts),
            second=DAY_ENDS - 4 * MINUTE + place * 2 * MINUTE // len(chosen),
            after=citizen.after(),
            top_up=taken.number,
            resident=taken.resident,
            amount_yen=taken.amount_yen,
        )
        citizen.purse.reverse(taken.amount_yen)
        _note(walk, citizen, act)


def _see(walk: Walk, second: int, citizen: Citizen) -> None:
    """A newcomer opens the wallet when first seen."""
    if citizen.opened and citizen.last is None:
        walk.seen.append(citizen)
    if citizen.opened:
        return
    act = OpenWallet(number=len(walk.acts), second=second, resident=citizen.who.number)
    citizen.opened = True
    walk.seen.append(citizen)
    _note(walk, citizen, act)


def _top_up(walk: Walk, second: int, citizen: Citizen, amount_yen: int) -> None:
    act = TopUp(
        number=len(walk.acts),
        second=second,
        after=citizen.after(),
        resident=citizen.who.number,
        amount_yen=amount_yen,
    )
    citizen.purse.top_up(amount_yen)
    _note(walk, citizen, act)
    walk.top_ups.append(act)


def _note(walk: Walk, citizen: Citizen, act: Act) -> None:
    walk.acts.append(act)
    citizen.last = act.number
