"""Which of the running campaigns a shop takes part in, at whatever hour and with what budget."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Final

from campaigns.facts import PaymentFacts
from campaigns.line_up import first_obstacle, named_shops
from campaigns.rules import LiveCampaign

MOST_SHOPS: Final = 4_000
"""Kinds of shops that are remembered; then it begins anew."""

_KIND: Final = attrgetter("merchant_class", "category", "shop_area", "street")


class Running:
    """Campaigns that run, as shops see them: those of top-ups are left out.

    Shops of which campaigns tell nothing apart are looked at once, so build it once and keep it.
    """

    def __init__(self, campaigns: Iterable[LiveCampaign]) -> None:
        payments = (each for each in campaigns if not each.rules.is_of_top_ups)
        self.by_id: Final = {each.campaign_id: each for each in payments}
        self._named = frozenset(named_shops(self.by_id.values()))
        self._known: dict[object, tuple[LiveCampaign, ...]] = {}

    def at(self, shop: PaymentFacts) -> tuple[LiveCampaign, ...]:
        """Those whose conditions about the shop are met, in the order in which they came."""
        named = shop.merchant_id if shop.merchant_id in self._named else None
        kind = (named, *_KIND(shop))
        found = self._known.get(kind)
        if found is None:
            if len(self._known) >= MOST_SHOPS:
                self._known.clear()
            found = self._known[kind] = tuple(
                each
                for each in self.by_id.values()
                if first_obstacle(each.rules.checks_of_shop, shop) is None
            )
        return found
