"""What a wallet holds, lot by lot: how much, until when, of which campaign, and where it pays."""

from datetime import date
from uuid import UUID

from pydantic import Field

from api.answers import Answer, LotKind, UsableWhereAnswer, usable_where
from api.usable_where import Shops
from ledger.books import Facts
from residents.reads import Wallet, credited_on


class LotAnswer(Answer):
    """Value of one kind that expires on one day."""

    kind: LotKind
    """`coin` was bought; `points` were granted, and are spent first."""
    amount: int = Field(examples=[5000])
    """In yen; one point is one yen."""
    expires_on: date | None
    """The last day on which it can be used, in the region's zone."""
    campaign_id: UUID | None
    """The campaign that granted the points, or the benefit that they were taken of."""
    campaign_name: str | None = Field(examples=["秋のにぎわいキャンペーン"])
    usable_where: UsableWhereAnswer | None = Field(examples=[None])
    """Where it pays; null for what pays at every shop."""


class PendingAnswer(Answer):
    """Points that a campaign has granted, and that can be used from a later day on."""

    points: int = Field(examples=[300])
    credited_on: date
    """The day on which they become points, in the region's zone."""
    campaign_id: UUID
    campaign_name: str = Field(examples=["秋のにぎわいキャンペーン"])
    usable_where: UsableWhereAnswer | None = Field(examples=[None])
    """Where they will pay; null for points that pay at every shop."""


def lots_of(wallet: Wallet, shops: Shops) -> list[LotAnswer]:
    """A wallet's lots, as the resident and the desk are shown them; `shops`: where points pay."""
    return [
        LotAnswer.model_validate(
            {
                "kind": lot.kind,
                "amount": lot.balance,
                "expires_on": lot.expires_on,
                "campaign_id": lot.source_id,
                "campaign_name": lot.source_id and wallet.campaign_names.get(lot.source_id),
                "usable_where": usable_where(shops, lot.source_id),
            }
        )
        for lot in wallet.lots
    ]


def pending_of(wallet: Wallet, shops: Shops) -> list[PendingAnswer]:
    """A wallet's pending points, as the resident and the desk are shown them."""
    return [
        PendingAnswer.model_validate(
            {
                "points": lot.balance,
                "credited_on": credited_on(lot),
                "campaign_id": lot.source_id,
                "campaign_name": lot.source_id and wallet.campaign_names[lot.source_id],
                "usable_where": usable_where(shops, lot.source_id),
            }
        )
        for lot in wallet.pending
    ]


def tied_points_granted(facts: Facts) -> int:
    """The points that the entry granted, of those that pay at some shops only."""
    tied = (grant for grant in facts.get("grants", ()) if grant.get("is_tied"))
    return sum(grant["rebate_points"] for grant in tied)
