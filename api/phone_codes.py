"""A code goes to a number and comes back: the forms of it that signing in and changing share."""

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, Field
from starlette.requests import Request

from api.answers import Answer, in_zone
from api.sign_in_region import network_of
from api.state import State, state_of
from core.errors import Problem, problem
from ledger.regions import Region
from residents.codes import CODE_WRONG, LASTS, PAUSE, TOO_MANY_GUESSES, Limits
from residents.phone import LONGEST, e164

PHONE_NOT_USABLE: Final = problem(
    "phone-not-usable", 422, "This is no number that can be sent a text message here."
)
SMS_UNAVAILABLE: Final = problem(
    "sms-unavailable", 503, "No code can be sent: nobody is set who sends text messages."
)

_WIDE: Final = {ord("０") + digit: str(digit) for digit in range(10)}


def _narrow(code: str) -> str:
    return code.translate(_WIDE)


PhoneText = Annotated[
    str,
    Field(
        strict=True,
        min_length=1,
        max_length=LONGEST,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        examples=["090-1234-5678"],
        description="In any usual spelling, with or without the country's number.",
    ),
]
Code = Annotated[
    str,
    Field(strict=True, pattern=r"^(?:[0-9]{6}|[０-９]{6})$", examples=["314159"]),
    AfterValidator(_narrow),
]
"""Six digits; keyboards here write them wide, too."""


class CodeAsked(Answer):
    """A code is on its way."""

    challenge_id: UUID
    expires_at: datetime
    resend_after: int = Field(examples=[60])
    """Seconds until another one may be asked for."""


def code_asked(region: Region, challenge_id: UUID) -> CodeAsked:
    """The answer for a code that was put into the outbox just now."""
    return CodeAsked(
        challenge_id=challenge_id,
        expires_at=in_zone(datetime.now(UTC) + LASTS, region),
        resend_after=int(PAUSE.total_seconds()),
    )


def usable_phone(state: State, written: str) -> str:
    """The number in E.164. Refuses phone-not-usable, and sms-unavailable where nobody sends."""
    settings = state.settings
    phone = e164(written, settings.sms_countries.split(","))
    if phone is None:
        raise Problem(PHONE_NOT_USABLE)
    if settings.environment == "production" and settings.sms_provider is None:
        raise Problem(SMS_UNAVAILABLE, retry_after=3600)
    return phone


def limits_of(request: Request) -> Limits:
    """How many codes there may be, and from where this one is asked for."""
    settings = state_of(request).settings
    return Limits(network_of(request), settings.sms_codes_per_network, settings.sms_codes_per_day)


def guess_refused(wait_s: int | None) -> Problem:
    """The refusal: too-many-guesses if there is something to wait for, else code-wrong."""
    if wait_s:
        return Problem(TOO_MANY_GUESSES, retry_after=wait_s)
    return Problem(CODE_WRONG)
