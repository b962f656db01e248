"""What an amount earns before any limit, as SQL: the part of forms_as_sql.py about effects."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Form = Mapping[str, Any]

CLASSES: Final = ("street_member", "small", "convenience", "large")
ROUND: Final = {"floor": "floor", "nearest": "round", "ceiling": "ceil"}


def sql_of_bonus(bonus: Form) -> str:
    """Of a top-up: its amount is all that counts."""
    base = "p.amount_yen"
    if "fixed_points" in bonus:
        return str(bonus["fixed_points"])
    if "steps" in bonus:
        return _stepped(bonus["steps"], base)
    rate_bp = bonus.get("rate_bp", 0)
    parts = _of_parts(bonus["tiers"], "0", base) if "tiers" in bonus else f"{base} * {rate_bp}"
    return f"{ROUND[bonus.get('rounding', 'floor')]}(({parts}) / 10000.0)"


def sql_of_effect(effect: Form, spent: str) -> str:
    """Of a payment; `spent` is what the person spent in the month so far."""
    base = "p.amount_yen" if effect.get("on", "coin") == "whole" else "p.coin_yen"
    rounded = ROUND[effect.get("rounding", "floor")]
    if "fixed" in effect:
        return _by_class(effect["fixed"])
    if "steps" in effect:
        return _stepped(effect["steps"], base)
    if "rates_bp" in effect:
        parts = f"{base} * {_by_class(effect['rates_bp'])}"
    elif "tiers" in effect:
        parts = _of_parts(effect["tiers"], "0", base)
    else:
        parts = _of_parts(effect["month_tiers"], spent, f"({spent} + {base})")
    return f"{rounded}(({parts}) / 10000.0)"


def _stepped(steps: Sequence[Form], base: str) -> str:
    whens = (f"WHEN {base} >= {step['from_yen']} THEN {step['gives']}" for step in steps[::-1])
    return f"CASE {' '.join(whens)} ELSE 0 END"


def _of_parts(tiers: Sequence[Form], begin: str, end: str) -> str:
    """For each tier its rate times what of begin to end lies in it."""
    tops = [str(tier["above_yen"]) for tier in tiers[1:]] + [end]
    return " + ".join(
        f"{tier['rate_bp']}"
        f" * greatest(0, least({end}, {top}) - greatest({begin}, {tier['above_yen']}))"
        for tier, top in zip(tiers, tops, strict=True)
    )


def _by_class(amounts: Form) -> str:
    whens = (f"WHEN '{name}' THEN {amounts[name]}" for name in CLASSES)
    return f"CASE p.merchant_class {' '.join(whens)} ELSE 0 END"
