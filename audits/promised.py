"""What the budget promises, computed by another library beside the product's own figures."""

from dataclasses import dataclass
from typing import Final

from dp_accounting.pld import privacy_loss_distribution

from insights.gate import smallest_estimate
from insights.guarantee import DELTA, best_guess, epsilon_at, mu_of, rho_text
from insights.mechanism import MECHANISMS, QUARTERLY_COST, WEEKLY_COST, YEAR_CAP

_STEP: Final = 1e-4
"""Of the other library's grid: its epsilon is rounded up by as much for each release it adds."""
_PERIODS: Final = (
    ("a week's tables", WEEKLY_COST),
    ("a quarter's patterns", QUARTERLY_COST),
    ("a year, all of it", YEAR_CAP),
)


@dataclass(frozen=True, slots=True)
class Promise:
    """Of one period."""

    period: str
    cost: int
    epsilon: float
    epsilon_of_other: float
    best_guess: float

    @property
    def is_sound(self) -> bool:
        """The other library comes to the same, but for its grid."""
        return abs(self.epsilon - self.epsilon_of_other) <= 20 * _STEP

    def as_json(self) -> dict[str, str | float]:
        """With rho as text: it is exact."""
        return {
            "period": self.period,
            "rho": rho_text(self.cost),
            "epsilon": round(self.epsilon, 4),
            "epsilon_dp_accounting": round(self.epsilon_of_other, 4),
            "delta": DELTA,
            "best_guess": round(self.best_guess, 4),
        }


def promises() -> list[Promise]:
    """Of each period, by the costs as they are charged."""
    return [
        Promise(period, cost, epsilon_at(cost), _other_epsilon(cost), best_guess(cost))
        for period, cost in _PERIODS
    ]


def gates() -> dict[str, dict[str, float]]:
    """From which estimate on a segment of one cell may be written to, by table."""
    return {
        name: {
            "sigma_payers": round(each.sigma_payers_milli / 1_000, 3),
            "fewest_payers": each.fewest_payers,
            "gate": smallest_estimate(name),
        }
        for name, each in MECHANISMS.items()
    }


def _other_epsilon(cost: int) -> float:
    losses = privacy_loss_distribution.from_gaussian_mechanism(
        1 / mu_of(cost), value_discretization_interval=_STEP
    )
    return float(losses.get_epsilon_for_delta(DELTA))
