"""Upstreams let alerts out: CAP 1.2, signed, from whoever two people have registered."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final, get_args
from uuid import UUID

from fastapi import Depends
from pydantic import Field
from starlette.requests import Request

from api.answers import Answer
from api.body import read_xml_body
from api.closed_route import v1_router
from api.envelope import add_header
from api.fields import Uuid
from api.public_region import RegionCode
from api.rate_limit import Quota
from api.signed_route import (
    SIGNATURE_INVALID,
    SignedRoute,
    WebhookId,
    WebhookSignature,
    WebhookTimestamp,
    believe,
    signatures,
    signed_message,
)
from api.state import state_of
from core.errors import Problem
from core.metrics import upstream_alerts
from ledger.regions import Region
from notifications.read_xml import MOST_BYTES
from notifications.receive_alert import Outcome, Taken, keep_refused, receive_alert
from notifications.upstreams import UPSTREAM_REVOKED, UPSTREAM_UNKNOWN, find_upstream

TAKEN: Final = Quota("alerts-of-an-upstream", 120, 600)
"""Messages of one upstream that were signed as they must be."""
MOST_SIGNATURES: Final = 4
CAP_IN_EXAMPLE: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>tokyo-20261120-0017'
    "</identifier><sender>alert@metro.tokyo.example</sender><sent>2026-11-20T21:34:56+09:00</sent>"
    "<status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info><language>ja-JP"
    "</language><category>Met</category><event>大雨警報</event><urgency>Immediate</urgency>"
    "<severity>Severe</severity><certainty>Observed</certainty><headline>大雨警報</headline>"
    "<description>川に近づかない。</description><area><areaDesc>世田谷区</areaDesc><geocode>"
    "<valueName>JISX0402</valueName><value>13112</value></geocode></area></info></alert>\n"
)
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/cap+xml": {"schema": {"type": "string"}, "example": CAP_IN_EXAMPLE}
        },
    }
}


for _outcome in get_args(Outcome):
    upstream_alerts.labels(_outcome)  # a rise from nothing is no rise to whoever watches


class CapRoute(SignedRoute):
    """A signed route whose body is XML."""

    async def read(self, request: Request) -> Request:
        """The request with its whole body; raises what `read_xml_body` raises."""
        return await read_xml_body(request, state_of(request).settings.body_seconds, MOST_BYTES)


router: Final = v1_router("alert upstreams", CapRoute)


class Sender:
    """The upstream that signed this request, and its region."""

    def __init__(self, upstream_id: UUID, region: Region) -> None:
        self.upstream_id = upstream_id
        self.region = region


class AlertTaken(Answer):
    """What became of it."""

    outcome: Outcome
    """`out` to everybody; an `exercise`, which reaches staff alone; a `test`, which nobody sees."""
    alert_id: UUID | None
    """Null for a `test`."""
    arrival_id: UUID
    """Under which it is kept, byte for byte."""
    sha256: str = Field(
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )
    """Of what came."""


async def signed(
    request: Request,
    region: RegionCode,
    upstream_id: Uuid,
    webhook_id: WebhookId,
    webhook_timestamp: WebhookTimestamp,
    webhook_signature: WebhookSignature,
) -> Sender:
    """The upstream, if this is signed by its key: Ed25519 over id, timestamp and raw body (`v1a`).

    Raises alert-upstream-unknown, alert-upstream-revoked, signature-invalid, signature-expired,
    and 429.
    """
    state = state_of(request)
    home = state.regions.find(region)
    if home is None:
        raise Problem(UPSTREAM_UNKNOWN)
    async with state.database.snapshot(home.region_id) as db:
        found = await find_upstream(db, home.region_id, upstream_id)
    if found.state == "asked":
        raise Problem(UPSTREAM_UNKNOWN)
    message = await signed_message(request, webhook_id, webhook_timestamp)
    given = signatures(webhook_signature, "v1a")[:MOST_SIGNATURES]
    if not any(found.upstream.has_signed(message, signature) for signature in given):
        raise Problem(SIGNATURE_INVALID)
    with _counted():
        believe(request, webhook_timestamp)
        if found.state == "revoked":
            raise Problem(UPSTREAM_REVOKED)
        state.limiter.limit(request, TAKEN, str(upstream_id))
    return Sender(upstream_id, home)


@router.post(
    "/webhooks/alerts/{region}/{upstream_id}",
    operation_id="receiveAlert",
    summary="An upstream lets an alert out to everybody, as CAP 1.2",
    openapi_extra=_BODY,
)
async def receive(request: Request, sender: Annotated[Sender, Depends(signed)]) -> AlertTaken:
    """With the answer it is in every inbox: no second person is asked. An `Update` or a `Cancel`
    takes the place of the earlier one of the same `<sender>`. The same message again has the same
    answer; another one under the same `<identifier>` is refused (409 id-in-use).

    At most 131,072 bytes of UTF-8. What is signed and refused is kept for the region to read.
    """
    state, region = state_of(request), sender.region
    content, now = await request.body(), state.clock.now()
    try:
        with _counted():
            async with state.database.transaction(region.region_id) as db:
                taken = await receive_alert(db, region, sender.upstream_id, content, now)
    except Problem as refused:
        if refused.type.status < 500:
            slug = refused.type.slug
            async with state.database.transaction(region.region_id) as db:
                await keep_refused(db, region.region_id, sender.upstream_id, content, slug, now)
        raise
    if taken.is_replay:
        add_header(request, "Idempotent-Replay", "true")
    else:
        upstream_alerts.labels(taken.outcome).inc()
    return _answer(taken)


@contextmanager
def _counted() -> Iterator[None]:
    """What is refused to somebody who has signed it, nobody is told of: an operator watches it."""
    try:
        yield
    except Problem as refused:
        if refused.type.status < 500:  # else they try again
            upstream_alerts.labels("refused").inc()
        raise


def _answer(taken: Taken) -> AlertTaken:
    return AlertTaken(
        outcome=taken.outcome,
        alert_id=taken.alert_id,
        arrival_id=taken.arrival_id,
        sha256=taken.digest.hex(),
    )
