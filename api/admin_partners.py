"""Partners that pass on what everybody may read: registered, changed, tested, dropped."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field

from api.admin_alerts import Reader
from api.admin_bulletins import Chief
from api.answers import Answer, in_zone_if
from api.closed_route import v1_router
from api.doers import doer_of
from api.envelope import add_header
from api.fields import Body, Name, Reason, Uuid, new_id
from api.pages import Listing, Page, Paged
from api.partner_deliveries import PartnerDeliveryAnswer, delivery_answer
from api.state import state_of
from api.webhook_endpoints import RotationBody
from core.database import CITY_ROLE
from ledger.regions import Region
from merchants.webhook_url import LONGEST, PATTERN, check_url
from notifications.change_partner import (
    change_partner,
    rotate_partner_secret,
    send_test,
    turn_partner,
)
from notifications.kinds import MessageKind
from notifications.partners import (
    Partner,
    PartnerState,
    Wanted,
    find_partner,
    list_partners,
    register_partner,
)

PARTNERS: Final = Listing("partners", (UUID,))
EXAMPLE_URL: Final = "https://radio.example/meguri"

router: Final = v1_router("administrators: notices")

_PATH: Final = "/admin/partners/{partner_id}"


class _Named(Body):
    name: Name = Field(examples=["世田谷コミュニティ放送"])
    url: Annotated[str, Field(strict=True, max_length=LONGEST, pattern=PATTERN)] = Field(
        examples=[EXAMPLE_URL],
        description="https, at port 443 or 8443 of a host of the public internet.",
    )


class PartnerBody(_Named):
    """Who passes on what."""

    kinds: Annotated[frozenset[MessageKind], Field(min_length=1)] = Field(
        examples=[["emergency", "public_service"]],
        description="What it is told of: what everybody may read, and never what happened to"
        " somebody's own money or data.",
    )


class PartnerChangeBody(_Named):
    """What a partner is called and where it listens from now on, and why."""

    reason: Reason = Field(examples=["先方のサーバー移転"])


class PartnerStateBody(Body):
    """What shall become of a partner, and why."""

    state: PartnerState = Field(examples=["paused"])
    reason: Reason = Field(examples=["先方のシステム更改"])


class PartnerAnswer(Answer):
    """A partner and how it goes."""

    partner_id: UUID
    name: str = Field(examples=["世田谷コミュニティ放送"])
    url: str | None = Field(examples=[EXAMPLE_URL])
    """Null once it was dropped."""
    kinds: list[MessageKind]
    state: PartnerState
    why: str | None = Field(examples=[None])
    """Why it was dropped: `by-staff`, or `gone` where it answered 410."""
    secret_made_at: datetime
    old_secret_until: datetime | None
    """Until then webhooks bear a signature of the secret of before too."""
    made_by: str = Field(examples=["admin:0192f0c1-2222-7000-8000-000000000007"])
    made_at: datetime
    dropped_at: datetime | None
    told_at: datetime | None
    """When it took something last."""
    waiting: int = Field(examples=[0])
    """How many webhooks wait for it."""
    dead: int = Field(examples=[0])
    """How many of the last 30 days it did not take, after all attempts."""


class PartnerWithSecret(PartnerAnswer):
    """The same with its secret."""

    secret: str | None = Field(examples=["whsec_" + "c" * 43 + "="])
    """Shown once: null when the same partner is registered again. Whoever lost it rotates."""


@router.put(_PATH, operation_id="registerPartner", summary="Register a partner", status_code=201)
async def put_partner(
    request: Request,
    admin: Chief,
    partner_id: Annotated[UUID, new_id("partner_id")],
    body: PartnerBody,
) -> PartnerWithSecret:
    """It is told of the alerts that hold, of what is put down from now on, and when that holds no
    more, signed. At most 20.
    """
    state, region_id = state_of(request), admin.region.region_id
    await check_url(state.addresses, body.url)
    wanted = Wanted(body.name, body.url, body.kinds)
    async with state.database.transaction(region_id) as db:
        made, secret = await register_partner(
            db, region_id, partner_id, wanted, state.vault, doer_of(admin)
        )
    if secret is None:
        add_header(request, "Idempotent-Replay", "true")
    return PartnerWithSecret(**_said(admin.region, made), secret=secret)


@router.get("/admin/partners", operation_id="listPartners", summary="Partners, newest first")
async def list_all(
    request: Request,
    admin: Reader,
    paging: Paged,
    state: Annotated[
        PartnerState | None, Query(description="Absent: all but those that were dropped here.")
    ] = None,
    kind: Annotated[MessageKind | None, Query(description="Only those told of this.")] = None,
) -> Page[PartnerAnswer]:
    """With what waits for each, and what it did not take."""
    region, start = admin.region, PARTNERS.start(paging)
    async with state_of(request).database.snapshot(region.region_id, as_role=CITY_ROLE) as db:
        found = await list_partners(
            db, region.region_id, start[0] if start else None, paging.limit + 1, state=state,
            kind=kind,
        )  # fmt: skip
    return PARTNERS.page(
        found, paging, lambda each: (each.partner_id,), lambda each: _answer(region, each)
    )


@router.get(_PATH, operation_id="getPartner", summary="One partner")
async def get_partner(request: Request, admin: Reader, partner_id: Uuid) -> PartnerAnswer:
    """One that was dropped, too."""
    region = admin.region
    async with state_of(request).database.snapshot(region.region_id, as_role=CITY_ROLE) as db:
        found = await find_partner(db, region.region_id, partner_id)
    return _answer(region, found)


@router.post(
    _PATH + "/changes", operation_id="changePartner", summary="Change a partner's name or address"
)
async def post_change(
    request: Request, admin: Chief, partner_id: Uuid, body: PartnerChangeBody
) -> PartnerAnswer:
    """What waits goes to the new address, what it took before is not told again. Twice is once."""
    state, region = state_of(request), admin.region
    await check_url(state.addresses, body.url)
    async with state.database.transaction(region.region_id) as db:
        found = await change_partner(
            db, region.region_id, partner_id, body.name, body.url, body.reason, doer_of(admin)
        )
    return _answer(region, found)


@router.post(
    _PATH + "/state-changes", operation_id="turnPartner",
    summary="Pause a partner, let it be told again, or drop it",
)  # fmt: skip
async def post_state(
    request: Request, admin: Chief, partner_id: Uuid, body: PartnerStateBody
) -> PartnerAnswer:
    """While it is `paused` nothing goes there; once it is `active` again it is told what still
    holds, and what ended meanwhile. `dropped` is for good. Twice is once.
    """
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        found = await turn_partner(
            db, region.region_id, partner_id, body.state, body.reason, doer_of(admin)
        )
    return _answer(region, found)


@router.post(
    _PATH + "/rotations",
    operation_id="rotatePartnerSecret",
    summary="Give a partner another secret",
)
async def post_rotation(
    request: Request, admin: Chief, partner_id: Uuid, body: RotationBody
) -> PartnerWithSecret:
    """Webhooks are signed by the new secret at once, and by both while they overlap."""
    state, region = state_of(request), admin.region
    async with state.database.transaction(region.region_id) as db:
        found, secret = await rotate_partner_secret(
            db, region.region_id, partner_id, timedelta(hours=body.overlap_hours), state.vault,
            doer_of(admin),
        )  # fmt: skip
    return PartnerWithSecret(**_said(region, found), secret=secret)


@router.put(
    _PATH + "/tests/{test_id}", operation_id="testPartner", summary="Send a partner a test",
    status_code=201,
)  # fmt: skip
async def put_test(
    request: Request,
    admin: Chief,
    partner_id: Uuid,
    test_id: Annotated[UUID, new_id("test_id")],
) -> PartnerDeliveryAnswer:
    """Of type `test`, signed and sent as any other within a second or two, for an hour at most.
    `…/deliveries` says what the partner answered.
    """
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        made, is_new = await send_test(db, region.region_id, partner_id, test_id, doer_of(admin))
    if not is_new:
        add_header(request, "Idempotent-Replay", "true")
    return delivery_answer(region, made)


def _answer(region: Region, found: Partner) -> PartnerAnswer:
    return PartnerAnswer(**_said(region, found))


def _said(region: Region, found: Partner) -> dict[str, Any]:
    same = ("partner_id", "state", "why", "made_by", "waiting", "dead")
    moments = ("secret_made_at", "old_secret_until", "made_at", "dropped_at", "told_at")
    told = {name: getattr(found, name) for name in moments}
    return {
        **{name: getattr(found, name) for name in same},
        **{name: in_zone_if(at, region) for name, at in told.items()},
        "name": found.wanted.name,
        "url": found.wanted.url or None,
        "kinds": sorted(found.wanted.kinds),
    }
