"""Alerts for everybody: an Atom feed of those that hold, and each as CAP 1.2."""

from datetime import UTC, datetime
from typing import Final

from fastapi import Request, Response

from api.admin_alerts import CAP_EXAMPLE
from api.attachments import shown
from api.closed_route import v1_router
from api.copies import answer_copy
from api.fields import Uuid
from api.public_region import RegionCode, public_region
from api.rate_limit import Quota
from api.state import state_of
from core.errors import Problem
from notifications.cap import feed_of
from notifications.read_alerts import ALERT_UNKNOWN, alerts_that_hold, find_alert

READS: Final = Quota("alerts", 600, 60)
"""Per address."""
AGE_S: Final = 10
"""How long anybody may keep a copy."""
_FEED: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>世田谷区 緊急情報</title>…</feed>\n'
)

_NOTHING_YET: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed without entries was last updated: the same in each of its copies."""

router: Final = v1_router("notices")


@router.get(
    "/regions/{region}/alerts",
    operation_id="getAlertFeed",
    summary="Alerts that hold, as an Atom feed",
    response_class=Response,
    responses=shown("application/atom+xml", _FEED),
)
async def alert_feed(request: Request, region: RegionCode) -> Response:
    """For anybody, without a token. Each entry links to its CAP 1.2.

    An update stands in the place of what it updates; a cancel stands here until its time is over.
    Exercises are never in it.
    """
    found = public_region(request, region, READS)
    state = state_of(request)
    now = state.clock.now()
    async with state.database.snapshot(found.region_id) as db:
        kept = await alerts_that_hold(db, found.region_id, now)
    outside = state.settings.public_url
    # Not by the host that a client names, where that is known: a copy of the feed goes to others.
    address = (
        str(request.url.replace(query="", fragment=""))
        if outside is None
        else f"{outside}{request.url.path}"
    )
    told = (
        (each.alert_id, each.alert, each.approved_at)
        for each in kept
        if each.approved_at is not None
    )
    text = feed_of(found, told, address, _NOTHING_YET)
    return answer_copy(request, text.encode(), "application/atom+xml", age_s=AGE_S)


@router.get(
    "/regions/{region}/alerts/{alert_id}",
    operation_id="getPublicAlert",
    summary="An alert as CAP 1.2",
    response_class=Response,
    responses=shown("application/cap+xml", CAP_EXAMPLE),
)
async def public_alert(request: Request, region: RegionCode, alert_id: Uuid) -> Response:
    """For anybody, without a token; also those that were updated or cancelled, or are over.

    Drafts and exercises are not there (404 alert-unknown).
    """
    found = public_region(request, region, READS)
    state = state_of(request)
    async with state.database.snapshot(found.region_id) as db:
        kept = await find_alert(db, found.region_id, alert_id, state.clock.now())
    if kept is None or kept.cap is None or not kept.reaches_residents:
        raise Problem(ALERT_UNKNOWN)
    return answer_copy(request, kept.cap.encode(), "application/cap+xml", age_s=AGE_S)
