"""A service account of Google Cloud: the key that its file holds, and what it signs to get in."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from core.senders import that_nobody_reads

SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
LASTS_S: Final = 3_600
"""Of an assertion; more than an hour is refused."""
LEAST_BITS: Final = 2_048
LARGEST_BYTES: Final = 65_536


class BadServiceAccountError(Exception):
    """The file is no key of a service account; why, without anything that it holds."""


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """Who this deployment is at Google."""

    project_id: str
    email: str
    token_uri: str
    """Where assertions are exchanged for access tokens."""
    key_id: str
    key: RSAPrivateKey = field(repr=False)

    def assertion(self, at: int) -> str:
        """What is exchanged for an access token (RFC 7523), made at this second."""
        said = {
            "iss": self.email,
            "scope": SCOPE,
            "aud": self.token_uri,
            "iat": at,
            "exp": at + LASTS_S,
        }
        return jwt.encode(said, self.key, algorithm="RS256", headers={"kid": self.key_id})


class _KeyFile(BaseModel):
    """What we read of a key's file; it holds more."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    type: Literal["service_account"]
    project_id: str = Field(pattern=r"^[a-z0-9][a-z0-9.:-]{0,99}$")
    private_key_id: str = Field(pattern=r"^[!-~]{1,200}$")
    private_key: SecretStr
    client_email: str = Field(pattern=r"^[!-~]{1,200}@[!-~]{1,200}$")
    token_uri: Annotated[str, AfterValidator(that_nobody_reads)] = Field(max_length=2_000)


def read_service_account(path: Path) -> ServiceAccount:
    """The account of a key's file. Raises BadServiceAccountError; OSError if it is not readable."""
    with path.open("rb") as file:
        raw = file.read(LARGEST_BYTES + 1)
    if len(raw) > LARGEST_BYTES:
        raise BadServiceAccountError(f"{path} is no key of a service account: it is too large")
    try:
        said = _KeyFile.model_validate_json(raw)
    except ValidationError as error:
        raise BadServiceAccountError(
            f"{path} is no key of a service account: {_in_words(error)}"
        ) from None
    return ServiceAccount(
        project_id=said.project_id,
        email=said.client_email,
        token_uri=said.token_uri,
        key_id=said.private_key_id,
        key=_key_of(path, said.private_key.get_secret_value()),
    )


def _key_of(path: Path, pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadServiceAccountError(f"{path} holds no private key in PEM") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < LEAST_BITS:
        raise BadServiceAccountError(f"{path} holds no key of RSA with {LEAST_BITS} bits or more")
    return key


def _in_words(error: ValidationError) -> str:
    """Which members are wrong, and nothing of what stands in them."""
    said = error.errors(include_url=False, include_input=False, include_context=False)
    if said[0]["type"] == "json_invalid":
        return "it is not JSON"
    return ", ".join(f"{'.'.join(map(str, each['loc'])) or 'it'} is wrong" for each in said)
