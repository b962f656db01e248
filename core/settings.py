"""The settings of a deployment, read from the environment variables named MEGURI_*."""

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableVariable

from core.data_dir import default_data_dir
from core.failpoints import read_orders
from core.senders import Fcm, SmsProvider, WebPush
from core.sign_in_settings import SignInSettings

PREFIX = "MEGURI_"

LEAST_SECRET_BYTES = 24
"""Of a provider's secret (Standard Webhooks 1.0): whoever guesses it makes money."""

Environment = Literal["production", "demo", "test"]


class SettingsError(Exception):
    """A setting is missing, unknown or malformed; it is named, its value is not shown."""


class TopUpProvider(BaseModel):
    """One company that takes residents' money for us and tells us by webhook."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: SecretStr
    """What it signs its webhooks with (Standard Webhooks: `whsec_` and base64)."""
    region: str
    """Code of the one region whose wallets it may top up."""


class Settings(SignInSettings):
    """Everything that differs between deployments. Reading it touches no server and no file.

    A production deployment says where its keys are; demo and test may do without, and then find
    them in the data folder. URLs carry passwords, so they do not show when settings are printed.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    environment: Environment = "production"
    """What is at stake: `production` is real money; `demo` and `test` may use made-up secrets."""

    database_url: str = Field(default="", repr=False)
    """`postgresql://` URL of the application's login. Empty: the embedded PostgreSQL is used."""

    owner_database_url: str = Field(default="", repr=False)
    """The same for migrations, by a login that is a member of `meguri_owner`.
    Empty: `database_url`."""

    sealer_database_url: str = Field(default="", repr=False)
    """The same for sealing history, by a login that is a member of `meguri_sealer`; the worker
    alone has it. Only demo and test have a default for it: `database_url`."""

    database_pool_size: int = Field(default=10, ge=1, le=500)
    """Connections that each process keeps open to PostgreSQL."""

    without_standby: Literal["stop", "degrade"] = "stop"
    """What the API and the worker do while PostgreSQL's synchronous standby confirms nothing:
    `stop` and wait for it; `degrade` to one server's commits, and say so."""

    standby_patience_seconds: int = Field(default=10, ge=1, le=60)
    """How long no standby has to confirm anything before `degrade` does without it."""

    redis_url: str = Field(default="", repr=False)
    """`redis://`, `rediss://` or `unix://` URL of Redis or Valkey. Empty: the embedded Valkey."""

    keys_file: Path
    """File of the private keys that sign tokens. Only demo and test have a default for it."""

    seal_keys_file: Path | None = None
    """File of the private keys that sign sealed history; the worker alone reads it. Only demo and
    test have a default for it."""

    vault_key_file: Path | None = None
    """File of the key that hashes codes and seals second factors and the secrets of webhooks; the
    API and the worker read it. Only demo and test have a default for it."""

    published_heads_dir: Path | None = None
    """Folder that the worker writes each day's signed head to, for a public address to serve."""

    issuer: str = Field(default="meguri", min_length=1, max_length=200)
    """The `iss` of the tokens that this deployment issues and accepts."""

    data_dir: Path
    """Folder of the embedded servers. Default: see `default_data_dir`."""

    drain_seconds: int = Field(default=0, ge=0, le=60)
    """How long an API process that is told to end still serves, while /readyz answers 503:
    as long as the load balancer takes to notice."""

    head_seconds: int = Field(default=10, ge=1, le=60)
    """How long a connection may take for the head of a request, counted from its beginning or from
    the answer before. Then it is cut: there is no request yet that could be answered."""

    body_seconds: int = Field(default=10, ge=1, le=60)
    """How long the API waits for the whole body of a request, after which it answers 408."""

    requests_at_once: int = Field(default=256, ge=1, le=10_000)
    """How many requests an API process works on at once. The surplus is answered `busy` unread."""

    top_up_providers: dict[str, TopUpProvider] = Field(default={}, max_length=100)
    """JSON object: name of a provider -> its `secret` and its `region`."""

    sms_provider: SmsProvider | None = None
    """JSON object: `url`, `token` and `body` of who sends text messages. In production nobody signs
    in by a code without one."""

    web_push: WebPush | None = None
    """JSON object: `key_file` and `contact` of who pushes to browsers. Empty: nobody does."""

    fcm: Fcm | None = None
    """JSON object: `key_file` of the service account that tells phones. Empty: nobody does."""

    smtp_url: str = Field(default="", repr=False)
    """`smtps://` or `smtp://` (with STARTTLS) URL of the server that takes e-mail. Empty: none."""

    mail_from: str = Field(default="", max_length=254)
    """The sender's address of e-mail."""

    sms_countries: str = Field(default="JP", pattern=r"^[A-Z]{2}(,[A-Z]{2})*$")
    """Countries (ISO 3166) whose numbers are sent text messages, the first one's also as they are
    dialled there."""

    sms_codes_per_day: int = Field(default=5000, ge=1, le=1_000_000)
    """How many codes a region sends in a day: what that may cost."""

    sms_codes_per_network: int = Field(default=300, ge=1, le=1_000_000)
    """How many of them an hour are asked for from one network (IPv4 /24, IPv6 /56)."""

    device_wait_hours: int = Field(default=24, ge=0, le=720)
    """How long a device that is added by a code, beside or after others, may only look."""

    recovery_wait_hours: int = Field(default=0, ge=0, le=720)
    """How long a device that replaced all others at the counter may only look."""

    number_change_wait_hours: int = Field(default=24, ge=0, le=720)
    """How long a change of number waits while the old number can object."""

    webhooks_to_loopback: bool = False
    """Whether webhooks may go to this very machine, by http too: for demo and tests only."""

    failpoints: str = ""
    """Moments at which processes shall die or stand still (`core.failpoints`): for tests only."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: dict[str, Any]) -> dict[str, Any]:
        if unknown := unknown_variables(os.environ):
            raise ValueError(f"no setting of Meguri: {', '.join(unknown)}")
        filled = {"data_dir": default_data_dir(os.environ), **given}
        if filled.get("environment", "production") != "production":
            filled.setdefault("keys_file", Path(filled["data_dir"]) / "keys.json")
            filled.setdefault("seal_keys_file", Path(filled["data_dir"]) / "seal-keys.json")
            filled.setdefault("vault_key_file", Path(filled["data_dir"]) / "vault-key.txt")
            filled.setdefault("sealer_database_url", filled.get("database_url", ""))
        filled.setdefault("owner_database_url", filled.get("database_url", ""))
        return filled

    @model_validator(mode="after")
    def _urls_are_ours(self) -> Self:
        for name in ("database_url", "owner_database_url", "sealer_database_url"):
            _refuse_scheme(name, getattr(self, name), {"postgresql"})
            if getattr(self, name) and not self.database_url:
                raise ValueError(f"{PREFIX}{name.upper()} needs {PREFIX}DATABASE_URL beside it")
        _refuse_scheme("redis_url", self.redis_url, {"redis", "rediss", "unix"})
        _refuse_scheme("smtp_url", self.smtp_url, {"smtp", "smtps"})
        if self.smtp_url and "@" not in self.mail_from:
            raise ValueError(f"{PREFIX}SMTP_URL needs {PREFIX}MAIL_FROM beside it")
        return self

    @model_validator(mode="after")
    def _nobody_listens(self) -> Self:
        if self.environment == "production":
            self.refuse_plain()
        return self

    @model_validator(mode="after")
    def _nobody_breaks_production(self) -> Self:
        for name in ("failpoints", "webhooks_to_loopback"):
            if getattr(self, name) and self.environment == "production":
                raise ValueError(f"{PREFIX}{name.upper()} is for tests: never in production")
        read_orders(self.failpoints)
        return self

    @model_validator(mode="after")
    def _sealing_has_its_own_login(self) -> Self:
        given = self.sealer_database_url
        if (
            self.environment == "production"
            and given
            and _login(given) == _login(self.database_url)
        ):
            raise ValueError(
                f"{PREFIX}SEALER_DATABASE_URL must name another login than {PREFIX}DATABASE_URL"
            )
        return self

    @model_validator(mode="after")
    def _webhooks_are_hard_to_forge(self) -> Self:
        for name, provider in self.top_up_providers.items():
            if self.environment == "production" and not _is_secret(provider.secret):
                raise ValueError(
                    f"{PREFIX}TOP_UP_PROVIDERS[{name}][secret] must be whsec_ and base64 of at"
                    f" least {LEAST_SECRET_BYTES} bytes"
                )
        return self


def load_settings(**given: Any) -> Settings:
    """The settings of this process; what is `given` here goes before the environment.

    Raises `SettingsError` with one line for each thing that is wrong. An unknown MEGURI_* variable
    is one of them: a misspelled limit that is silently ignored is worse than a refusal to start.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [_in_words(problem) for problem in error.errors(include_input=False)]
        raise SettingsError("\n".join(lines)) from None
    except UnreadableVariable as error:
        # Its cause holds the text that could not be read, so it goes no further.
        raise SettingsError(f"MEGURI_* variables: {error} (it must be JSON)") from None


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Names of the MEGURI_* variables that are no setting, in order."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    return sorted(name for name in environ if name.startswith(PREFIX) and name.upper() not in known)


def _is_secret(secret: SecretStr) -> bool:
    prefix, _, encoded = secret.get_secret_value().partition("_")
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except ValueError:
        return False
    return prefix == "whsec" and len(decoded) >= LEAST_SECRET_BYTES


def _login(url: str) -> str | None:
    parts = urlsplit(url)
    return parse_qs(parts.query).get("user", [None])[-1] or parts.username


def _refuse_scheme(name: str, url: str, schemes: set[str]) -> None:
    if url and urlsplit(url).scheme not in schemes:
        wanted = " or ".join(f"{scheme}://" for scheme in sorted(schemes))
        raise ValueError(f"{PREFIX}{name.upper()} must begin with {wanted}")


def _in_words(problem: Mapping[str, Any]) -> str:
    place = problem["loc"]
    if not place:
        return str(problem["msg"]).removeprefix("Value error, ")
    name = PREFIX + str(place[0]).upper()
    if problem["type"] == "missing" and len(place) == 1:
        return f"{name} must be set (in production no secret has a default)"
    inside = "".join(f"[{step}]" for step in place[1:])
    return f"{name}{inside}: {problem['msg']}"
