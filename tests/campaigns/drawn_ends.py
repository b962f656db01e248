"""Ends of budgets drawn at random for a form: what it steps down to is a part of what it gives."""

from random import Random
from typing import Any

Json = dict[str, Any]


def draw_near_end(chance: Random, form: Json) -> Json:
    """A step down or a scheduled end that this form may say."""
    if chance.random() < 0.3:
        return {"scheduled_end": {"at_used_bp": 8000, "notice_days": 7}}
    gives = [name for name in ("rebate", "cashback") if name in form]
    names = chance.sample(gives, chance.randint(1, len(gives)))
    later = {name: lowered(form[name], chance.choice([0, 3, 5, 10])) for name in names}
    return {"step_down": {"at_used_bp": chance.choice([1, 80, 2000, 8000]), **later}}


def lowered(effect: Json, tenths: int) -> Json:
    """The same effect with so many tenths of each rate and amount."""

    def less(amount: int) -> int:
        return amount * tenths // 10

    way, said = next((way, said) for way, said in effect.items() if way not in {"on", "rounding"})
    if isinstance(said, dict):
        part: Any = {name: less(amount) for name, amount in said.items()}
    elif way == "steps":
        part = [{**step, "gives": max(1, less(step["gives"]))} for step in said]
    else:
        part = [{**tier, "rate_bp": less(tier["rate_bp"])} for tier in said]
    return {**effect, way: part}
