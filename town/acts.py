"""The acts of a day: what somebody does at a town time, and what it waits for."""

from dataclasses import dataclass
from enum import Enum


class Slip(Enum):
    """Something wrong, and how it must be met (see wire.DUE): refused, or taken without harm."""

    OVER_BALANCE = "pays more than the balance"
    AMOUNT_ZERO = "pays the amount 0"
    AMOUNT_DECIMAL = "pays the amount 1.0"
    AMOUNT_TEXT = 'pays the amount "100"'
    OTHERS_WALLET = "pays from another person's wallet"
    UNKNOWN_SHOP = "pays a shop that does not exist"
    DAMAGED_QR = "reads a damaged QR"
    CHANGED_REPLAY = "sends an id again with another amount"
    WRONG_FACE = "pays with a shop's token"
    EXPIRED_TOKEN = "pays with an expired token"  # noqa: S105  this is a sentence
    REFUND_OVER = "refunds more than was paid"
    REFUND_ELSEWHERE = "refunds a payment of another shop"
    FORGED_WEBHOOK = "delivers a webhook with a wrong signature"
    REDELIVERED = "delivers a webhook twice"
    UNKNOWN_WALLET = "tops up an unknown wallet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What all acts have in common.

    `number` is the place in the plan, `second` the town time in seconds after midnight, `after`
    the numbers of the acts whose answers must be there first. `slip` is None for an act that must
    succeed.
    """

    number: int
    second: int
    after: tuple[int, ...] = ()
    slip: Slip | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWallet(Act):
    """A newcomer opens the wallet."""

    resident: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp(Act):
    """The provider reports a top-up by webhook; `resident` is None for a wallet nobody has."""

    resident: int | None
    amount_yen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeliver(Act):
    """The provider sends the webhook of an earlier TopUp again, unchanged."""

    top_up: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseTopUp(Act):
    """The provider takes an earlier TopUp back."""

    top_up: int
    resident: int
    amount_yen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay(Act):
    """A resident reads a shop's QR and pays; `double_tap` sends the same request twice at once.

    With Slip.OTHERS_WALLET the wallet is that of `wallet_of`, else `wallet_of` is the resident.
    `coin_yen` and `rebate_points` are what the town's own arithmetic expects of the answer.
    """

    resident: int
    wallet_of: int
    shop: int
    amount_yen: int
    coin_yen: int = 0
    rebate_points: int = 0
    double_tap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay(Act):
    """A resident sends the id of an earlier Pay again with another amount."""

    payment: int
    resident: int
    shop: int
    amount_yen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(Act):
    """A shop refunds `returns_yen` of a Pay; `amount_yen` None asks for all that remains."""

    payment: int
    resident: int
    shop: int
    amount_yen: int | None
    returns_yen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Void(Act):
    """A shop takes back a Pay of a moment ago, whole."""

    payment: int
    resident: int
    shop: int
    returns_yen: int
