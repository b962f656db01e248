"""Tell in words what a simulation came to: a line for each figure, amounts in yen."""

from typing import Any


def in_words(result: dict[str, Any]) -> str:
    """Exact figures, those that are asked for first at the top."""
    interval = result["interval"]
    payments, granted = result["payments"], result["payments_granted"]
    lines = [
        f"{payments:,} payments from {result['from_day']} to {result['to_day']}",
        f"{granted:,} of them were granted for",
        f"cost: ¥{result['cost_yen']:,}; if no budget ended: ¥{result['demand_yen']:,}",
    ]
    if interval is not None:
        lines.append(f"  nine in ten: ¥{interval['low_yen']:,} to ¥{interval['high_yen']:,}")
    if result["budget_yen"] is not None:
        lines.append(f"budget: ¥{result['budget_yen']:,}; ends on {result['ends_on'] or 'no day'}")
    if interval is not None and result["budget_yen"] is not None:
        earliest, latest = (interval[f"{each}_end_on"] for each in ("earliest", "latest"))
        lines.append(f"  nine in ten: {earliest or 'no day'} to {latest or 'no day'}")
    lines += _of_people(result)
    for by, cells in (("merchant_class", result["by_class"]), ("area", result["by_area"])):
        for each in cells:
            share = f"{each['share_bp'] // 100}.{each['share_bp'] % 100:02} %"
            lines.append(f"{each[by]}: ¥{each['cost_yen']:,}, {share}")
    return "\n".join(lines)


def _of_people(result: dict[str, Any]) -> list[str]:
    lines = []
    points = result["per_person"]
    if points is not None:
        average, half = points["average_points"], points["p50_points"]
        tails = f"{points['p90_points']:,} for 90 %, {points['p99_points']:,} for 99 %"
        lines.append(f"{result['people_granted']:,} people: {average:,} points on average")
        lines.append(f"  no more than {half:,} for 50 %, {tails}")
    caps = [(each["cap"], each["people"]) for each in result["at_cap"]]
    lines += [f"at the cap named {cap}: {people:,} people" for cap, people in caps]
    if result["people_unknown"]:
        lines.append(f"{result['people_unknown']:,} people are not known any more")
    return lines
