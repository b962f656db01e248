"""What an ID token must be: each thing that is wrong with one is refused."""

import json
import math
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from access.id_tokens import (
    Expected,
    IdTokenRefusedError,
    KeyUnknownError,
    Upstream,
    read_id_token,
)

NOW = 1_000_000
EXPECTED = Expected("https://id.example.jp", "meguri", "the nonce")
CLAIMS: dict[str, Any] = {
    "iss": "https://id.example.jp",
    "aud": "meguri",
    "sub": "hanako",
    "nonce": "the nonce",
    "iat": NOW - 5,
    "exp": NOW + 300,
    "email": "hanako@example.jp",
    "email_verified": True,
    "name": "花子",
}
KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = rsa.generate_private_key(65537, 2048)


def jwk(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    algorithm: dict[Any, Any] = {
        rsa.RSAPrivateKey: jwt.algorithms.RSAAlgorithm,
        ec.EllipticCurvePrivateKey: jwt.algorithms.ECAlgorithm,
        ed25519.Ed25519PrivateKey: jwt.algorithms.OKPAlgorithm,
    }
    kind = next(made for known, made in algorithm.items() if isinstance(key, known))
    return {**json.loads(kind.to_jwk(key.public_key())), "kid": kid, **more}


KEYS = [jwk(KEY, "one", use="sig"), jwk(EC_KEY, "two"), jwk(OTHER, "enc", use="enc")]


def token(
    claims: dict[str, Any] | None = None, key: Any = KEY, alg: str = "RS256", **header: Any
) -> str:
    said = {name: value for name, value in (claims or CLAIMS).items() if value is not None}
    names = {name: value for name, value in ({"kid": "one"} | header).items() if value is not None}
    return jwt.encode(said, key, alg, names)


def read(
    given: str,
    expected: Expected = EXPECTED,
    keys: list[dict[str, Any]] = KEYS,
    access_token: object = "an access token",  # noqa: S107
) -> Upstream:
    return read_id_token(given, keys, expected, access_token, NOW)


def half_hash(text: str) -> str:
    return urlsafe_b64encode(sha256(text.encode()).digest()[:16]).rstrip(b"=").decode()


HANAKO = Upstream("https://id.example.jp", "hanako", "hanako@example.jp", "花子")


@pytest.mark.parametrize("alg", ["RS256", "RS512", "PS256"])
def test_a_token_of_the_provider_is_believed(alg: str):
    assert read(token(alg=alg)) == HANAKO


def test_keys_of_other_kinds_are_believed():
    edwards = ed25519.Ed25519PrivateKey.generate()
    assert read(token(key=EC_KEY, alg="ES256", kid="two")) == HANAKO
    assert read(token(key=edwards, alg="EdDSA", kid="three"), keys=[jwk(edwards, "three")]) == (
        HANAKO
    )


GOOD: list[dict[str, Any]] = [
    {"aud": ["meguri"]},
    {"aud": ["meguri", "another"], "azp": "meguri"},
    {"azp": "meguri"},
    {"exp": NOW + 1},
    {"iat": NOW + 30},
    {"iat": NOW - 600},
    {"at_hash": half_hash("an access token")},
    {"nbf": NOW},
]


@pytest.mark.parametrize("change", GOOD, ids=str)
def test_what_a_provider_may_say(change: dict[str, Any]):
    assert read(token(CLAIMS | change)) == HANAKO


BAD: list[dict[str, Any]] = [
    {"iss": "https://id.example.jp/"},
    {"iss": "https://evil.example"},
    {"iss": None},
    {"aud": "another"},
    {"aud": ["another"]},
    {"aud": ["meguri", "another"]},
    {"aud": ["meguri", "another"], "azp": "another"},
    {"azp": "another"},
    {"aud": None},
    {"aud": []},
    {"aud": {"meguri": 1}},
    {"nonce": "another nonce"},
    {"nonce": None},
    {"nonce": 5},
    {"nonce": "\ud800"},
    {"exp": NOW},
    {"exp": NOW - 1},
    {"exp": None},
    {"exp": 10**400},
    {"exp": math.nan},
    {"exp": math.inf},
    {"exp": str(NOW + 300)},
    {"exp": True},
    {"iat": None},
    {"iat": NOW + 31},
    {"iat": NOW - 601},
    {"nbf": NOW + 31},
    {"at_hash": half_hash("another access token")},
    {"at_hash": 5},
    {"sub": None},
    {"sub": ""},
    {"sub": "a" * 256},
    {"sub": "花子"},
    {"sub": "hana ko\n"},
    {"sub": 17},
    {"filler": "a" * 20_000},
]


@pytest.mark.parametrize("change", BAD, ids=lambda change: str(change)[:60])
def test_what_is_wrong_is_refused(change: dict[str, Any]):
    with pytest.raises(IdTokenRefusedError):
        read(token(CLAIMS | change))


def test_a_hash_of_no_access_token_is_refused():
    with pytest.raises(IdTokenRefusedError):
        read(token(CLAIMS | {"at_hash": half_hash("x")}), access_token=None)


@pytest.mark.parametrize("said", [False, "true", 1, None])
def test_an_email_that_was_not_verified_is_no_email(said: object):
    claims = CLAIMS | {"email_verified": said}
    assert read(token(claims)).email is None


def test_an_unsigned_token_is_refused():
    unsigned = token(alg="none", key=None)
    for given in (unsigned, unsigned.replace(unsigned.split(".")[0], head({"alg": "None"}), 1)):
        with pytest.raises(IdTokenRefusedError):
            read(given)


def head(header: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()


def test_a_public_key_is_no_shared_secret():
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = json.dumps(CLAIMS).encode()
    body = (
        f"{head({'alg': 'HS256', 'kid': 'one'})}.{urlsafe_b64encode(claims).decode().rstrip('=')}"
    )
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    forged = signature.sign(body.encode(), public)
    with pytest.raises(IdTokenRefusedError):
        read(f"{body}.{urlsafe_b64encode(forged).rstrip(b'=').decode()}")


def test_another_key_under_the_same_name_is_refused():
    with pytest.raises(IdTokenRefusedError):
        read(token(key=OTHER))


@pytest.mark.parametrize("kid", ["enc", "three", "two"])
def test_a_key_that_is_none_for_this_is_unknown(kid: str):
    with pytest.raises(KeyUnknownError):
        read(token(key=OTHER, kid=kid))


def test_without_a_name_there_must_be_one_key():
    assert read(token(kid=None), keys=[KEYS[0]]) == HANAKO
    with pytest.raises(KeyUnknownError):
        read(token(kid=None), keys=[KEYS[0], jwk(OTHER, "other")])


def test_a_short_rsa_key_is_refused():
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505  (it must be refused)
    body = token().rpartition(".")[0]
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    signed = urlsafe_b64encode(signature.sign(body.encode(), short)).rstrip(b"=").decode()
    with pytest.raises(IdTokenRefusedError, match="a short key"):
        read(f"{body}.{signed}", keys=[jwk(short, "one")])


def test_a_second_factor_is_asked_for_where_it_is_set():
    wants = Expected(*("https://id.example.jp", "meguri", "the nonce"),
                     acr=frozenset({"high"}), amr=frozenset({"otp"}))  # fmt: skip
    for change in ({"acr": "high"}, {"amr": ["pwd", "otp"]}):
        assert read(token(CLAIMS | change), wants) == HANAKO
    for change in ({}, {"acr": "low"}, {"amr": ["pwd"]}, {"amr": "otp"}, {"acr": ["high"]}):
        with pytest.raises(IdTokenRefusedError):
            read(token(CLAIMS | change), wants)


@pytest.mark.parametrize("given", ["", ".", "..", "a.b.c", "é.é.é", "x" * 10_000])
def test_what_is_no_token_is_refused(given: str):
    with pytest.raises(IdTokenRefusedError):
        read(given)
