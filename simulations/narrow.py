"""Does a form single out a shop, or a handful of people? Who sees no person does not try it then.

Counted as shops and people stand now. A rule against looking at somebody by way of a form, and no
guarantee: two forms that differ by little still differ by what few people did (docs/SIMULATION.md).
"""

from collections.abc import Collection
from typing import Final, get_args

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.conditions import Where, Who
from campaigns.effects import share_of
from campaigns.form import MerchantClass
from campaigns.terms import Terms
from core.errors import problem
from ledger.tables import holder
from simulations.asked import Asked
from simulations.rounded import FEWEST_PEOPLE, FEWEST_SHOPS

FORM_TOO_NARROW: Final = problem(
    "form-too-narrow",
    409,
    "This role tries forms on whole weeks only, and about no fewer than"
    f" {FEWEST_SHOPS} shops and {FEWEST_PEOPLE} people.",
)

_FACTS: Final = holder.c.facts


async def narrow_field(session: AsyncSession, region_id: int, asked: Asked) -> str | None:
    """The first field by which the question is about too few; None where it is not.

    Days are whole weeks, from Monday to Sunday: so two questions never differ by a single day.
    """
    if asked.from_day.weekday() != 0 or asked.to_day.weekday() != 6:
        return "from_day"
    if await _is_of_few_shops(session, region_id, asked.terms.where, None):
        return "terms.where"
    given = classes_given(asked.terms)
    if await _is_of_few_shops(session, region_id, asked.terms.where, given):
        return "terms.rebate" if asked.terms.rebate is not None else "terms.cashback"
    if await _is_of_few_people(session, region_id, asked.terms.who):
        return "terms.who"
    return None


def classes_given(terms: Terms) -> frozenset[str] | None:
    """The classes of shops at which the form gives anything; None: at all of them."""
    effects = [
        share for share in map(share_of, (terms.rebate, terms.cashback)) if share is not None
    ]
    every: tuple[str, ...] = get_args(MerchantClass)
    given = {name for name in every if any(effect.gives_to(name) for effect in effects)}
    return None if len(given) == len(every) else frozenset(given)


async def _is_of_few_shops(
    session: AsyncSession, region_id: int, where: Where | None, given: Collection[str] | None
) -> bool:
    """Whether few shops fit `where`, and are of the classes `given`; None are all of each."""
    if where is None:
        return given is not None and await _are_fewer(
            session, region_id, "merchant", [_FACTS["merchant_class"].astext.in_(given)],
            FEWEST_SHOPS,
        )  # fmt: skip
    if where.except_merchants is not None and len(where.except_merchants) < FEWEST_SHOPS:
        return True
    facts: list[ColumnElement[bool]] = [
        _FACTS[name].astext.in_(wanted)
        for name, wanted in (
            ("merchant_class", where.classes),
            ("category", where.categories),
            ("area", where.areas),
            ("street", where.streets),
        )
        if wanted is not None
    ]
    if where.only_merchants is not None:
        facts.append(holder.c.holder_id.in_(where.only_merchants))
    if where.except_merchants is not None:
        facts.append(holder.c.holder_id.not_in(where.except_merchants))
    if given is not None:
        facts.append(_FACTS["merchant_class"].astext.in_(given))
    return await _are_fewer(session, region_id, "merchant", facts, FEWEST_SHOPS)


async def _is_of_few_people(session: AsyncSession, region_id: int, who: Who | None) -> bool:
    """Of people with an area, an age or a tier: whoever has none of them is no holder."""
    if who is None:
        return False
    tiers = None if who.tiers is None or "unverified" in who.tiers else who.tiers
    facts: list[ColumnElement[bool]] = [
        _FACTS[name].astext.in_(wanted)
        for name, wanted in (("tier", tiers), ("area", who.areas), ("age_band", who.age_bands))
        if wanted is not None
    ]
    return bool(facts) and await _are_fewer(session, region_id, "person", facts, FEWEST_PEOPLE)


async def _are_fewer(
    session: AsyncSession,
    region_id: int,
    kind: str,
    facts: list[ColumnElement[bool]],
    enough: int,
) -> bool:
    """Whether fewer than so many holders of the kind have these facts; counts no further."""
    some = (
        select(literal(1))
        .where(holder.c.region_id == region_id, holder.c.kind == kind, *facts)
        .limit(enough)
        .subquery()
    )
    found = await session.scalar(select(func.count()).select_from(some))
    return found is not None and found < enough
