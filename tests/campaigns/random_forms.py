"""Forms and payments drawn at random, so close to each other that edges and limits are met."""

from dataclasses import replace
from datetime import date, time, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from campaigns.facts import Headroom, PaymentFacts
from campaigns.rules import LiveCampaign
from tests.campaigns.drawn_ends import draw_near_end
from tests.campaigns.effects_as_sql import CLASSES
from tests.campaigns.forms_as_sql import DAYS, USED

Json = dict[str, Any]

FIRST_DAY: Final = date(2026, 11, 20)
"""Most payments are made in the forty days from here on; most campaigns are live in all of them."""
MOST_TOGETHER: Final = 3
MERCHANTS: Final = tuple(str(UUID(int=n)) for n in range(1, 5))
CATEGORIES: Final = ("food", "books", "bath")
AREAS: Final = ("kitazawa", "tamagawa", "kinuta")
STREETS: Final = ("ichibangai", "suzuran", "azuma")
TIERS: Final = ("unverified", "verified_resident", "verified_visitor")
AGES: Final = ("0-17", "18-29", "30-44", "45-64", "65-74", "75+")
EDGES: Final = (1, 2, 3, 10, 50, 99, 100, 101, 250, 500, 1000, 1500, 2000, 3000)
"""Amounts that forms name, and that people pay; or one more, or one less."""
RATES_BP: Final = (0, 1, 33, 100, 500, 1500, 2000, 2500, 3000, 3333, 5000, 6667, 9999, 10_000)
CLOCKS: Final = ("00:00", "07:00", "10:00", "12:30", "18:00", "23:59")
CAPS: Final = (
    "per_person_day_points",
    "per_person_month_points",
    "per_person_campaign_points",
    "per_person_merchant_points",
)


def draw_forms(chance: Random) -> list[Json]:
    """One campaign, or some that are live together; those of a group say the same `how`."""
    hows = {"a": chance.choice(["best", "exclusive"]), "b": chance.choice(["best", "exclusive"])}
    return [_form(chance, hows) for _ in range(chance.randint(1, MOST_TOGETHER))]


def draw_payment(chance: Random) -> tuple[PaymentFacts, dict[str, list[int]]]:
    """A payment, and for each campaign what was left and used before; one fact in 20 is missing."""

    def known(of: tuple[str, ...]) -> str | None:
        return None if chance.random() < 0.05 else chance.choice(of)

    amount_yen = _near(chance)
    clock = None if chance.random() < 0.05 else _clock(chance)
    merchant_id = known(MERCHANTS)
    facts = PaymentFacts(
        amount_yen=amount_yen,
        coin_yen=min(amount_yen, _near(chance) - 1) if chance.random() < 0.5 else amount_yen,
        business_date=FIRST_DAY + timedelta(days=chance.randrange(40)),
        merchant_class=known(CLASSES),
        clock=clock,
        merchant_id=None if merchant_id is None else UUID(merchant_id),
        category=known(CATEGORIES),
        shop_area=known(AREAS),
        street=known(STREETS),
        mode=known(("shop_qr", "shop_qr", "card")),
        tier=known(TIERS),
        person_area=known(AREAS),
        is_person_area_verified=chance.random() < 0.7,
        age_band=known(AGES),
        is_age_band_verified=chance.random() < 0.7,
        is_first_payment=chance.choice([True, True, False, None]),
    )
    return facts, {name: [_used(name, chance) for _ in range(MOST_TOGETHER)] for name in USED}


def draw_bonuses(chance: Random) -> list[Json]:
    """The same for top-ups: what is about payments alone is taken out of the forms."""
    forms = draw_forms(chance)
    for form in forms:
        for name in ("where", "payment_modes", "every_nth_payment", "rebate", "cashback"):
            form.pop(name, None)
        form.get("who", {}).pop("first_payment", None)
        for name in ("per_person_merchant_points", "cashback_per_payment_yen"):
            form["caps"].pop(name, None)
        if "step_down" in form.get("near_end", {}):
            del form["near_end"]
        form["bonus"] = _bonus(chance)
    return forms


def draw_top_up(chance: Random) -> tuple[PaymentFacts, dict[str, list[int]]]:
    """A top-up: all of it coin, and no shop."""
    facts, used = draw_payment(chance)
    facts = replace(facts, coin_yen=facts.amount_yen, merchant_class=None, merchant_id=None)
    return replace(facts, category=None, shop_area=None, mode=None), used


def headroom_of(campaign: LiveCampaign, used: dict[str, list[int]], place: int) -> Headroom:
    """The same as the decision is told it: by the name of each counter that the campaign keeps."""
    left, seen = {}, {}
    for meter in campaign.rules.meters:
        if meter.cap is None:
            seen[meter.name] = used[meter.name][place]
        else:
            left[meter.name] = max(0, meter.cap - used[meter.name][place])
    if campaign.terms.near_end is not None:
        if campaign.terms.near_end.step_down is not None:
            seen["funded"] = used["funded"][place]
        elif used["last_day"][place]:
            seen["last_day"] = used["last_day"][place]
    return Headroom(used["budget"][place], left, seen)


def _near(chance: Random) -> int:
    edge = chance.choice(EDGES)
    return max(1, chance.choice([edge - 1, edge, edge, edge + 1, chance.randint(1, 4000)]))


def _clock(chance: Random) -> time:
    hours = time.fromisoformat(chance.choice(CLOCKS))
    return chance.choice([hours, time(chance.randrange(24), chance.randrange(60), 59, 999_999)])


def _used(name: str, chance: Random) -> int:
    if name in {"day_times", "campaign_times", "stamps", "visits"}:
        return chance.choice([0, 0, 1, 2, 3, 7])
    if name == "budget" and chance.random() < 0.6:
        return 1_000_000
    if name == "funded":  # more than what is left, though by how much is chance
        return chance.choice([1_000_000, 1_010_000, 1_300_000, 5_000_000])
    if name == "last_day":
        return chance.choice([0, 20_261_125, 20_261_210])
    return chance.choice([0, _near(chance)])


def _form(chance: Random, hows: dict[str, str]) -> Json:
    form: Json = {
        "form_version": 1,
        "name": "Drawn",
        "starts_on": str(FIRST_DAY + timedelta(days=chance.choice([0, 0, 0, 5]))),
        "ends_on": str(FIRST_DAY + timedelta(days=chance.choice([39, 39, 39, 20]))),
        "caps": _caps(chance),
    }
    form |= {name: part for name in ("when", "where", "who") if (part := _CONDITIONS[name](chance))}
    form |= _maybe(chance, 0.2, "payment_modes", ["shop_qr"])
    form |= _maybe(chance, 0.4, "minimum_amount_yen", chance.choice(EDGES))
    form |= _maybe(chance, 0.15, "every_nth_payment", chance.randint(2, 4))
    form |= _maybe(chance, 0.15, "budget_per_day_yen", _near(chance))
    form |= _maybe(chance, 0.5, "priority", chance.randint(0, 2))
    form |= _maybe(chance, 0.6, "together", _together(chance, hows))
    gives = chance.choice([("rebate",), ("cashback",), *[("rebate", "cashback")] * 4])
    form |= {name: _effect(chance, of_person=name == "rebate") for name in gives}
    if "rebate" in gives:
        form |= _maybe(chance, 0.1, "usable_where", {"streets": _some(chance, STREETS)})
    later = {"closes": chance.choice(["three_a_month", "month_end"]), "bank_days_after": 5}
    form |= _maybe(chance, 0.2, "credited", later)
    form |= _maybe(chance, 0.2, "claw_back_from_funder", True)
    return form | _maybe(chance, 0.3, "near_end", draw_near_end(chance, form))


def _together(chance: Random, hows: dict[str, str]) -> Json:
    share = _maybe(chance, 0.5, "most_of_coin_bp", chance.choice(RATES_BP[1:]))
    group = chance.choice([None, *hows])
    if group is None:
        return {"how": "stacking", **share}
    return {"how": hows[group], "group": group, **share}


def _caps(chance: Random) -> Json:
    caps: Json = {"per_payment_points": chance.choice([1_000_000, 1_000_000, _near(chance)])}
    for name in (*CAPS, "cashback_per_payment_yen"):
        caps |= _maybe(chance, 0.25, name, _near(chance))
    for name in ("per_person_day_times", "per_person_campaign_times"):
        caps |= _maybe(chance, 0.15, name, chance.randint(1, 3))
    return caps


def _when(chance: Random) -> Json:
    begin, end = sorted(chance.sample([*CLOCKS, "24:00"], 2))
    hours = {"from_time": begin, "until_time": end} if chance.random() < 0.15 else {}
    return _maybe(chance, 0.15, "weekdays", _some(chance, DAYS)) | hours


def _where(chance: Random) -> Json:
    return {
        **_maybe(chance, 0.15, "classes", _some(chance, CLASSES)),
        **_maybe(chance, 0.1, "categories", _some(chance, CATEGORIES)),
        **_maybe(chance, 0.1, "areas", _some(chance, AREAS)),
        **_maybe(chance, 0.1, "streets", _some(chance, STREETS)),
        **_maybe(chance, 0.1, "only_merchants", _some(chance, MERCHANTS)),
        **_maybe(chance, 0.1, "except_merchants", _some(chance, MERCHANTS)),
    }


def _who(chance: Random) -> Json:
    return {
        **_maybe(chance, 0.15, "tiers", _some(chance, TIERS)),
        **_maybe(chance, 0.1, "areas", _some(chance, AREAS)),
        **_maybe(chance, 0.1, "age_bands", _some(chance, AGES)),
        **_maybe(chance, 0.5, "proof", "declared"),
        **_maybe(chance, 0.1, "first_payment", chance.choice(["at_merchant", "ever"])),
    }


_CONDITIONS: Final = {"when": _when, "where": _where, "who": _who}


def _effect(chance: Random, *, of_person: bool) -> Json:
    ways = ["rates_bp", "rates_bp", "fixed", "steps", "tiers"] + ["month_tiers"] * of_person
    way = chance.choice(ways)
    said: Json = {"on": chance.choice(["coin", "whole"])}
    said["rounding"] = chance.choice(["floor", "nearest", "ceiling"])
    edges = sorted(chance.sample(EDGES, chance.randint(1, 4)))
    match way:
        case "rates_bp":
            return {way: {name: chance.choice(RATES_BP) for name in CLASSES}, **said}
        case "fixed":
            return {way: {name: chance.choice([0, *EDGES]) for name in CLASSES}, **said}
        case "steps":
            gives = sorted(_near(chance) for _ in edges)
            pairs = zip(edges, gives, strict=True)
            return {way: [{"from_yen": yen, "gives": n} for yen, n in pairs], **said}
    tiers = [{"above_yen": yen, "rate_bp": chance.choice(RATES_BP)} for yen in (0, *edges)]
    return {way: tiers, **said}


def _bonus(chance: Random) -> Json:
    rounding = {"rounding": chance.choice(["floor", "nearest", "ceiling"])}
    edges = sorted(chance.sample(EDGES, chance.randint(1, 4)))
    match chance.choice(["rate_bp", "rate_bp", "fixed_points", "steps", "tiers"]):
        case "rate_bp":
            return {"rate_bp": chance.choice(RATES_BP[1:]), **rounding}
        case "fixed_points":
            return {"fixed_points": chance.choice(EDGES), **rounding}
        case "steps":
            gives = sorted(_near(chance) for _ in edges)
            pairs = zip(edges, gives, strict=True)
            return {"steps": [{"from_yen": yen, "gives": n} for yen, n in pairs], **rounding}
    tiers = [{"above_yen": yen, "rate_bp": chance.choice(RATES_BP)} for yen in (0, *edges)]
    return {"tiers": tiers, **rounding}


def _maybe(chance: Random, how_often: float, name: str, value: object) -> Json:
    return {name: value} if chance.random() < how_often else {}


def _some(chance: Random, of: tuple[str, ...]) -> list[str]:
    return sorted(chance.sample(of, chance.randint(1, len(of))))
