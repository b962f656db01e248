"""Find the stretch of the journal that a simulation looks at, and the campaigns of that time."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from campaigns.campaign import CAMPAIGN_UNKNOWN
from campaigns.rules import LiveCampaign
from campaigns.terms import terms_hash
from core.database import Connection, Database
from core.errors import Problem
from ledger.find_seq import find_seq
from ledger.regions import Region
from simulations.asked import CAMPAIGN_NEVER_LIVE, Asked, tried_terms
from simulations.lives import Life, read_lives
from simulations.past import Past


async def open_past(
    database: Database, connection: Connection, region: Region, asked: Asked, tried_id: UUID
) -> Past:
    """The payments of the days asked for, ready to be told to a trial.

    Where other campaigns grant as well, or one is replayed, it begins before these days: when the
    first of them went live, so that counters and budgets stand as they stood. Raises
    campaign-unknown and campaign-never-live of the one whose place is taken.
    """
    region_id = region.region_id
    async with database.snapshot(region_id) as session:
        before = await find_seq(session, region_id, asked.from_day - timedelta(days=1))
        last = await find_seq(session, region_id, asked.to_day)
    lives: dict[UUID, Life] = {}
    if asked.is_beside_others or asked.instead_of is not None:
        lives = await read_lives(database, connection, region_id, last)
    replaced = _replaced(lives, asked, (before, last))
    if not asked.is_beside_others:
        lives = {} if replaced is None else {replaced.campaign.campaign_id: replaced}
    lives, first = _together(lives, replaced, before, last)
    tried = _tried(asked, tried_id, replaced)
    asks_for_people = any(
        campaign.rules.checks_of_person
        for campaign in (tried, *(each for life in lives.values() for each in life.all_terms()))
    )
    return Past(
        connection=connection,
        region=region,
        first=first,
        last=last,
        live_from=before,
        tried=tried,
        instead_of=asked.instead_of,
        lives=lives,
        is_budget_replayed=asked.budget_yen is None,
        is_end_replayed=replaced is not None and replaced.campaign.terms == tried.terms,
        asks_for_people=asks_for_people,
    )


def _replaced(lives: Mapping[UUID, Life], asked: Asked, seqs: tuple[int, int]) -> Life | None:
    if asked.instead_of is None:
        return None
    replaced = lives.get(asked.instead_of)
    if replaced is None:
        raise Problem(CAMPAIGN_UNKNOWN)
    if not replaced.is_live_within(*seqs):
        raise Problem(CAMPAIGN_NEVER_LIVE)
    return replaced


def _together(
    lives: dict[UUID, Life], replaced: Life | None, before: int, last: int
) -> tuple[dict[UUID, Life], int]:
    """The campaigns that were live meanwhile, and where to begin: none was live before that."""
    first = before
    while True:
        chosen = {
            campaign_id: life
            for campaign_id, life in lives.items()
            if life is replaced or life.is_live_within(first, last)
        }
        begun = min((life.first_live or last for life in chosen.values()), default=last)
        if begun > first:
            return chosen, first
        first = begun - 1


def _tried(asked: Asked, tried_id: UUID, replaced: Life | None) -> LiveCampaign:
    """The form on the days that it is tried on: those asked for, or of whose place it takes."""
    days = (asked.from_day, asked.to_day)
    if replaced is not None:
        days = (replaced.campaign.terms.starts_on, replaced.campaign.terms.ends_on)
        tried_id = replaced.campaign.campaign_id
    terms = tried_terms(asked.terms, days)
    return LiveCampaign(tried_id, terms_hash(terms), terms)
