"""Which campaigns were live at a place in the journal, and under which terms: from its entries."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.as_left import AsLeft, Step, read_changes
from campaigns.find_terms import Key, find_campaigns
from campaigns.life import as_of
from campaigns.line_up import LineUp
from campaigns.rules import LiveCampaign
from ledger.books import Facts, Holder

_KINDS: Final = ("campaign.created", "campaign.changed", "campaign.version_changed")
"""What may change the state, the terms or the plan of a campaign."""
_MOST_LINE_UPS: Final = 16


@dataclass(slots=True)
class LiveThen:
    """Asked from one place in the journal to a later one, never back."""

    region_id: int
    as_left: AsLeft
    _campaigns: dict[Key, LiveCampaign] = field(default_factory=dict)
    _line_ups: OrderedDict[object, tuple[LineUp, LineUp]] = field(default_factory=OrderedDict)

    def keys(self, seq: int, at: datetime) -> frozenset[Key]:
        """The campaigns that were live for the entry with this number, which is of `at`: what was
        planned for a time is so from that time on, whether or not a job has written it down.
        """
        then = (as_of(campaign, at) for campaign in self.as_left.before(seq).values())
        return frozenset(
            (each.holder_id, each.terms_hash)
            for each in then
            if each.state == "live" and each.terms_hash is not None
        )

    async def line_up(
        self, session: AsyncSession, seq: int, at: datetime, *, is_of_top_ups: bool = False
    ) -> LineUp:
        """The same, made ready as it was for the decision."""
        keys = self.keys(seq, at)
        if keys not in self._line_ups:
            live = (await self.campaigns(session, keys)).values()
            of_top_ups = [each for each in live if each.rules.is_of_top_ups]
            of_payments = [each for each in live if not each.rules.is_of_top_ups]
            self._line_ups[keys] = LineUp(of_payments), LineUp(of_top_ups)
            if len(self._line_ups) > _MOST_LINE_UPS:
                self._line_ups.popitem(last=False)
        return self._line_ups[keys][is_of_top_ups]

    async def campaigns(
        self, session: AsyncSession, keys: Iterable[Key]
    ) -> dict[Key, LiveCampaign]:
        """These campaigns under these terms; each is read once."""
        wanted = set(keys)
        missing = wanted - self._campaigns.keys()
        self._campaigns |= await find_campaigns(session, self.region_id, missing)
        return {key: self._campaigns[key] for key in wanted}


async def read_live_then(session: AsyncSession, region_id: int, until_seq: int) -> LiveThen:
    """All that became of the region's campaigns up to this number."""
    terms: dict[UUID, bytes] = {}
    steps = []
    changes = await read_changes(session, region_id, "campaign", _KINDS, until_seq)
    for seq, campaign_id, facts in changes:
        if "terms" in facts:
            terms[campaign_id] = bytes.fromhex(facts["terms"])
        steps.append(Step(seq, _as_left(campaign_id, facts, terms[campaign_id])))
    return LiveThen(region_id, AsLeft(steps))


def _as_left(campaign_id: UUID, facts: Facts, terms_hash: bytes) -> Holder:
    """The campaign as this entry left it; a version's entry has a state of its own beside."""
    state: str = facts.get("campaign_state") or facts.get("state", "draft")
    plan = {"plan": facts["plan"]} if "plan" in facts else {}
    return Holder(campaign_id, "campaign", state, plan, terms_hash=terms_hash)
