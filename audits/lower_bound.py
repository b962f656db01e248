"""How far apart two distributions are at least, by samples of both: a lower bound of mu."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, norm

Floats = NDArray[np.float64]
CONFIDENCE: Final = 0.999
_CHOSEN_BY: Final = 10
"""Every tenth run chooses the test, and the others judge it: nothing is chosen by what is told."""


def least_mu(without: Floats, beside: Floats, confidence: float = CONFIDENCE) -> float:
    """A mu that the two surely have (at `confidence`, Clopper and Pearson): statistics by run.

    Without and with the person; where a statistic is large, the person is guessed to be there. The
    best of the statistics, and of the thresholds, is chosen by runs that do not count afterwards.
    """
    chosen = [each[:, : each.shape[1] // _CHOSEN_BY] for each in (without, beside)]
    which, threshold = _choose(chosen[0], chosen[1])
    left = [each[which, each.shape[1] // _CHOSEN_BY :] for each in (without, beside)]
    return max(0.0, _mu(left[0], left[1], threshold, confidence))


def _choose(without: Floats, beside: Floats) -> tuple[int, float]:
    best, found = -np.inf, (0, 0.0)
    for which, both in enumerate(np.concatenate((without, beside), axis=1)):
        for threshold in np.unique(np.quantile(both, np.linspace(0.05, 0.95, 37))):
            mu = _mu(without[which], beside[which], threshold, CONFIDENCE)
            if mu > best:
                best, found = mu, (which, float(threshold))
    return found


def _mu(without: Floats, beside: Floats, threshold: float, confidence: float) -> float:
    """By how often the threshold is wrong at most, in both ways."""
    error = (1 - confidence) / 2
    false_alarms = _at_most(int((without >= threshold).sum()), without.size, error)
    misses = _at_most(int((beside < threshold).sum()), beside.size, error)
    return float(norm.ppf(1 - false_alarms) - norm.ppf(misses))


def _at_most(found: int, of: int, error: float) -> float:
    return 1.0 if found == of else float(beta.ppf(1 - error, found + 1, of - found))
