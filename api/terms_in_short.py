"""The terms of a campaign as anybody may see them: no ids of merchants, and no order of service."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.answers import Answer
from campaigns.bonus import Bonus
from campaigns.conditions import When, Where, Who
from campaigns.credited import Credited
from campaigns.effects import Effect, Rebate
from campaigns.form import AgeBand, MerchantClass, PaymentMode, Tier
from campaigns.meters import Caps
from campaigns.near_end import NearEnd
from campaigns.terms import Terms

Category = Annotated[str, Field(examples=["food"])]
Area = Annotated[str, Field(examples=["kitazawa"])]
Street = Annotated[str, Field(examples=["しもきた商店街"])]


class WhereInShort(Answer):
    """Some merchants; null is no condition."""

    classes: tuple[MerchantClass, ...] | None
    categories: tuple[Category, ...] | None
    areas: tuple[Area, ...] | None
    streets: tuple[Street, ...] | None
    """Shopping streets (商店街)."""
    chosen_merchants: int | None = Field(examples=[None])
    """Only so many, which the campaign names."""
    excepted_merchants: int | None = Field(examples=[2])
    """All but so many, which the campaign names."""


class WhoInShort(Answer):
    """Which people take part; null is no condition."""

    tiers: tuple[Tier, ...] | None
    """How far it is known who somebody is (本人確認区分)."""
    areas: tuple[Area, ...] | None
    age_bands: tuple[AgeBand, ...] | None
    proof: Literal["verified", "declared"]
    """Whether area and age band must have been seen by somebody, or what people say is enough."""
    first_payment: Literal["at_merchant", "ever"] | None


class TermsInShort(Answer):
    """What a campaign promises. Rates are in basis points: 3000 is 30 %."""

    name: str = Field(examples=["秋のにぎわい還元"])
    terms_hash: str = Field(examples=["9f2c" + 60 * "0"])
    """SHA-256 of the terms in canonical JSON, in hexadecimal."""
    starts_on: date
    ends_on: date
    """The last day, in the region's zone."""
    when: When | None
    where: WhereInShort | None
    """Which merchants take part."""
    who: WhoInShort | None
    payment_modes: tuple[PaymentMode, ...] | None
    minimum_amount_yen: int = Field(examples=[500])
    """Of the whole payment."""
    every_nth_payment: int | None = Field(examples=[None])
    """Stamps: only each n-th payment is granted for."""
    bonus: Bonus | None
    """For the resident, in points, on top-ups: then there is neither a rebate nor a cashback."""
    rebate: Rebate | None
    """For the resident, in points."""
    cashback: Effect | None
    """For the merchant, in yen."""
    caps: Caps
    credited: Credited | None
    """When the resident's points are credited; null is at once."""
    usable_where: WhereInShort | None
    """The merchants at which the points may be spent; null is all of them."""
    near_end: NearEnd | None
    """What happens near the end of the budget, as it was announced from the beginning."""


def in_short(terms: Terms) -> dict[str, Any]:
    """The fields of `TermsInShort` but for the hash."""
    return {
        "name": terms.name,
        "starts_on": terms.starts_on,
        "ends_on": terms.ends_on,
        "when": terms.when,
        "where": _where(terms.where),
        "who": _who(terms.who),
        "payment_modes": terms.payment_modes,
        "minimum_amount_yen": terms.minimum_amount_yen,
        "every_nth_payment": terms.every_nth_payment,
        "bonus": terms.bonus,
        "rebate": terms.rebate,
        "cashback": terms.cashback,
        "caps": terms.caps,
        "credited": terms.credited,
        "usable_where": _where(terms.usable_where),
        "near_end": terms.near_end,
    }


def _where(where: Where | None) -> WhereInShort | None:
    if where is None:
        return None
    return WhereInShort(
        classes=where.classes,
        categories=where.categories,
        areas=where.areas,
        streets=where.streets,
        chosen_merchants=_count(where.only_merchants),
        excepted_merchants=_count(where.except_merchants),
    )


def _who(who: Who | None) -> WhoInShort | None:
    return None if who is None else WhoInShort.model_validate(who, from_attributes=True)


def _count(merchants: tuple[UUID, ...] | None) -> int | None:
    return None if merchants is None else len(merchants)
