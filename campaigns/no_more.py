"""Whether an effect never gives more than another one, whatever the amount and the shop."""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic_core import PydanticCustomError

from campaigns.effects import Effect, Share, earned_by_tiers, share_of

_ROUNDING: Final = ("floor", "nearest", "ceiling")


def check_no_more(later: Effect, first_name: str, first: Effect | None) -> None:
    """Raises PydanticCustomError, which names the first, where `later` may give more than `first`.

    Both are said in one way, so that it can be told by looking: rates class by class, steps at
    each step, tiers at each edge, month tiers at each rate (they begin anywhere).
    """
    said = {"first": first_name}
    if first is None or way_of(later) != way_of(first) or later.on != first.on:
        raise PydanticCustomError(
            "another_way", "must be said in the way of {first}, with the same on", said
        )
    is_rounded_up = _ROUNDING.index(later.rounding) > _ROUNDING.index(first.rounding)
    one, other = share_of(later), share_of(first)
    assert one is not None
    assert other is not None
    if is_rounded_up or not _gives_no_more(one, other):
        raise PydanticCustomError("gives_more", "must never give more than {first}", said)


def way_of(effect: Effect) -> str:
    """The one way in which an effect is said, by the name of its field."""
    names = [name for name in type(effect).model_fields if name not in {"on", "rounding"}]
    return next(name for name in names if getattr(effect, name) is not None)


def _gives_no_more(later: Share, first: Share) -> bool:
    if later.rates_bp is not None and first.rates_bp is not None:
        return _is_below(later.rates_bp, first.rates_bp)
    if later.fixed is not None and first.fixed is not None:
        return _is_below(later.fixed, first.fixed)
    if later.steps:
        return all(gives <= _step(first.steps, from_yen) for from_yen, gives in later.steps)
    if later.tiers:
        edges = [above for above, _ in (*later.tiers, *first.tiers)]
        is_below = all(
            earned_by_tiers(later.tiers, yen) <= earned_by_tiers(first.tiers, yen) for yen in edges
        )
        return is_below and later.tiers[-1][1] <= first.tiers[-1][1]
    edges = [above for above, _ in (*later.month_tiers, *first.month_tiers)]
    return all(_rate(later.month_tiers, yen) <= _rate(first.month_tiers, yen) for yen in edges)


def _is_below(later: Mapping[str, int], first: Mapping[str, int]) -> bool:
    return all(amount <= first[name] for name, amount in later.items())


def _step(steps: Sequence[tuple[int, int]], yen: int) -> int:
    return max((gives for from_yen, gives in steps if from_yen <= yen), default=0)


def _rate(tiers: Sequence[tuple[int, int]], yen: int) -> int:
    return [rate_bp for above, rate_bp in tiers if above <= yen][-1]
