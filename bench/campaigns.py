"""Fifty live campaigns, of which three match a payment and one grants for it."""

from collections.abc import Iterator
from typing import Any, Final, Literal
from uuid import UUID

from bench.fill import ADMIN, APPROVER
from bench.filled import Filled
from bench.names import ACT
from campaigns.campaign import ChangeCampaign, CreateCampaign, FundCampaign, keep_terms
from campaigns.terms import Terms, terms_hash
from core.database import Database
from ledger.command import Command
from ledger.post import post
from payments.prepare import prepare

LIVE: Final = 50
FUNDED_YEN: Final = 1_000_000
_ELSEWHERE: Final[tuple[dict[str, Any], ...]] = (
    {"where": {"areas": ["south"]}},
    {"where": {"categories": ["books"]}},
    {"where": {"classes": ["large"]}},
    {"where": {"only_merchants": [str(UUID(int=1))]}},
    {"who": {"areas": ["south"]}},
    {"who": {"tiers": ["verified_visitor"]}},
    {"starts_on": "the last day"},
)
"""What the 47 others say, in turns: shops of other kinds, other people, another time."""


def other_terms(filled: Filled) -> Iterator[Terms]:
    """The 49 beside the one that is there.

    Two match every payment and come to nothing: the first grants 30 %, and with these two all
    rebates may be no more than that. The others do not match, for one reason or another.
    """
    form = filled.terms.model_dump(mode="json", exclude_none=True)
    for number in range(2):
        matching = form | {
            "name": f"matches {number}",
            "together": {"how": "stacking", "most_of_coin_bp": filled.rates_bp[0] - number},
        }
        del matching["cashback"]
        yield Terms.model_validate(matching)
    for number in range(LIVE - 3):
        condition = dict(_ELSEWHERE[number % len(_ELSEWHERE)])
        if "starts_on" in condition:
            condition["starts_on"] = form["ends_on"]
        yield Terms.model_validate(form | {"name": f"elsewhere {number}"} | condition)


def campaign_ids(filled: Filled) -> list[UUID]:
    """Of the 49, younger than the one that is there."""
    return [filled.names.name(ACT, 100 + number) for number in range(LIVE - 1)]


async def start_campaigns(database: Database, filled: Filled) -> None:
    """Draft, fund, approve and start the 49 in a filled region, by the commands of the product."""
    region_id = filled.region.region_id
    for place, (campaign_id, terms) in enumerate(
        zip(campaign_ids(filled), other_terms(filled), strict=True)
    ):
        async with database.transaction(region_id) as session:
            await keep_terms(session, region_id, terms)
            for command in _acts(filled, campaign_id, terms, 1_000 + 10 * place):
                (await post(session, region_id, command, prepare)).accepted()


def _acts(filled: Filled, campaign_id: UUID, terms: Terms, first_no: int) -> Iterator[Command]:
    def act(number: int) -> UUID:
        return filled.names.name(ACT, first_no + number)

    yield CreateCampaign(
        entry_id=campaign_id,
        actor=ADMIN,
        name=terms.name,
        terms_hash_hex=terms_hash(terms).hex(),
    )
    yield FundCampaign(
        entry_id=act(1),
        actor=ADMIN,
        campaign_id=campaign_id,
        funder="city",
        amount_yen=FUNDED_YEN,
    )
    steps: tuple[tuple[int, str, Literal["submitted", "approved", "live"]], ...]
    steps = ((2, ADMIN, "submitted"), (3, APPROVER, "approved"), (4, ADMIN, "live"))
    for number, actor, state in steps:
        yield ChangeCampaign(
            entry_id=act(number),
            actor=actor,
            campaign_id=campaign_id,
            state=state,
            reason="measurement",
        )
