"""The two ceremonies of WebAuthn: what a browser or a phone answers to them, checked.

The signatures and formats are the library's (`webauthn`). This file says what is asked for: which
keys, that the person was verified, that nothing came out of somebody else's frame. Attestation is
not asked for: who made an authenticator decides nothing here, and its formats are not read.
"""

import json
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import (
    base64url_to_bytes,
    decode_credential_public_key,
    encode_cbor,
    parse_cbor,
)
from webauthn.helpers.cose import COSECRV, COSEAlgorithmIdentifier
from webauthn.helpers.decode_credential_public_key import DecodedEC2PublicKey, DecodedRSAPublicKey
from webauthn.helpers.exceptions import WebAuthnException

ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
"""ES256 for nearly all, EdDSA, and RS256 for the TPMs of older computers; in this order."""

LONGEST_CREDENTIAL_ID: Final = 1023
"""WebAuthn 3, section 4."""

_RSA_BYTES: Final = (256, 512)
_RSA_EXPONENT: Final = b"\x01\x00\x01"
_WITHOUT_ATTESTATION: Final = frozenset({"none", "packed"})
_BROKEN: Final = (
    WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError,
    RecursionError,
)  # fmt: skip
"""How the library and its parsers say that something is not what it should be."""

Credential = dict[str, Any]
"""A PublicKeyCredential as browsers write it in JSON: id, rawId, type, response."""


class CeremonyBrokenError(ValueError):
    """What was answered shows nothing. Neither why nor what it was is told to anybody."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """For whom passkeys are made: the domain, the name that people see, and who may ask.

    An origin is `https://…` of a page, or `android:apk-key-hash:…` of an app.
    """

    rp_id: str
    name: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A passkey as it was made; `public_key` is a COSE key."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def challenge_in(credential: Credential) -> str:
    """The challenge that the answer says it is for, as it stands there; CeremonyBrokenError."""
    try:
        challenge = _client_data(credential)["challenge"]
    except _BROKEN as error:
        raise CeremonyBrokenError("no challenge") from error
    if not isinstance(challenge, str) or not challenge.isascii():
        _broken("no challenge")
    return challenge


def checked_registration(
    party: RelyingParty, credential: Credential, challenge: bytes
) -> NewCredential:
    """The passkey that was made for this challenge. Raises CeremonyBrokenError."""
    try:
        _refuse_frames(credential)
        _refuse_attestation(credential)
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=list(party.origins),
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
        _refuse_weak(made.credential_public_key)
        if base64url_to_bytes(credential["rawId"]) != made.credential_id:
            _broken("another credential")
    except _BROKEN as error:
        raise CeremonyBrokenError("no passkey") from error
    if len(made.credential_id) > LONGEST_CREDENTIAL_ID:
        _broken("too long an id")
    return NewCredential(made.credential_id, made.credential_public_key, made.sign_count)


def checked_assertion(
    party: RelyingParty, credential: Credential, challenge: bytes, public_key: bytes
) -> int:
    """The counter with which this key signed this challenge. Raises CeremonyBrokenError.

    The person was present and verified. What the counter means, the caller says.
    """
    try:
        _refuse_frames(credential)
        signed = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=list(party.origins),
            credential_public_key=public_key,
            credential_current_sign_count=-1,
            require_user_verification=True,
        )
    except _BROKEN as error:
        raise CeremonyBrokenError("no signature") from error
    return signed.new_sign_count


def _client_data(credential: Credential) -> dict[str, Any]:
    read = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
    return read if isinstance(read, dict) else _broken("no object")


def _refuse_frames(credential: Credential) -> None:
    """Refuse what was signed inside another site's page (WebAuthn 3, 7.1 step 10, 7.2 step 13)."""
    said = _client_data(credential)
    if said.get("crossOrigin", False) is not False or "topOrigin" in said:
        _broken("in a frame of another origin")


def _refuse_attestation(credential: Credential) -> None:
    """Leave the many formats with certificates unread: none was asked for."""
    read = parse_cbor(base64url_to_bytes(credential["response"]["attestationObject"]))
    if read["fmt"] not in _WITHOUT_ATTESTATION or "x5c" in read["attStmt"]:
        _broken("an attestation that nobody asked for")


def _refuse_weak(public_key: bytes) -> None:
    """Refuse an ES256 key on another curve than P-256, and RSA keys of odd sizes or exponents."""
    key = decode_credential_public_key(public_key)
    if isinstance(key, DecodedEC2PublicKey) and key.crv != COSECRV.P256:
        _broken("another curve")
    if isinstance(key, DecodedRSAPublicKey) and (
        not _RSA_BYTES[0] <= len(key.n) <= _RSA_BYTES[1] or not key.n[0] or key.e != _RSA_EXPONENT
    ):
        _broken("an RSA key that nobody makes")


def _broken(why: str) -> NoReturn:
    raise CeremonyBrokenError(why)


def _nobodys_key() -> bytes:
    point = generate_private_key(SECP256R1()).public_key().public_numbers()
    return encode_cbor({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})


NOBODYS_KEY: Final = _nobodys_key()
"""A key that no passkey has: where there is none, as much work is done for the same answer."""
