"""The key with which browsers subscribe to Web Push."""

from functools import cache
from typing import Final

from fastapi import Request
from pydantic import Field

from api.answers import Answer
from api.closed_route import v1_router
from api.me_devices import MeReader
from api.state import state_of
from core.senders import WebPush
from notifications.vapid import read_vapid

router: Final = v1_router("residents: inbox")


class PushKeyAnswer(Answer):
    """What a page subscribes with."""

    public_key: str | None = Field(
        examples=[
            "BDQnvo-AWBaK88KKIb5Hl46cTEgGuAzlDNgUG8_pJ8UqbJnBMJZ2Ur4Q3cJvVVSQIiL1b8UTJ0T5H9bF0M5v0bQ"
        ]
    )
    """`applicationServerKey`, in base64url; null: nobody is told by their browser here."""


@router.get(
    "/me/push-key", operation_id="getPushKey", summary="The key that browsers subscribe with"
)
async def push_key(request: Request, _me: MeReader) -> PushKeyAnswer:
    """The same for everybody. What comes of subscribing goes to `addAddress`."""
    named = state_of(request).settings.web_push
    return PushKeyAnswer(public_key=None if named is None else _public(named))


@cache
def _public(named: WebPush) -> str:
    return read_vapid(named.key_file, named.contact).public
