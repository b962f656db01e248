"""Routes of machines that sign what they send (Standard Webhooks 1.0), and what they share."""

import base64
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import Header
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.closed_route import ClosedRoute
from api.rate_limit import Quota, address_of
from api.state import state_of
from core.errors import Problem, problem

SIGNATURE_INVALID = problem("signature-invalid", 401, "The webhook is not signed as it must be.")
SIGNATURE_EXPIRED = problem("signature-expired", 401, "The webhook was signed too long ago.")

TOLERANCE: Final = timedelta(minutes=5)
"""How far a sender's clock may be from ours; what is delivered again is signed again."""
FORGERIES: Final = Quota("unsigned-webhooks", 60, 60)
"""Deliveries of one address that were not signed as they must be."""

_IS_SIGNED: Final = "meguri.is_signed"

WebhookId = Annotated[
    str, Header(max_length=200, description="The delivery's name.", examples=["msg_2KWPBgLl"])
]
WebhookTimestamp = Annotated[
    str, Header(max_length=20, description="Unix seconds.", examples=["1795310400"])
]
WebhookSignature = Annotated[
    str,
    Header(
        max_length=1000,
        description="`v1,` (of a secret) or `v1a,` (of an Ed25519 key) and base64; several after "
        "one another while a secret is changed.",
        examples=["v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="],
    ),
]


class SignedRoute(ClosedRoute):
    """Counts by address what is refused before its signature was believed, whatever was wrong.

    429 where one address sent too many such. What is signed as it must be is never counted here.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The closed route's handler; its refusals are counted."""
        handle = super().get_route_handler()

        async def counted(request: Request) -> Response:
            try:
                return await handle(request)
            except (Problem, RequestValidationError):
                if _IS_SIGNED not in request.scope:
                    state_of(request).limiter.limit(request, FORGERIES, address_of(request))
                raise

        return counted


async def signed_message(request: Request, webhook_id: str, webhook_timestamp: str) -> bytes:
    """What is signed: id, timestamp and raw body. Raises signature-invalid for no timestamp."""
    if not webhook_timestamp.isascii() or not webhook_timestamp.isdigit():
        raise Problem(SIGNATURE_INVALID)
    return f"{webhook_id}.{webhook_timestamp}.".encode() + await request.body()


def signatures(header: str, version: str) -> list[bytes]:
    """Those of this version among the given ones; what is no base64 is no signature."""
    return [_signature(part, version) for part in header.split()]


def believe(request: Request, webhook_timestamp: str) -> None:
    """Its signature was right: raises signature-expired where it is too old, or of the future."""
    # Transport is checked in real time, whatever time it is in the town.
    age = datetime.now(UTC).timestamp() - int(webhook_timestamp)
    if abs(age) > TOLERANCE.total_seconds():
        raise Problem(SIGNATURE_EXPIRED)
    request.scope[_IS_SIGNED] = True


def _signature(part: str, version: str) -> bytes:
    given, _, encoded = part.partition(",")
    if given != version:
        return b""
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:  # no base64, or not even ASCII
        return b""
