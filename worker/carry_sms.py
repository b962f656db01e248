"""Carry text messages: a POST with JSON and a bearer token to the provider of the settings.

The message's id is its idempotency key: a provider that knows such keys sends nothing twice.
"""

import asyncio
import re
from typing import Any, Final

import httpx

from access.outbox import Letter
from access.outside import client_of_outside, read_rest, retry_after_s, why_unreached
from core.senders import SmsProvider
from worker.carriers import DEADLINE_S, SENT, Outcome

LONGEST_PAUSE_S: Final = 3600
_CONNECTIONS: Final = 100

_MESSAGE_IS_WRONG: Final = frozenset({400, 413, 422})
"""What says that this message will never be taken; all else may be mended over there, or here."""
_PLACE: Final = re.compile(r"\{(to|text|id)\}")


class SmsCarrier:
    """The provider of a deployment. Close its client in the end."""

    def __init__(self, provider: SmsProvider, client: httpx.AsyncClient) -> None:
        self._provider = provider
        self._client = client

    async def carry(self, letter: Letter) -> Outcome:
        """Only the status and Retry-After count, whatever the rest of the answer says."""
        headers = {
            "Authorization": f"Bearer {self._provider.token.get_secret_value()}",
            "Idempotency-Key": str(letter.message_id),
        }
        said = {"to": letter.address, "text": letter.body, "id": str(letter.message_id)}
        body = _filled(self._provider.body, said)
        outcome: Outcome | None = None
        try:
            async with (
                asyncio.timeout(DEADLINE_S),
                self._client.stream(
                    "POST", self._provider.url, json=body, headers=headers
                ) as answer,
            ):
                outcome = _outcome(answer)
                await read_rest(answer)
        except (TimeoutError, httpx.TransportError) as error:
            return outcome or Outcome("again", why_unreached(error))  # what was said stands
        return outcome


def sms_client() -> httpx.AsyncClient:
    """A client that follows nobody elsewhere, and takes no proxy from the environment."""
    return client_of_outside(DEADLINE_S, _CONNECTIONS, {})


def _outcome(answer: httpx.Response) -> Outcome:
    if answer.is_success:
        return SENT
    why = f"status-{answer.status_code}"
    if answer.status_code in _MESSAGE_IS_WRONG:
        return Outcome("failed", why)
    return Outcome("again", why, retry_after_s(answer, LONGEST_PAUSE_S))


def _filled(template: Any, said: dict[str, str]) -> Any:
    """The template with its places filled in once: what is filled in has no places."""
    if isinstance(template, str):
        return _PLACE.sub(lambda place: said[place[1]], template)
    if isinstance(template, dict):
        return {name: _filled(value, said) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, said) for value in template]
    return template
