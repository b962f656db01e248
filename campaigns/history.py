"""The history of one campaign: each step with who, when and why, from the journal."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.campaign import ChangeCampaign, CreateCampaign, FundCampaign
from campaigns.life import instant_of
from campaigns.marks import AnnounceEnd, ReachMark
from campaigns.reads import find_campaign_entry, journal_of
from campaigns.return_budget import ReturnBudget
from campaigns.terms import Terms, parse
from campaigns.version import (
    ChangeVersion,
    CreateVersion,
    VersionState,
    is_version_of,
    version_state,
)
from core.database import now_of
from ledger.books import Entry
from ledger.statement import ENTRY_COLUMNS

_VERSION: Final = table(
    "version",
    *map(column, ("region_id", "version_id", "terms_hash", "form")),
    schema="campaigns",
)
_STEPS: Final = {
    CreateCampaign.kind: "drafted",
    FundCampaign.kind: "funded",
    ReturnBudget.kind: "returned",
    CreateVersion.kind: "version-drafted",
    ReachMark.kind: "budget-mark",
    AnnounceEnd.kind: "end-announced",
}


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a campaign as it stands."""

    entry: Entry
    """That drafted it."""
    state: VersionState
    terms: Terms
    terms_hash: bytes
    applies_from: datetime


async def list_steps(
    db: AsyncSession, region_id: int, campaign_id: UUID, before: int | None, most: int
) -> list[Entry]:
    """The steps of a campaign, newest first, of those with a number below `before`."""
    of = journal_of(db).c
    query = select(*(of[name] for name in ENTRY_COLUMNS)).where(
        of.region_id == region_id, of.holder_id == campaign_id, of.refusal.is_(None)
    )
    if before is not None:
        query = query.where(of.seq < before)
    rows = await db.execute(query.order_by(of.seq.desc()).limit(most))
    return [Entry(*tuple(row)) for row in rows]


def step_of(entry: Entry) -> str:
    """What the step is called: the state that it brought, or what was done."""
    if entry.kind == ChangeCampaign.kind:
        return str(entry.facts["state"])
    if entry.kind == ChangeVersion.kind:
        return f"version-{entry.facts['state']}"
    return _STEPS.get(entry.kind, entry.kind.removeprefix("campaign."))


def version_of_step(entry: Entry) -> UUID | None:
    """The version that the step is about, or that the end of the campaign took back."""
    if entry.kind == CreateVersion.kind:
        return entry.entry_id
    return entry.refers_to if entry.kind in {ChangeVersion.kind, ChangeCampaign.kind} else None


async def find_version(
    db: AsyncSession, region_id: int, campaign_id: UUID, version_id: UUID
) -> Version | None:
    """The version as it stands; None if the campaign has none of this id."""
    entry = await find_campaign_entry(db, region_id, version_id)
    if entry is None or not is_version_of(entry, campaign_id):
        return None
    of = journal_of(db).c
    query = select(*(of[name] for name in ENTRY_COLUMNS)).where(
        of.region_id == region_id, of.refers_to == version_id
    )
    later = [Entry(*tuple(row)) for row in await db.execute(query)]
    said = select(_VERSION.c.terms_hash, _VERSION.c.form).where(
        _VERSION.c.region_id == region_id, _VERSION.c.version_id == version_id
    )
    digest, form = (await db.execute(said)).one()
    now = await now_of(db)
    applies_from = instant_of(entry.facts["applies_from"])
    return Version(entry, version_state(entry, later, now), parse(form), digest, applies_from)
