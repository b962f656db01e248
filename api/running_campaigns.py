"""Which running campaigns the stores of the public directory take part in."""

from datetime import date
from functools import lru_cache
from typing import Final
from uuid import UUID

from pydantic import Field

from api.answers import Answer
from campaigns.facts import PaymentFacts
from campaigns.rules import LiveCampaign
from campaigns.taking_part import Running
from merchants.find_stores import FoundStore, OfMerchants

_KEPT: Final = 64
"""So many regions whose board was made last."""
_NO_MERCHANT: Final[tuple[UUID, ...]] = ()


class CampaignHere(Answer):
    """A campaign that runs, and in which the store takes part."""

    campaign_id: UUID
    name: str = Field(examples=["秋のにぎわい還元"])


class CampaignsHere:
    """What stores are told of the campaigns that run."""

    def __init__(self, running: Running) -> None:
        self.running: Final = running
        # By identity, which costs a page of fifty stores half of what the hash of an id does.
        self._told = {
            id(each): CampaignHere(campaign_id=each.campaign_id, name=each.terms.name)
            for each in running.by_id.values()
        }

    def at(self, store: FoundStore) -> list[CampaignHere]:
        """In the order of the board: those that end first, first."""
        return [self._told[id(each)] for each in self.running.at(as_facts(store))]


@lru_cache(_KEPT)
def campaigns_here(running: Running) -> CampaignsHere:
    """The same for each page, until the board is made again."""
    return CampaignsHere(running)


def merchants_of(campaign: LiveCampaign | None) -> OfMerchants:
    """Where a campaign is to be looked for; none is found of a campaign that does not run."""
    if campaign is None:
        return OfMerchants(merchants=_NO_MERCHANT)
    where, classes = campaign.terms.where, campaign.rules.classes
    if where is None:
        return OfMerchants(classes=classes)
    if where.classes is not None:
        classes = frozenset(where.classes) if classes is None else classes & set(where.classes)
    return OfMerchants(
        classes=classes,
        categories=where.categories,
        areas=where.areas,
        streets=where.streets,
        merchants=where.only_merchants,
        but_not=where.except_merchants,
    )


def as_facts(store: FoundStore) -> PaymentFacts:
    """What campaigns may ask of a shop; of a payment there, nothing is known."""
    return PaymentFacts(
        amount_yen=0,
        coin_yen=0,
        business_date=date.min,
        merchant_class=store.merchant_class,
        merchant_id=store.merchant_id,
        category=store.category,
        shop_area=store.merchant_area,
        street=store.street,
    )
