"""What administrators and staff did: the log of acts and the journal, searched by the auditor."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field
from starlette.requests import Request

from access.search_acts import Acts, Done, search_acts
from api.admin_journal import Word
from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.fields import Uuid
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.instants import Instant
from ledger.regions import Region

ACTS: Final = Listing("acts", (UUID,))

router = v1_router("administrators: acts")

Auditor = Annotated[AdminIdentity, administrator("auditor")]


class ActAnswer(Answer):
    """One act of somebody who works here. By ids, without names."""

    act_id: UUID
    """Of the journal, the entry's id."""
    at: datetime
    source: Literal["act", "journal"]
    """Where it stands: in the log of acts, or in the journal."""
    actor: str = Field(examples=["admin:0192f0c1-2222-7000-8000-000000000007"])
    role: str | None = Field(examples=["desk"])
    """The role in which it was done; the journal does not know it."""
    act: str = Field(examples=["person.looked_at"])
    object_id: UUID | None
    person_id: UUID | None
    reason: str | None = Field(examples=["asks at the counter for the lost phone"])
    refusal: str | None = Field(examples=[None])
    """The problem with which it was refused, where it was."""
    facts: dict[str, Any]
    """Ids, codes and numbers; the journal has those of its entries."""


@router.get(
    "/admin/acts", operation_id="searchActs", summary="Search what was done here, newest first"
)
async def search(  # noqa: PLR0913, PLR0917  one for each way to search
    request: Request,
    auditor: Auditor,
    paging: Paged,
    actor: Annotated[
        Word | None, Query(examples=["admin:0192f0c1-2222-7000-8000-000000000007"])
    ] = None,
    act: Annotated[Word | None, Query(examples=["person.looked_at"])] = None,
    person_id: Uuid | None = None,
    object_id: Uuid | None = None,
    begins: Annotated[Instant | None, Query(alias="from")] = None,
    ends: Annotated[Instant | None, Query(alias="to")] = None,
) -> Page[ActAnswer]:
    """Everybody's, the asking auditor's included; `from` and `to` are instants, both inclusive."""
    region = auditor.region
    start = ACTS.start(paging)
    wanted = Acts(actor, act, person_id, object_id, begins, ends)
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await search_acts(
            db, region.region_id, wanted, start[0] if start else None, paging.limit + 1
        )
    return ACTS.page(rows, paging, lambda row: (row.act_id,), lambda row: _answer(region, row))


def _answer(region: Region, done: Done) -> ActAnswer:
    return ActAnswer(
        act_id=done.act_id,
        at=in_zone(done.at, region),
        source=done.source,
        actor=done.actor,
        role=done.role,
        act=done.act,
        object_id=done.object_id,
        person_id=done.person_id,
        reason=done.reason or None,
        refusal=done.refusal,
        facts=done.facts,
    )
