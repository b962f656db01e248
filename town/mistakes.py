"""The mistakes of a day: each Slip as an act, on whatever the day has brought so far."""

from bisect import bisect_left
from collections.abc import Callable
from typing import Final

from town.acts import Act, Pay, Redeliver, Refund, Replay, Slip, TopUp
from town.draws import HOUR, MINUTE, draw_amount
from town.shops import Shop
from town.walk import Citizen, Slips, Walk

LAST_TRY: Final = 22 * HOUR + 30 * MINUTE
_PAY_SLIPS: Final = frozenset(
    {
        Slip.OVER_BALANCE,
        Slip.AMOUNT_ZERO,
        Slip.AMOUNT_DECIMAL,
        Slip.AMOUNT_TEXT,
        Slip.OTHERS_WALLET,
        Slip.UNKNOWN_SHOP,
        Slip.DAMAGED_QR,
        Slip.WRONG_FACE,
        Slip.EXPIRED_TOKEN,
    }
)
_TRIES: Final = 40


def slip(walk: Walk, second: int, wish: Slips) -> None:
    """Write the mistake down; when the day has nothing for it yet, try again half an hour later."""
    act = _MAKERS.get(wish.slip, _pay)(walk, second, wish.slip)
    if act is not None:
        walk.acts.append(act)
    elif second + 30 * MINUTE <= LAST_TRY:
        walk.wish(second + 30 * MINUTE, wish)


def _pay(walk: Walk, second: int, mistake: Slip) -> Act | None:
    assert mistake in _PAY_SLIPS, mistake
    payer = _someone(walk)
    owner = _someone_else(walk, payer) if mistake is Slip.OTHERS_WALLET else payer
    if payer is None or owner is None:
        return None
    shop = walk.streets.draw(walk.rng, None)
    act = Pay(
        number=len(walk.acts),
        second=second,
        after=tuple(sorted({*payer.after(), *owner.after()})),
        slip=mistake,
        resident=payer.who.number,
        wallet_of=owner.who.number,
        shop=shop.number,
        amount_yen=_amount(walk, payer, shop, mistake),
    )
    payer.last = act.number
    return act


def _amount(walk: Walk, payer: Citizen, shop: Shop, mistake: Slip) -> int:
    """One yen to 500 more than the wallet holds, or an amount like any other."""
    if mistake is Slip.OVER_BALANCE:
        return payer.purse.coin_yen + payer.purse.points + walk.rng.randint(1, 500)
    return draw_amount(shop.category.median_yen, walk.rng)


def _replay(walk: Walk, second: int, mistake: Slip) -> Act | None:
    """On a payment of not long ago: when the town is late, an id of the morning may be too old."""
    payment = _payment(walk, second - 2 * HOUR)
    if payment is None:
        return None
    return Replay(
        number=len(walk.acts),
        second=second,
        after=(payment.number,),
        slip=mistake,
        payment=payment.number,
        resident=payment.resident,
        shop=payment.shop,
        amount_yen=payment.amount_yen + walk.rng.randint(1, 500),
    )


def _refund_over(walk: Walk, second: int, mistake: Slip) -> Act | None:
    payment = _payment(walk)
    if payment is None:
        return None
    citizen = walk.citizens[payment.resident]
    remaining_yen = citizen.purse.sales[payment.number].remaining_yen
    if remaining_yen == 0:
        return None
    over_yen = remaining_yen + walk.rng.randint(1, 500)
    return _refund(walk, second, mistake, payment, payment.shop, over_yen)


def _refund_elsewhere(walk: Walk, second: int, mistake: Slip) -> Act | None:
    payment = _payment(walk)
    others = len(walk.streets.shops)
    if payment is None or others < 2:
        return None
    other = (payment.shop + walk.rng.randrange(1, others)) % others
    return _refund(walk, second, mistake, payment, other, 1)


def _refund(
    walk: Walk, second: int, mistake: Slip, payment: Pay, shop: int, amount_yen: int
) -> Refund:
    citizen = walk.citizens[payment.resident]
    act = Refund(
        number=len(walk.acts),
        second=second,
        after=citizen.after(),
        slip=mistake,
        payment=payment.number,
        resident=payment.resident,
        shop=shop,
        amount_yen=amount_yen,
        returns_yen=0,
    )
    citizen.last = act.number
    return act


def _forge(walk: Walk, second: int, mistake: Slip) -> Act | None:
    payer = _someone(walk)
    if payer is None:
        return None
    return TopUp(
        number=len(walk.acts),
        second=second,
        after=payer.after(),
        slip=mistake,
        resident=payer.who.number,
        amount_yen=payer.who.habit_yen,
    )


def _unknown_wallet(walk: Walk, second: int, mistake: Slip) -> Act | None:
    amount_yen = walk.rng.choice(walk.citizens).who.habit_yen
    return TopUp(
        number=len(walk.acts),
        second=second,
        slip=mistake,
        resident=None,
        amount_yen=amount_yen,
    )


def _redeliver(walk: Walk, second: int, mistake: Slip) -> Act | None:
    if not walk.top_ups:
        return None
    again = walk.rng.choice(walk.top_ups)
    return Redeliver(
        number=len(walk.acts),
        second=second,
        after=(again.number,),
        slip=mistake,
        top_up=again.number,
    )


def _someone(walk: Walk) -> Citizen | None:
    return walk.rng.choice(walk.seen) if walk.seen else None


def _someone_else(walk: Walk, but: Citizen | None) -> Citizen | None:
    others = (_someone(walk) for _ in range(_TRIES))
    return next((other for other in others if other is not but), None)


def _payment(walk: Walk, since: int = 0) -> Pay | None:
    """One of the payments that were made at `since` or later."""
    payments = walk.payments[bisect_left(walk.payments, since, key=lambda pay: pay.second) :]
    return walk.rng.choice(payments) if payments else None


_MAKERS: Final[dict[Slip, Callable[[Walk, int, Slip], Act | None]]] = {
    Slip.CHANGED_REPLAY: _replay,
    Slip.REFUND_OVER: _refund_over,
    Slip.REFUND_ELSEWHERE: _refund_elsewhere,
    Slip.FORGED_WEBHOOK: _forge,
    Slip.UNKNOWN_WALLET: _unknown_wallet,
    Slip.REDELIVERED: _redeliver,
}
