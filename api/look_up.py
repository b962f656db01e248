"""Look up what became of a PUT: the entry under its id, if it is of the kind that was asked for."""

from typing import Any, Final
from uuid import UUID

from starlette.requests import Request

from api.answers import told
from api.identity import AdminIdentity
from api.state import state_of
from campaigns.reads import find_campaign_entry
from core.errors import Problem, problem
from ledger.books import Entry
from ledger.command import Command
from ledger.regions import Region
from ledger.statement import find_entry

ENTRY_UNKNOWN: Final = problem("entry-unknown", 404, "There is no such entry in this region.")

TELLS_REFUSALS: Final[dict[int | str, dict[str, Any]]] = {409: {}}
"""For the description of a GET that tells the refusal under an id: `responses=TELLS_REFUSALS`."""


async def look_up(
    request: Request,
    region: Region,
    entry_id: UUID,
    command: type[Command],
    holder_id: UUID | None = None,
) -> Entry:
    """The accepted entry of a command of this type; of this holder, where one is named.

    Raises entry-unknown, or the problem with which the command was refused.
    """
    async with state_of(request).database.snapshot(region.region_id) as session:
        entry = await find_entry(session, region.region_id, entry_id)
    return _of_kind(entry, command, holder_id)


async def look_up_campaign(
    request: Request,
    admin: AdminIdentity,
    entry_id: UUID,
    command: type[Command],
    campaign_id: UUID,
) -> Entry:
    """The same for an entry about a campaign, read with no more than the administrator's rights."""
    database, region_id = state_of(request).database, admin.region.region_id
    async with database.snapshot(region_id, as_role=admin.database_role) as session:
        entry = await find_campaign_entry(session, region_id, entry_id)
    return _of_kind(entry, command, campaign_id)


async def as_read(request: Request, admin: AdminIdentity, entry: Entry) -> Entry:
    """The entry as its own author may read it: the number in the journal, which counts what
    everybody does, is not for roles that see no person.
    """
    if admin.database_role is None:
        return entry
    database, region_id = state_of(request).database, admin.region.region_id
    async with database.snapshot(region_id, as_role=admin.database_role) as session:
        read = await find_campaign_entry(session, region_id, entry.entry_id)
    assert read is not None, "it was written"
    return read


def _of_kind(entry: Entry | None, command: type[Command], holder_id: UUID | None = None) -> Entry:
    if entry is None or entry.kind != command.kind:
        raise Problem(ENTRY_UNKNOWN)
    if holder_id is not None and entry.holder_id != holder_id:
        raise Problem(ENTRY_UNKNOWN)
    return told(entry)
