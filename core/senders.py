"""Who carries messages for a deployment: the forms of the settings for SMS, browsers and phones."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class SmsProvider(BaseModel):
    """One company that sends text messages: it is asked by POST, with JSON and a bearer token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(repr=False)
    """Where a message is handed over: `https://`; `http://` only on this very machine."""
    token: SecretStr = SecretStr("")
    """The bearer token. Only the worker needs it: elsewhere the provider is named without."""
    body: dict[str, Any] = Field(
        default={"to": "{to}", "text": "{text}", "reference": "{id}"}, max_length=20
    )
    """The members of the JSON object. In a text, `{to}`, `{text}` and `{id}` are filled in."""

    @field_validator("url")
    @classmethod
    def _is_private(cls, url: str) -> str:
        return that_nobody_reads(url)


class WebPush(BaseModel):
    """Who this deployment is to the push services of browsers (VAPID, RFC 8292)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_file: Path
    """File (PEM) of a private key of P-256; the API and the worker read it."""
    contact: str = Field(pattern=r"^(mailto:|https://).", max_length=254)
    """Whom a push service may write to: `mailto:` or `https://`."""


class Fcm(BaseModel):
    """The Firebase project that tells phones (FCM HTTP v1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_file: Path
    """File (JSON) of a service account's key, as Google gives it; the worker alone reads it."""
    url: str = "https://fcm.googleapis.com"
    """Where messages are handed over: `https://`; `http://` only on this very machine."""

    @field_validator("url")
    @classmethod
    def _is_private(cls, url: str) -> str:
        return that_nobody_reads(url).rstrip("/")


def that_nobody_reads(url: str) -> str:
    """The same, where nobody on the way reads what goes there. Raises ValueError."""
    parts = urlsplit(url)
    is_near = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if not (parts.hostname and (parts.scheme == "https" or is_near)):
        raise ValueError("must begin with https://")
    return url
