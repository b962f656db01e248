"""Versions of campaigns for tests: each step by its real command."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from campaigns.campaign import ChangeCampaign, keep_terms
from campaigns.terms import Terms, parse
from campaigns.version import ChangeVersion, CreateVersion
from ledger.books import Entry
from ledger.command import Receipt
from tests.town_builder import ADMIN, APPROVER, Town, new_id


async def terms_now(town: Town, campaign_id: UUID) -> Terms:
    """The terms that hold, as administrators see them."""
    query = "SELECT form FROM campaigns.standing WHERE campaign_id = :id"
    [row] = await town.rows(query, id=campaign_id)
    return parse(row.form)


async def drafting(
    town: Town, campaign_id: UUID, applies_from: datetime, **changes: Any
) -> CreateVersion:
    """The command of a version that differs in these fields; its terms are kept."""
    holds = (await terms_now(town, campaign_id)).model_dump(mode="json", exclude_none=True)
    terms = Terms.model_validate({**holds, **changes})
    async with town.database.transaction(town.region.region_id) as db:
        digest = await keep_terms(db, town.region.region_id, terms)
    return CreateVersion(
        entry_id=new_id(),
        actor=ADMIN,
        campaign_id=campaign_id,
        terms_hash_hex=digest.hex(),
        applies_from=applies_from,
        reason="the council decided",
        terms=terms,
    )


async def drafted(town: Town, campaign_id: UUID, applies_from: datetime, **changes: Any) -> UUID:
    """A version of which nobody was asked to approve it yet, with these fields."""
    command = await drafting(town, campaign_id, applies_from, **changes)
    return (await town.submit(command)).accepted().entry_id


def stepping(campaign_id: UUID, version_id: UUID, state: Any, actor: str = ADMIN) -> ChangeVersion:
    """The command that takes a version to this state."""
    return ChangeVersion(
        entry_id=new_id(),
        actor=APPROVER if state == "approved" else actor,
        campaign_id=campaign_id,
        version_id=version_id,
        state=state,
        reason="-",
    )


async def step(town: Town, campaign_id: UUID, version_id: UUID, state: Any) -> Entry:
    """Take a version to this state."""
    return (await town.submit(stepping(campaign_id, version_id, state))).accepted()


async def approved(town: Town, campaign_id: UUID, applies_from: datetime, **changes: Any) -> UUID:
    """A version that will apply."""
    version_id = await drafted(town, campaign_id, applies_from, **changes)
    for state in ("submitted", "approved"):
        await step(town, campaign_id, version_id, state)
    return version_id


async def scheduled(town: Town, campaign_id: UUID, starts_at: datetime) -> Receipt:
    """Tell a campaign to start at that time."""
    command = ChangeCampaign(
        entry_id=new_id(),
        actor=ADMIN,
        campaign_id=campaign_id,
        state="scheduled",
        reason="opening day",
        starts_at=starts_at,
    )
    return await town.submit(command)


async def past(town: Town, instant: datetime, by: timedelta = timedelta(seconds=1)) -> None:
    """Let the clock go past an instant."""
    await town.set_clock(instant + by)


def rates(rate_bp: int) -> dict[str, Any]:
    """An effect that gives this share at every class of shop."""
    classes = ("street_member", "small", "convenience", "large")
    return {"rates_bp": dict.fromkeys(classes, rate_bp)}
