"""Carry to phones, by FCM HTTP v1: to one app, and without any content.

What is sent names an item of the inbox; the app asks for it with the person's own token. On iOS a
text of the app's own is shown, `notice` or `emergency`: Apple drops most of what is silent.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import httpx
import orjson

from access.outside import (
    UnreadableAnswerError,
    client_of_outside,
    read_within,
    retry_after_s,
    why_unreached,
)
from core.senders import Fcm
from notifications.deliveries import RESTS, Delivery
from notifications.service_account import ServiceAccount, read_service_account
from worker.access_token import AccessToken, NoTokenError
from worker.notice_carriers import Handed

DEADLINE_S: Final = 10.0
LONGEST_TTL_S: Final = 28 * 86_400
LONGEST_PAUSE_S: Final = 3_600
TOO_MANY_S: Final = 60
"""After 429 without a Retry-After, and after a token that was refused as soon as it was new."""
_CONNECTIONS: Final = 128
_LARGEST_BYTES: Final = 65_536

_FCM_ERROR: Final = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_BAD_REQUEST: Final = "type.googleapis.com/google.rpc.BadRequest"
_CODES: Final = {
    "UNREGISTERED": "unregistered",
    "SENDER_ID_MISMATCH": "sender-id-mismatch",
    "INVALID_ARGUMENT": "invalid-argument",
    "THIRD_PARTY_AUTH_ERROR": "third-party-auth-error",
    "QUOTA_EXCEEDED": "quota-exceeded",
    "UNAVAILABLE": "unavailable",
    "INTERNAL": "internal",
}
"""Of FcmError, as we keep them: what else may stand there is nobody's code."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says; anything that is not as documented says nothing."""

    status: int
    after_s: int | None = None
    is_taken: bool = False
    """It names the message that was made of it: a 200 without one came from somebody else."""
    code: str = ""
    """Of FcmError: one of `_CODES`."""
    fields: tuple[str, ...] = ()
    """Which members of the request were wrong."""

    @property
    def why(self) -> str:
        """A code for the outbox."""
        return self.code or f"status-{self.status}"


class FcmCarrier:
    """One Firebase project. Its client is closed by whoever made it."""

    def __init__(
        self,
        account: ServiceAccount,
        url: str,
        client: httpx.AsyncClient,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._url = f"{url}/v1/projects/{account.project_id}/messages:send"
        self._client = client
        self._token = AccessToken(account, client)
        self._deadline_s = deadline_s

    def side_of(self, delivery: Delivery) -> str:
        """There is one."""
        return delivery.channel

    async def carry(self, delivery: Delivery) -> Handed:
        """One message. Without an access token nothing was tried."""
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._carry(delivery)
        except NoTokenError as error:
            return Handed("again", RESTS, error.after_s)
        except (TimeoutError, httpx.TransportError) as error:
            return Handed("again", why_unreached(error))

    async def _carry(self, delivery: Delivery) -> Handed:
        body = orjson.dumps({"message": message_of(delivery, int(time.time()))})
        token = await self._token.get()
        said = await self._send(token, body)
        if said.status == 401 and not said.code:
            # It may have been withdrawn before its end: one other one, for all who hear so.
            said = await self._send(await self._token.get(refused=token), body)
            if said.status == 401:
                return Handed("again", said.why, TOO_MANY_S)
        return handed(said)

    async def _send(self, token: str, body: bytes) -> Said:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        async with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
            try:
                raw = await read_within(answer, _LARGEST_BYTES)
            except UnreadableAnswerError:
                raw = b""
            return _said(answer, raw)


@asynccontextmanager
async def fcm_carrier(named: Fcm) -> AsyncIterator[FcmCarrier]:
    """The carrier of a deployment. Raises BadServiceAccountError, and OSError for its file."""
    account = read_service_account(named.key_file)
    headers = {"user-agent": "Meguri-Push/1"}
    async with client_of_outside(DEADLINE_S, _CONNECTIONS, headers) as client:
        yield FcmCarrier(account, named.url, client)


def message_of(delivery: Delivery, now_s: int) -> dict[str, Any]:
    """What FCM passes on, at this second of the clock of everybody (`projects.messages`)."""
    item_id, lasts_s = str(delivery.item_id), max(0, min(delivery.lasts_s, LONGEST_TTL_S))
    is_emergency = delivery.kind == "emergency"
    shown = {"loc-key": "emergency" if is_emergency else "notice"}
    return {
        "token": delivery.address,
        "data": {"item_id": item_id},
        "android": {"priority": "HIGH" if is_emergency else "NORMAL", "ttl": f"{lasts_s}s"},
        "apns": {
            "headers": {
                "apns-push-type": "alert",
                "apns-priority": "10" if is_emergency else "5",
                "apns-expiration": str(now_s + lasts_s),
                "apns-collapse-id": item_id,
            },
            "payload": {"aps": {"alert": shown, "sound": "default", "mutable-content": 1}},
        },
    }


def handed(said: Said) -> Handed:
    """What an answer comes to. An address is dropped only for what FCM itself says of it."""
    if said.is_taken:
        return Handed("sent")
    if said.status == 200:
        return Handed("again", "garbage", said.after_s)
    state = _state_of(said)
    is_silent = said.status == 429 and said.after_s is None
    after_s = TOO_MANY_S if is_silent else said.after_s
    return Handed(state, said.why, after_s if state == "again" else None)


def _state_of(said: Said) -> Literal["again", "failed", "gone", "refused"]:
    if (said.status, said.code) == (404, "unregistered"):
        return "gone"
    if (said.status, said.code) == (403, "sender-id-mismatch"):
        return "refused"
    if said.status not in {400, 413}:
        return "again"
    if said.code != "invalid-argument":
        return "failed"
    # The same code for the address and for all else that we say; the member may not be named.
    if not said.fields:
        return "refused"
    return "gone" if "message.token" in said.fields else "failed"


def _said(answer: httpx.Response, raw: bytes) -> Said:
    status, after_s = answer.status_code, retry_after_s(answer, LONGEST_PAUSE_S)
    try:
        told = orjson.loads(raw)
    except orjson.JSONDecodeError:
        told = None
    if not isinstance(told, dict):
        return Said(status, after_s)
    if status == 200:
        name = told.get("name")
        is_taken = isinstance(name, str) and name.startswith("projects/")
        return Said(status, after_s, is_taken=is_taken)
    details = _maps(_map(told.get("error")).get("details"))
    codes = [each.get("errorCode") for each in details if each.get("@type") == _FCM_ERROR]
    wrong = [each for each in details if each.get("@type") == _BAD_REQUEST]
    fields = [field.get("field") for each in wrong for field in _maps(each.get("fieldViolations"))]
    return Said(
        status,
        after_s,
        code=_CODES.get(str(codes[0]), "") if codes else "",
        fields=tuple(str(field) for field in fields),
    )


def _map(given: object) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}


def _maps(given: object) -> list[dict[str, Any]]:
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
