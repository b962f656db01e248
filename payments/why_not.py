"""Why live campaigns of which the entry of a payment or top-up does not tell gave nothing.

Their conditions are looked at again, on what was kept of it: by the same checks, in the
same order. Where something was not kept, or was erased, that is said, and no reason is made up.
"""

from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.facts import OF_THE_PERSON
from campaigns.line_up import first_obstacle
from campaigns.live_then import read_live_then
from campaigns.reasons import Reason
from campaigns.rules import LiveCampaign
from campaigns.sentences_of_gaps import FACTS_ERASED, FACTS_NOT_KEPT
from ledger.books import Entry
from ledger.regions import Region
from payments.recall import PAYMENT, Recalled, recall

_UNKNOWN: Final = ("fact-missing-", "-not-verified")
"""How reasons begin, or end, of a fact that is None: not known, or not kept."""


class WhyNot(NamedTuple):
    """A campaign that was live, and the first reason why it gave nothing."""

    campaign: LiveCampaign
    reason: Reason


async def campaigns_not_told(session: AsyncSession, region: Region, entry: Entry) -> list[WhyNot]:
    """The others that were live at the number of a payment or top-up, in the order in which they
    are served.
    """
    live_then = await read_live_then(session, region.region_id, entry.seq)
    line_up = await live_then.line_up(
        session, entry.seq, entry.at, is_of_top_ups=entry.kind != PAYMENT
    )
    told = {UUID(grant["campaign_id"]) for grant in entry.facts.get("grants", ())}
    others = [each for each in line_up.served if each.campaign_id not in told]
    if not others:
        return []
    known = await recall(session, region, entry)
    return [WhyNot(campaign, why_not(campaign, known)) for campaign in others]


def why_not(campaign: LiveCampaign, known: Recalled) -> Reason:
    """The first condition that is not met, if what was kept is enough to say so."""
    rules = campaign.rules
    lacking = rules.asked - known.kept
    of_place = first_obstacle(rules.checks_of_place, known.facts)
    if of_place is not None:
        is_sure = lacking <= {*OF_THE_PERSON} or not _is_of_unknown(of_place)
        return of_place if is_sure else Reason(FACTS_NOT_KEPT)
    of_person = first_obstacle(rules.checks_of_person, known.facts)
    if of_person is None or (lacking and _is_of_unknown(of_person)):
        return Reason(FACTS_ERASED if known.is_erased else FACTS_NOT_KEPT)
    return of_person


def _is_of_unknown(reason: Reason) -> bool:
    begins, ends = _UNKNOWN
    return reason.code.startswith(begins) or reason.code.endswith(ends)
