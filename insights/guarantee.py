"""What a cost of the privacy budget means: how well somebody may guess, and (epsilon, delta). Pure.

The noise is Gaussian, so what was paid tells the whole trade-off between two ways of being wrong
(Dong, Roth and Su, 2019): rho is mu² / 2, and costs that add up are one such cost. The noise is
drawn on whole numbers; with a deviation of many thousands that changes no digit that is told here.
"""

from math import ceil, erfc, exp, sqrt
from typing import Final

RHO: Final = 1_000_000_000
"""Costs are whole billionths of rho."""
DELTA: Final = 1e-6
"""For which epsilon is told, unless another is asked for."""
_STEPS: Final = 200
"""Halvings: more than a float has digits."""


def mu_of(cost: int) -> float:
    """How many deviations of the noise one person moves everything that was paid by `cost`."""
    assert cost >= 0, "nothing is given back"
    return sqrt(2 * cost / RHO)


def best_guess(cost: int) -> float:
    """How often the best guess whether somebody took part is right, where both are as likely.

    Of an attacker who knows everything about everybody else; 0.5 is tossing a coin.
    """
    return _below(mu_of(cost) / 2)


def delta_at(cost: int, epsilon: float) -> float:
    """The smallest delta with which it is (epsilon, delta)-private (Balle and Wang, 2018)."""
    mu = mu_of(cost)
    if mu == 0:
        return 0.0
    return _below(mu / 2 - epsilon / mu) - exp(epsilon) * _below(-mu / 2 - epsilon / mu)


def epsilon_at(cost: int, delta: float = DELTA) -> float:
    """The smallest epsilon at `delta`: never less than the true one by more than a float tells."""
    if delta_at(cost, 0.0) <= delta:
        return 0.0
    low, high = 0.0, 1.0
    while delta_at(cost, high) > delta:
        low, high = high, 2 * high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if delta_at(cost, middle) > delta else (low, middle)
    return high


def percent_up(share: float) -> float:
    """A share as per cent with one digit behind the point, rounded up: never a better claim."""
    return ceil(share * 1_000) / 10


def hundredths_up(value: float) -> float:
    """With two digits behind the point, rounded up."""
    return ceil(value * 100) / 100


def rho_text(cost: int) -> str:
    """A cost as rho, exactly: 9,000,000 is 0.009."""
    whole, part = divmod(cost, RHO)
    return f"{whole}.{part:09d}".rstrip("0").rstrip(".") if part else str(whole)


def _below(z: float) -> float:
    """The share of a standard normal distribution below `z`; exact also far out on the left."""
    return erfc(-z / sqrt(2)) / 2
