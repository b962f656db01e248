"""The types of what staff and administrators sign in with."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from access.emails import LONGEST, BadEmailError, read_email
from access.passwords import LEAST, MOST, has_length
from api.fields import Body, Label, legible

LONGEST_TYPED = 1024
"""Characters as they are typed: NFKC makes at most 18 of one, and nothing here is read twice."""


def _email(text: str) -> str:
    try:
        read_email(text)
    except BadEmailError as error:
        raise PydanticCustomError("email", "an e-mail address in ASCII is needed") from error
    return text


def _encodable(text: str) -> str:
    if legible(text) != text:
        raise PydanticCustomError("unreadable_text", "a character cannot be read")
    return text


def _long_enough(text: str) -> str:
    if not has_length(text):
        raise PydanticCustomError(
            "password_length", "a password has 12 to 128 characters", {"minimum": LEAST}
        )
    return text


EmailText = Annotated[
    str, Field(strict=True, min_length=3, max_length=LONGEST), AfterValidator(_email)
]
"""An address as `access.emails` reads it."""
Password = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=LONGEST_TYPED),
    AfterValidator(_encodable),
]
"""A password that is to be compared."""
NewPassword = Annotated[
    str,
    Field(
        strict=True,
        min_length=1,
        max_length=LONGEST_TYPED,
        description=f"{LEAST} to {MOST} characters of any kind, after NFKC.",
        examples=["夕焼けの坂道を三輪車で下る"],
    ),
    AfterValidator(_encodable),
    AfterValidator(_long_enough),
]
"""A password that is to be set."""
Totp = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{6}$")]
RecoveryCode = Annotated[
    str, StringConstraints(strict=True, max_length=40, pattern=r"^[A-Za-z2-7 -]{16,40}$")
]
Secret = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_-]{43}$")]
"""What came by e-mail, or with an answer, for one use."""
Client = Annotated[
    Label,
    Field(description="By what its owner will know the session.", examples=["Firefox, 事務所"]),
]


def totp_field(**more: Any) -> Any:
    """A code of an authenticator in a body."""
    return Field(examples=["314159"], description="Six digits of the authenticator.", **more)


class SecondFactorShown(Body):
    """A code of the authenticator, or a recovery code: one of the two."""

    totp: Totp | None = totp_field(default=None)
    recovery_code: RecoveryCode | None = Field(default=None, examples=[None, "ABCD-EFGH-IJKL-MNOP"])

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.totp is None) == (self.recovery_code is None):
            raise PydanticCustomError("one_second_factor", "one second factor is needed")
        return self


def secret_field(said: str) -> Any:
    """A secret in a body."""
    return Field(examples=["s" * 43], description=said)


def named(value: UUID | None) -> str | None:
    """An id as JSON has it."""
    return None if value is None else str(value)
