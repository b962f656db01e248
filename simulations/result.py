"""What a simulation comes to, as JSON: exact figures, for those who keep the books."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, Literal

from campaigns.facts import WHOLE_BP
from campaigns.terms import terms_hash
from simulations.asked import Asked
from simulations.meters import Accounts, Key
from simulations.parties import Shop
from simulations.spread import Spread, spread_of
from simulations.tally import Day, Tally
from simulations.trial import Trial

Json = dict[str, Any]
PERCENTILES: Final = (10, 50, 90, 99)
"""Of people, by the points that each got: so many in a hundred got no more."""


def result_of(asked: Asked, trial: Trial, shops: Iterable[Shop]) -> Json:
    """Amounts in yen, 1 point is 1 yen; days of the region's zone."""
    tally, accounts = trial.tally, trial.accounts[trial.tried_id]
    points = sorted(points for points in tally.points_of.values() if points > 0)
    days = _days(tally.days, asked)
    demand = _days(trial.demand.tally.days, asked) if trial.demand else days
    budget_yen = accounts.funded_yen if trial.is_limited else None
    spread = spread_of(asked.from_day, [day.cost_yen for day in demand], budget_yen)
    seen = list(shops)
    return {
        "form_hash": terms_hash(asked.terms).hex(),
        "from_day": asked.from_day.isoformat(),
        "to_day": asked.to_day.isoformat(),
        "multiplier_bp": asked.multiplier_bp,
        "budget_yen": budget_yen,
        "budget_left_yen": accounts.budget_yen if trial.is_limited else None,
        "payments": tally.payments,
        "payments_granted": tally.payments_granted,
        "people_served": len(tally.served),
        "people_granted": len(points),
        "people_unknown": len(tally.unknown),
        "rebate_points": tally.rebate_points,
        "cashback_yen": tally.cashback_yen,
        "taken_points": tally.taken_points,
        "taken_cashback_yen": tally.taken_cashback_yen,
        "cost_yen": sum(day.cost_yen for day in days),
        "demand_yen": sum(day.cost_yen for day in demand),
        "ends_on": _iso(tally.emptied_on),
        "interval": _interval(spread),
        "at_cap": _at_cap(accounts),
        "by_class": _shares(tally, seen, "merchant_class"),
        "by_area": _shares(tally, seen, "area"),
        "per_person": _per_person(points),
        "days": [
            {
                "day": (asked.from_day + timedelta(days=number)).isoformat(),
                "granted_yen": day.granted_yen,
                "taken_back_yen": day.taken_back_yen,
            }
            for number, day in enumerate(days)
        ],
    }


def percentile(ordered: Sequence[int], of_hundred: int) -> int:
    """The smallest value that so many in a hundred do not exceed."""
    return ordered[-(-len(ordered) * of_hundred // 100) - 1]


def _days(days: Mapping[date, Day], asked: Asked) -> list[Day]:
    many = (asked.to_day - asked.from_day).days + 1
    each = (asked.from_day + timedelta(days=number) for number in range(many))
    return [days.get(day, Day()) for day in each]


def _interval(spread: Spread | None) -> Json | None:
    if spread is None:
        return None
    return {
        "low_yen": spread.low_yen,
        "high_yen": spread.high_yen,
        "earliest_end_on": _iso(spread.earliest_on),
        "latest_end_on": _iso(spread.latest_on),
    }


def _at_cap(accounts: Accounts) -> list[Json]:
    """How many people had used up each cap, in some period of it."""
    told = []
    for counter in accounts.counters:
        if counter.meter.cap is not None and not counter.meter.is_of_all:
            people = {_person(key) for key in counter.full | counter.at_cap()}
            told.append({"cap": counter.meter.name, "people": len(people)})
    return told


def _person(key: Key) -> int:
    return key if isinstance(key, int) else key[0]


def _shares(
    tally: Tally, shops: Sequence[Shop], by: Literal["merchant_class", "area"]
) -> list[Json]:
    sums: dict[str, list[int]] = {}
    for shop in shops:
        yen = tally.yen_of.get(shop.number)
        if yen is not None:
            cell = sums.setdefault(getattr(shop, by) or "", [0, 0])
            cell[0] += yen
            cell[1] += 1
    whole = sum(yen for yen, _ in sums.values())
    return [
        {
            by: name,
            "cost_yen": yen,
            "share_bp": yen * WHOLE_BP // whole if whole > 0 else 0,
            "shops": many,
        }
        for name, (yen, many) in sorted(sums.items())
    ]


def _per_person(points: Sequence[int]) -> Json | None:
    """Of those who got any; None where nobody did."""
    if not points:
        return None
    return {
        "average_points": sum(points) // len(points),
        **{f"p{each}_points": percentile(points, each) for each in PERCENTILES},
        "most_points": points[-1],
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
