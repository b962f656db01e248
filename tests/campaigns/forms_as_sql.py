"""What campaigns grant, as one SELECT: a second opinion, written from docs/RULES.md, section 3.

It knows forms as JSON and payments as rows, and none of the code that decides. A row of `payment`
has the facts under their own names. What was used so far stands in arrays, one place for each
campaign: the budget that is left, and what the person was granted, has spent and has paid.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from tests.campaigns.effects_as_sql import CLASSES, Form, sql_of_bonus, sql_of_effect

FACTS: Final = {
    "amount_yen": "bigint",
    "coin_yen": "bigint",
    "business_date": "date",
    "clock": "time",
    "merchant_class": "text",
    "merchant_id": "uuid",
    "category": "text",
    "shop_area": "text",
    "street": "text",
    "mode": "text",
    "tier": "text",
    "person_area": "text",
    "is_person_area_verified": "boolean",
    "age_band": "text",
    "is_age_band_verified": "boolean",
    "is_first_payment": "boolean",
}
USED: Final = (
    "budget",
    "budget_day",
    "day",
    "month",
    "campaign",
    "merchant",
    "day_times",
    "campaign_times",
    "month_spend",
    "stamps",
    "visits",
    "funded",
    "last_day",
)
CREATE: Final = "CREATE TEMP TABLE payment (n integer, {})".format(
    ", ".join([f"{n} {t}" for n, t in FACTS.items()] + [f"{n} bigint[]" for n in USED])
)
CAPS: Final = {
    "per_person_day_points": "day",
    "per_person_month_points": "month",
    "per_person_campaign_points": "campaign",
    "per_person_merchant_points": "merchant",
}
TIMES: Final = {"per_person_day_times": "day_times", "per_person_campaign_times": "campaign_times"}
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def select_grants(forms: Sequence[Form]) -> str:
    """For each payment its n, and for each form, as they are given, points and yen of cashback.

    An older campaign stands before a newer one.
    """
    steps, granted = [], "0"
    for unit in _units(forms):
        steps += [
            f"LATERAL (SELECT {_applies(forms[i], i)} AS applies, {_points(forms[i], i, granted)}"
            f" AS points OFFSET 0) r{i}, LATERAL (SELECT {_yen(forms[i], i)} AS yen OFFSET 0) s{i}"
            for i in unit
        ]
        name = f"w{unit[0]}"
        points = " ".join(f"WHEN {i} THEN r{i}.points" for i in unit)
        steps.append(f"LATERAL (SELECT {_winner(forms, unit)} AS who OFFSET 0) {name}")
        steps.append(
            f"LATERAL (SELECT {granted} + CASE {name}.who {points} ELSE 0 END AS points OFFSET 0)"
            f" g{unit[0]}"
        )
        granted = f"g{unit[0]}.points"
    told = [
        f"CASE WHEN w{unit[0]}.who = {i} THEN {what} ELSE 0 END::bigint"
        for i, unit in sorted((i, unit) for unit in _units(forms) for i in unit)
        for what in (f"r{i}.points", f"s{i}.yen")
    ]
    return f"SELECT p.n, {', '.join(told)} FROM payment p, {', '.join(steps)} ORDER BY p.n"


def _units(forms: Sequence[Form]) -> list[list[int]]:
    """By priority, then by age; a group stands where its first does."""
    in_order = sorted(range(len(forms)), key=lambda i: (-forms[i].get("priority", 0), i))
    units: dict[object, list[int]] = {}
    for i in in_order:
        group = forms[i].get("together", {}).get("group")
        units.setdefault(i if group is None else group, []).append(i)
    return list(units.values())


def _winner(forms: Sequence[Form], unit: Sequence[int]) -> str:
    """Who of a group grants; null for nobody."""
    conditions = [f"r{i}.applies" for i in unit]
    if forms[unit[0]].get("together", {}).get("how") == "best":
        most = ", ".join(f"CASE WHEN r{i}.applies THEN r{i}.points END" for i in unit)
        conditions = [f"r{i}.applies AND r{i}.points = greatest({most})" for i in unit]
    whens = (f"WHEN {when} THEN {i}" for when, i in zip(conditions, unit, strict=True))
    return f"CASE {' '.join(whens)} END"


def _applies(form: Form, place: int) -> str:
    """Each condition that the form has; one about a fact that is not known is not true."""
    conditions = " AND ".join(f"({each})" for each in _conditions(form, place))
    return f"coalesce({conditions}, false)"


def _conditions(form: Form, place: int) -> Iterator[str]:
    yield f"p.business_date BETWEEN '{form['starts_on']}' AND '{form['ends_on']}'"
    yield "p.coin_yen > 0"
    yield f"p.amount_yen >= {form.get('minimum_amount_yen', 1)}"
    yield f"{_used('budget', place)} > 0"
    if "budget_per_day_yen" in form:
        yield f"{_left_of_day(form, place)} > 0"
    if "scheduled_end" in form.get("near_end", {}):
        announced = f"nullif({_used('last_day', place)}, 0)::text::date"
        yield f"p.business_date <= coalesce({announced}, 'infinity')"
    yield from _of_time(form.get("when", {}))
    yield from _of_shop(form.get("where", {}))
    yield from _of_classes(form, place)
    yield from _of_person(form.get("who", {}), place)
    if "payment_modes" in form:
        yield _in("p.mode", form["payment_modes"])
    for cap, name in TIMES.items():
        if cap in form["caps"]:
            yield f"{_used(name, place)} < {form['caps'][cap]}"
    if "every_nth_payment" in form:
        yield f"({_used('stamps', place)} + 1) % {form['every_nth_payment']} = 0"


def _of_time(when: Form) -> Iterator[str]:
    if "weekdays" in when:
        days = ", ".join(str(DAYS.index(day) + 1) for day in when["weekdays"])
        yield f"extract(isodow FROM p.business_date) IN ({days})"
    if "from_time" in when:
        yield f"p.clock >= '{when['from_time']}' AND p.clock < '{when['until_time']}'"


def _of_shop(where: Form) -> Iterator[str]:
    for field, fact in (
        ("classes", "merchant_class"),
        ("categories", "category"),
        ("areas", "shop_area"),
        ("streets", "street"),
        ("only_merchants", "merchant_id"),
    ):
        if field in where:
            yield _in(f"p.{fact}", where[field])
    if "except_merchants" in where:
        yield f"NOT {_in('p.merchant_id', where['except_merchants'])}"


def _of_classes(form: Form, place: int) -> Iterator[str]:
    """A shop to whose class neither effect gives anything takes no part."""
    yield from _gives_to_class(form)
    if "step_down" in form.get("near_end", {}):
        later = _gives_to_class(form["near_end"]["step_down"])
        yield from (f"NOT {_is_down(form, place)} OR {each}" for each in later)


def _gives_to_class(gives: Form) -> Iterator[str]:
    effects = [gives[name] for name in ("rebate", "cashback") if name in gives]
    by_class = [effect.get("rates_bp", effect.get("fixed")) for effect in effects]
    if any(by_class):
        classes = [
            name
            for name in CLASSES
            if any(amounts is None or amounts[name] for amounts in by_class)
        ]
        yield _in("p.merchant_class", classes)


def _of_person(who: Form, place: int) -> Iterator[str]:
    if "tiers" in who:
        yield _in("p.tier", who["tiers"])
    for field, fact in (("areas", "person_area"), ("age_bands", "age_band")):
        if field in who:
            yield _in(f"p.{fact}", who[field])
            if who.get("proof", "verified") == "verified":
                yield f"p.is_{fact}_verified"
    if who.get("first_payment") == "ever":
        yield "p.is_first_payment"
    if who.get("first_payment") == "at_merchant":
        yield f"{_used('visits', place)} = 0"


def _points(form: Form, place: int, granted: str) -> str:
    """Effect, cap of the payment, caps of the person, ceiling, budget."""
    if "rebate" not in form and "bonus" not in form:
        return "0"
    caps = form["caps"]
    share_bp = form.get("together", {}).get("most_of_coin_bp", 10_000)
    earned = sql_of_bonus(form["bonus"]) if "bonus" in form else _in_force(form, "rebate", place)
    limits = [earned, str(caps["per_payment_points"])]
    limits += [
        f"greatest(0, {caps[cap]} - {_used(name, place)})"
        for cap, name in CAPS.items()
        if cap in caps
    ]
    limits.append(f"greatest(0, floor(p.coin_yen * {share_bp} / 10000.0) - {granted})")
    limits.append(f"greatest(0, p.coin_yen - {granted})")
    limits.append(_used("budget", place))
    if "budget_per_day_yen" in form:
        limits.append(_left_of_day(form, place))
    return f"least({', '.join(limits)})"


def _yen(form: Form, place: int) -> str:
    """The shop's part, out of what the budget has left after the resident's."""
    if "cashback" not in form:
        return "0"
    limits = [_in_force(form, "cashback", place), "p.coin_yen"]
    if "cashback_per_payment_yen" in form["caps"]:
        limits.append(str(form["caps"]["cashback_per_payment_yen"]))
    limits.append(f"{_used('budget', place)} - r{place}.points")
    if "budget_per_day_yen" in form:
        limits.append(f"{_left_of_day(form, place)} - r{place}.points")
    return f"least({', '.join(limits)})"


def _in_force(form: Form, name: str, place: int) -> str:
    """The first effect, or once so much of the budget was used the one to which it steps down."""
    down = form.get("near_end", {}).get("step_down")
    first = sql_of_effect(form[name], _used("month_spend", place))
    if down is None:
        return first
    later = sql_of_effect(down[name], _used("month_spend", place)) if name in down else "0"
    return f"CASE WHEN {_is_down(form, place)} THEN {later} ELSE {first} END"


def _is_down(form: Form, place: int) -> str:
    left, funded = (_used(name, place) for name in ("budget", "funded"))
    used_bp = f"(({funded} - {left}) * 10000.0 / {funded})"
    return f"({used_bp} >= {form['near_end']['step_down']['at_used_bp']})"


def _left_of_day(form: Form, place: int) -> str:
    return f"greatest(0, {form['budget_per_day_yen']} - {_used('budget_day', place)})"


def _used(name: str, place: int) -> str:
    return f"p.{name}[{place + 1}]"


def _in(fact: str, listed: Sequence[str]) -> str:
    quoted = ", ".join(f"'{each}'" for each in listed)
    return f"{fact} IN ({quoted})" if listed else "false"
