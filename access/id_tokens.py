"""ID tokens: what a provider says about who signed in there, believed only if all of it fits.

OpenID Connect Core 1.0, sections 2, 3.1.3.6 and 3.1.3.7; stricter where it leaves a choice. The
signatures are PyJWT's.
"""

import hashlib
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, Final, NoReturn

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.utils import base64url_encode

LONGEST: Final = 16_384
"""Characters of an ID token."""
LONGEST_SUBJECT: Final = 255
"""Section 2: ASCII characters."""
AHEAD_S: Final = 30
"""By so much the provider's clock may be ahead of ours. Behind, it costs life of the token."""
OLDEST_S: Final = 600
"""So long ago the token may have been made: it comes right after the sign-in."""
_END_OF_TIME_S: Final = 2**53

HASHES: Final = {
    "RS256": "sha256", "RS384": "sha384", "RS512": "sha512",
    "PS256": "sha256", "PS384": "sha384", "PS512": "sha512",
    "ES256": "sha256", "ES384": "sha384", "ES512": "sha512",
    "EdDSA": "sha512",
}  # fmt: skip
"""The algorithms that are believed, with the hash of each. None of them has a shared secret."""
_KEY_TYPES: Final = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_LEAST_RSA_BITS: Final = 2048


class IdTokenRefusedError(ValueError):
    """The token is not believed. Why, is for tests alone: it is told to nobody."""


class KeyUnknownError(IdTokenRefusedError):
    """No key of the set is the token's: the provider may have a newer one."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must be for: this provider, this client, this one sign-in."""

    issuer: str
    client_id: str
    nonce: str
    acr: frozenset[str] = frozenset()
    amr: frozenset[str] = frozenset()
    """If either is set, one of the values shows that there was a second factor."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """Who signed in at the provider. `email` is None unless the provider has verified it."""

    issuer: str
    subject: str
    email: str | None
    name: str | None


def read_id_token(
    token: str, keys: list[dict[str, Any]], expected: Expected, access_token: object, now_s: float
) -> Upstream:
    """Who signed in. `keys` is the provider's JWK set, `now_s` Unix seconds.

    Raises KeyUnknownError, and IdTokenRefusedError for all else. A token whose last second has
    begun is over.
    """
    if len(token) > LONGEST:
        _refuse("too long")
    try:
        header = jwt.get_unverified_header(token)
        alg = header.get("alg")
        if alg not in HASHES:
            _refuse("algorithm")
        key = _key(keys, alg, header.get("kid"))
        claims = jwt.decode(token, key, algorithms=[alg], options=_SIGNATURE_ALONE)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        if isinstance(error, IdTokenRefusedError):
            raise
        raise IdTokenRefusedError("signature") from error
    _check_times(claims, now_s)
    _check_parties(claims, expected)
    _check_nonce(claims, expected)
    _check_access_token(claims, alg, access_token)
    _check_second_factor(claims, expected)
    return _upstream(claims)


_SIGNATURE_ALONE: Final[Any] = {
    "verify_signature": True, "verify_exp": False, "verify_nbf": False, "verify_iat": False,
    "verify_aud": False, "verify_iss": False, "verify_sub": False, "verify_jti": False,
}  # fmt: skip
"""The claims are looked at below, by one clock and without leeway."""


def _key(keys: list[dict[str, Any]], alg: str, kid: object) -> Any:
    """The one key of the set that may have signed: of this kind, for signing, with this id."""
    fitting = [
        jwk
        for jwk in keys
        if jwk.get("kty") == _KEY_TYPES[alg[:2]]
        and jwk.get("use", "sig") == "sig"
        and jwk.get("alg", alg) == alg
        and (kid is None or jwk.get("kid") == kid)
    ]
    if len(fitting) != 1:
        raise KeyUnknownError("key")
    key = jwt.PyJWK(fitting[0], algorithm=alg).key
    if isinstance(key, RSAPublicKey) and key.key_size < _LEAST_RSA_BITS:
        _refuse("a short key")
    return key


def _check_times(claims: dict[str, Any], now_s: float) -> None:
    if not now_s < _time(claims, "exp"):
        _refuse("expired")
    if not now_s - OLDEST_S <= _time(claims, "iat") <= now_s + AHEAD_S:
        _refuse("made at another time")
    if "nbf" in claims and not _time(claims, "nbf") <= now_s + AHEAD_S:
        _refuse("not yet")


def _time(claims: dict[str, Any], name: str) -> float:
    at = claims.get(name)
    if type(at) not in (int, float) or not abs(at) < _END_OF_TIME_S:  # type: ignore[arg-type]
        _refuse("no time")
    return float(at)  # type: ignore[arg-type]


def _check_parties(claims: dict[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        _refuse("issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if expected.client_id not in audiences:
        _refuse("audience")
    # One token for several parties says who asked for it; one for us alone may.
    azp = claims.get("azp", None if len(audiences) > 1 else expected.client_id)
    if azp != expected.client_id:
        _refuse("authorized party")


def _check_nonce(claims: dict[str, Any], expected: Expected) -> None:
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not nonce.isascii():
        _refuse("nonce")
    if not compare_digest(nonce, expected.nonce):
        _refuse("nonce")


def _check_access_token(claims: dict[str, Any], alg: str, access_token: object) -> None:
    if "at_hash" not in claims:
        return
    if not isinstance(access_token, str):
        _refuse("a hash of no token")
    digest = hashlib.new(HASHES[alg], access_token.encode()).digest()
    half = base64url_encode(digest[: len(digest) // 2]).decode()
    if claims["at_hash"] != half:
        _refuse("hash of another access token")


def _check_second_factor(claims: dict[str, Any], expected: Expected) -> None:
    if not expected.acr and not expected.amr:
        return
    methods = claims.get("amr")
    said = (
        {method for method in methods if isinstance(method, str)}
        if isinstance(methods, list)
        else set()
    )
    acr = claims.get("acr")
    if not (isinstance(acr, str) and acr in expected.acr) and not said & expected.amr:
        _refuse("second factor")


def _upstream(claims: dict[str, Any]) -> Upstream:
    subject, email, name = claims.get("sub"), claims.get("email"), claims.get("name")
    if not isinstance(subject, str) or not 1 <= len(subject) <= LONGEST_SUBJECT:
        _refuse("subject")
    if not subject.isascii() or not subject.isprintable():
        _refuse("subject")
    is_verified = claims.get("email_verified") is True and isinstance(email, str)
    return Upstream(
        claims["iss"],
        subject,
        email if is_verified else None,
        name if isinstance(name, str) else None,
    )


def _refuse(why: str) -> NoReturn:
    raise IdTokenRefusedError(why)
