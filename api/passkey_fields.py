"""What goes to browsers and comes from them for passkeys, as `navigator.credentials` knows it."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from access.ceremonies import Credential, RelyingParty
from access.passkeys import Ceremony
from api.answers import Answer
from api.fields import Body
from api.state import State
from core.errors import Problem, problem

PASSKEYS_NOT_OFFERED: Final = problem(
    "passkeys-not-offered", 404, "This deployment offers no passkeys."
)
PASSKEY_NOT_ADDED: Final = problem(
    "passkey-not-added", 409, "This passkey was not added: begin anew, or use another device."
)

_BASE64URL: Final = r"^[A-Za-z0-9_-]*=*$"
_MADE: Final = {
    "challenge": "5Y1Tn0mXqYw0c3E1bGtiT2hSvHf7y9b1oQm0cC2bq3E",
    "rp": {"id": "example.jp", "name": "Meguri"},
    "user": {"id": "AZLwwRERcACAAAAAAAAAAQ", "name": "巡り町", "displayName": "巡り町"},
    "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
    "timeout": 300_000,
    "excludeCredentials": [],
    "authenticatorSelection": {"residentKey": "preferred", "userVerification": "required"},
    "attestation": "none",
}
_SIGNED: Final = {
    "challenge": "5Y1Tn0mXqYw0c3E1bGtiT2hSvHf7y9b1oQm0cC2bq3E",
    "timeout": 300_000,
    "rpId": "example.jp",
    "allowCredentials": [],
    "userVerification": "required",
}

Base64Url = Annotated[str, Field(strict=True, max_length=16_384, pattern=_BASE64URL)]


class _FromBrowser(Body):
    """A browser's own object: what it says beside the members that are known is left aside."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class MadeResponse(_FromBrowser):
    """What an authenticator says when it has made a passkey."""

    client_data: Base64Url = Field(alias="clientDataJSON", examples=["eyJ0eXBlIjoid2ViYXV0aG4i"])
    attestation: Base64Url = Field(alias="attestationObject", examples=["o2NmbXRkbm9uZWdhdHRTdG10"])


class SignedResponse(_FromBrowser):
    """What an authenticator says when it has signed."""

    client_data: Base64Url = Field(alias="clientDataJSON", examples=["eyJ0eXBlIjoid2ViYXV0aG4i"])
    data: Base64Url = Field(alias="authenticatorData", examples=["SZYN5YgOjGh0NBcPZHZgW4_krrmi"])
    signature: Base64Url = Field(examples=["MEUCIQDmGx5pSVd2w0GGBqiwOF2cWwIgYH"])
    user: Base64Url | None = Field(
        default=None, alias="userHandle", examples=["AZLwwRERcACAAAAAAAAAAQ"]
    )


class _PublicKeyCredential(_FromBrowser):
    id: Base64Url = Field(examples=["ueXr3A80PF9RR6xmW7iPKg"])
    raw_id: Base64Url = Field(alias="rawId", examples=["ueXr3A80PF9RR6xmW7iPKg"])
    type: Literal["public-key"] = Field(examples=["public-key"])

    def as_given(self) -> Credential:
        """The object as the browser wrote it."""
        return self.model_dump(by_alias=True, exclude_none=True)


class MadePasskey(_PublicKeyCredential):
    """`toJSON()` of what `navigator.credentials.create` gave."""

    response: MadeResponse


class SignedPasskey(_PublicKeyCredential):
    """`toJSON()` of what `navigator.credentials.get` gave."""

    response: SignedResponse


class PasskeyWanted(Answer):
    """What a browser shall make a passkey by, once and within five minutes."""

    challenge_id: UUID
    options: dict[str, Any] = Field(examples=[_MADE])
    """For `PublicKeyCredential.parseCreationOptionsFromJSON`."""


class PasskeyAsked(Answer):
    """What a passkey shall sign, once and within five minutes. It names nobody."""

    challenge_id: UUID
    options: dict[str, Any] = Field(examples=[_SIGNED])
    """For `PublicKeyCredential.parseRequestOptionsFromJSON`."""


def party_of(state: State) -> RelyingParty:
    """For whom passkeys are made here. Raises passkeys-not-offered."""
    settings = state.settings
    if not settings.passkey_rp_id:
        raise Problem(PASSKEYS_NOT_OFFERED)
    origins = tuple(settings.passkey_origins)
    return RelyingParty(settings.passkey_rp_id, settings.passkey_name, origins)


def wanted(ceremony: Ceremony) -> PasskeyWanted:
    """The answer that asks for a new passkey."""
    return PasskeyWanted(challenge_id=ceremony.challenge_id, options=ceremony.options)


def asked(ceremony: Ceremony) -> PasskeyAsked:
    """The answer that asks for a signature."""
    return PasskeyAsked(challenge_id=ceremony.challenge_id, options=ceremony.options)
