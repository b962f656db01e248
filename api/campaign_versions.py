"""New versions of a campaign: drafted, seen, and withdrawn before they apply."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from api.admin_campaigns import EXAMPLE_TERMS, Drafter, Reader, Starter
from api.answers import Answer, accepted, in_zone
from api.campaign_groups import refuse_another_way
from api.closed_route import v1_router
from api.fields import Body, Reason, Uuid, new_id
from api.form_warnings import FormWarning, warnings_of
from api.look_up import TELLS_REFUSALS, as_read, look_up_campaign
from api.state import state_of
from campaigns.campaign import keep_terms
from campaigns.groups import Coming, spans_of
from campaigns.history import Version, find_version
from campaigns.life import instant_of
from campaigns.may_change import fixed_fields
from campaigns.reads import find_campaign, find_campaign_entry
from campaigns.terms import Terms
from campaigns.version import CAMPAIGN_VERSION_UNKNOWN, ChangeVersion, CreateVersion, VersionState
from core.errors import Problem
from core.instants import Instant
from ledger.books import Entry
from ledger.post import post
from ledger.regions import Region
from payments.prepare import prepare

router = v1_router("administrators: campaigns")

_PATH = "/admin/campaigns/{campaign_id}/versions/{version_id}"


class VersionBody(Body):
    """Other terms for a campaign that was approved, from a time to come on."""

    terms: Terms = Field(examples=[EXAMPLE_TERMS])
    """The whole form; `docs/CAMPAIGNS.md` says which fields may differ."""
    applies_from: Instant = Field(examples=["2026-12-01T00:00:00+09:00"])
    """At least five minutes and at most a year ahead. A payment of this very instant goes by it."""
    reason: Reason = Field(examples=["議会の議決により12月から還元率を変更"])


class VersionAnswer(Answer):
    """A version of a campaign as it stands."""

    version_id: UUID
    campaign_id: UUID
    state: VersionState
    """It applies by itself once it was `approved`, unless it is withdrawn before."""
    applies_from: datetime
    terms: Terms
    terms_hash: str = Field(examples=["9f2c" + 60 * "0"])
    """SHA-256 of the terms in canonical JSON, in hexadecimal."""
    changes: tuple[str, ...] = Field(examples=[("rebate", "caps")])
    """The fields that differ from the terms that held when it was drafted."""
    reason: str = Field(examples=["議会の議決により12月から還元率を変更"])
    drafted_at: datetime
    seq: int = Field(examples=[4711])
    warnings: list[FormWarning]
    """As things stand now. They refuse nothing: shops may join later."""


class VersionWithdrawalBody(Body):
    """Why it is not to apply."""

    reason: Reason = Field(examples=["the council decided otherwise"])


class VersionWithdrawal(Answer):
    """A withdrawal of a version, as it was made."""

    withdrawal_id: UUID
    campaign_id: UUID
    version_id: UUID
    reason: str = Field(examples=["the council decided otherwise"])
    withdrawn_at: datetime
    seq: int = Field(examples=[4711])


@router.put(
    _PATH, operation_id="draftCampaignVersion", summary="Draft a version of a campaign",
    status_code=201,
)  # fmt: skip
async def put_version(
    request: Request,
    admin: Drafter,
    campaign_id: Uuid,
    version_id: Annotated[UUID, new_id("version_id")],
    body: VersionBody,
) -> VersionAnswer:
    """It is approved as the campaign was: `PUT …/approvals/{request_id}` with its `version_id`.
    From `applies_from` on every payment is decided by it. Counters, caps and the budget go on, and
    refunds of earlier payments go by the terms that granted.
    """
    region, state = admin.region, state_of(request)
    async with state.database.transaction(region.region_id) as db:
        await _refuse_fixed(db, region, campaign_id, version_id, body)
        digest = await keep_terms(db, region.region_id, body.terms)
        command = CreateVersion(
            entry_id=version_id,
            actor=admin.actor,
            campaign_id=campaign_id,
            terms_hash_hex=digest.hex(),
            applies_from=body.applies_from.astimezone(UTC),
            reason=body.reason,
            terms=body.terms,
        )
        receipt = await post(db, region.region_id, command, prepare)
        warnings = await warnings_of(db, region.region_id, body.terms)
    entry = await as_read(request, admin, accepted(request, receipt))
    applies_from = instant_of(entry.facts["applies_from"])
    drafted = Version(entry, "draft", body.terms, digest, applies_from)
    return _answer(region, drafted, warnings)


@router.get(
    _PATH, operation_id="getCampaignVersion", responses=TELLS_REFUSALS,
    summary="One version of a campaign",
)  # fmt: skip
async def get_version(
    request: Request, admin: Reader, campaign_id: Uuid, version_id: Uuid
) -> VersionAnswer:
    """As it stands: draft, submitted, approved, applied or withdrawn."""
    await look_up_campaign(request, admin, version_id, CreateVersion, campaign_id)
    state, region_id = state_of(request), admin.region.region_id
    async with state.database.snapshot(region_id, as_role=admin.database_role) as db:
        version = await find_version(db, region_id, campaign_id, version_id)
    assert version is not None, "it was looked up"
    async with state.database.snapshot(region_id) as db:  # of shops, which the public sees
        warnings = await warnings_of(db, region_id, version.terms)
    return _answer(admin.region, version, warnings)


@router.put(
    _PATH + "/withdrawals/{withdrawal_id}", operation_id="withdrawCampaignVersion",
    summary="Withdraw a version before it applies", status_code=201,
)  # fmt: skip
async def put_withdrawal(
    request: Request,
    admin: Starter,
    campaign_id: Uuid,
    version_id: Uuid,
    withdrawal_id: Annotated[UUID, new_id("withdrawal_id")],
    body: VersionWithdrawalBody,
) -> VersionWithdrawal:
    """At once, and for good. What applies already is changed by another version only."""
    command = ChangeVersion(
        entry_id=withdrawal_id,
        actor=admin.actor,
        campaign_id=campaign_id,
        version_id=version_id,
        state="withdrawn",
        reason=body.reason,
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    entry = await as_read(request, admin, accepted(request, receipt))
    return _withdrawal(admin.region, entry)


@router.get(
    _PATH + "/withdrawals/{withdrawal_id}", operation_id="getCampaignVersionWithdrawal",
    responses=TELLS_REFUSALS, summary="One withdrawal of a version",
)  # fmt: skip
async def get_withdrawal(
    request: Request, admin: Reader, campaign_id: Uuid, version_id: Uuid, withdrawal_id: Uuid
) -> VersionWithdrawal:
    """What became of it."""
    entry = await look_up_campaign(request, admin, withdrawal_id, ChangeVersion, campaign_id)
    if entry.refers_to != version_id:
        raise Problem(CAMPAIGN_VERSION_UNKNOWN)
    return _withdrawal(admin.region, entry)


async def _refuse_fixed(
    db: AsyncSession, region: Region, campaign_id: UUID, version_id: UUID, body: VersionBody
) -> None:
    """Refuse as malformed what no version may change, and another way of a group: each field with
    what to do. The verb looks again; a version that is there already is not looked at.
    """
    campaign = await find_campaign(db, region.region_id, campaign_id)
    known = await find_campaign_entry(db, region.region_id, version_id)
    if campaign is None or known is not None:
        return
    local = body.applies_from.astimezone(region.zone)
    errors: list[dict[str, Any]] = [
        {"type": "fixed_field", "loc": ("body", "terms", fixed.field), "msg": fixed.says}
        for fixed in fixed_fields(campaign.terms, body.terms, local)
    ]
    if errors:
        raise RequestValidationError(errors)
    spans = spans_of(campaign_id, campaign.terms, Coming(body.terms, local))
    await refuse_another_way(db, region, spans)


def _answer(region: Region, version: Version, warnings: list[FormWarning]) -> VersionAnswer:
    entry = version.entry
    assert entry.holder_id is not None, "a version has a campaign"
    return VersionAnswer(
        version_id=entry.entry_id,
        campaign_id=entry.holder_id,
        state=version.state,
        applies_from=in_zone(version.applies_from, region),
        terms=version.terms,
        terms_hash=version.terms_hash.hex(),
        changes=tuple(entry.facts["changes"]),
        reason=entry.facts["reason"],
        drafted_at=in_zone(entry.at, region),
        seq=entry.seq,
        warnings=warnings,
    )


def _withdrawal(region: Region, entry: Entry) -> VersionWithdrawal:
    assert entry.holder_id is not None, "a withdrawal has a campaign"
    assert entry.refers_to is not None, "a withdrawal has a version"
    return VersionWithdrawal(
        withdrawal_id=entry.entry_id,
        campaign_id=entry.holder_id,
        version_id=entry.refers_to,
        reason=entry.facts["reason"],
        withdrawn_at=in_zone(entry.at, region),
        seq=entry.seq,
    )
