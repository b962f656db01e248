"""Student's t: how many standard errors a 95 % interval has on each side."""

from typing import Final

_NORMAL: Final = 1.959964
_BY_FREEDOM: Final = (
    *(12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157),
    *(2.228139, 2.200985, 2.178813, 2.160369, 2.144787, 2.131450, 2.119905, 2.109816, 2.100922),
    *(2.093024, 2.085963, 2.079614, 2.073873, 2.068658, 2.063899, 2.059539, 2.055529, 2.051831),
    *(2.048407, 2.045230, 2.042272),
)
"""Quantiles of 97.5 %, for 1 to 30 degrees of freedom."""


def quantile(freedom: int) -> float:
    """The 97.5 % quantile, to a thousandth; above 30 degrees by the expansion around the normal."""
    assert freedom >= 1, "a variance was estimated from something"
    if freedom <= len(_BY_FREEDOM):
        return _BY_FREEDOM[freedom - 1]
    cubed = (_NORMAL**3 + _NORMAL) / (4 * freedom)
    fifth = (5 * _NORMAL**5 + 16 * _NORMAL**3 + 3 * _NORMAL) / (96 * freedom**2)
    return _NORMAL + cubed + fifth
