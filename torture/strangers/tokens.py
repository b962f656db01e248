"""Tokens that must open no door: forged, spent, of another face; and true ones of somebody else."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, Final
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.claims import ROLES, Face
from api.key_file import Keys
from api.tokens import DEFAULT_TTL_S, LEEWAY_S, issue
from torture.strangers.doors import Door
from torture.strangers.victims import Victims
from town.directory import Listing

FACES: Final[tuple[Face, ...]] = ("resident", "merchant", "admin")
AHEAD_S: Final = 60
ADMINISTRATORS: Final = 40
"""Of each role: one person may ask 600 times a minute."""
INVALID: Final = (401, "token-invalid")
REVOKED: Final = (401, "token-revoked")

Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Comer:
    """Somebody at a door. `due` is what must be answered to a token that counts nowhere.

    Without one the token is true, and of somebody who has nothing of what is asked for.
    """

    kind: str
    token: Callable[[], str | None]
    due: tuple[int, str] | None = None
    repeats: bool = False
    """Only makes, in a region of its own, what has a victim's id: names are each region's own."""


@dataclass(frozen=True, slots=True)
class Forge:
    """Makes them. `shops` and `people` are others of the same region, `elsewhere` another one,
    and `farther` one where ids of victims are taken anew."""

    keys: Keys
    region: str
    elsewhere: str
    farther: str
    victims: Victims
    shops: tuple[Listing, ...]
    people: tuple[UUID, ...]
    random: Random
    _other: EllipticCurvePrivateKey = field(
        default_factory=lambda: generate_private_key(SECP256R1())
    )

    def comers(self, door: Door) -> tuple[Comer, ...]:
        """Every kind of them at this door."""
        return (*(self._bad(door) if door.face else ()), *self._thieves(door))

    def _bad(self, door: Door) -> Iterator[Comer]:
        """By all else than what is wrong with it each would be the right token there."""
        face = self._face(door)
        yield Comer("no token", lambda: None, (401, "token-missing"))
        yield Comer("expired by a second", lambda: self._spent(face, door), (401, "token-expired"))
        for kind, forge in _FORGERIES.items():
            yield Comer(kind, partial(forge, self, face, door), INVALID)
        for kind, token in self.victims.ended_tokens.items():
            family = claims_of(token)["fam"]
            yield Comer(kind, partial(self._ended, face, door, family), REVOKED)
            yield Comer(f"{kind} own", partial(str, token), REVOKED)
        if door.face != "any":
            other = self.random.choice([each for each in FACES if each != face])
            true = partial(self._of_a_victim, other, None)
            yield Comer("another face's", true, (403, "wrong-face"))
        if door.face == "admin" and door.roles:
            role = self.random.choice(sorted(ROLES["admin"] - {*door.roles}))
            true = partial(self._office, role, self.region)
            yield Comer("another role's", true, (403, "role-missing"))

    def _thieves(self, door: Door) -> Iterator[Comer]:
        shop, own = self.random.choice(self.shops), self.victims
        if door.face == "":
            yield Comer("nobody", lambda: None)
        if door.face in ("resident", "any"):
            person = self.random.choice(self.people)
            here = partial(self._issue, "resident", person, self.region)
            yield Comer("another resident", here)
            yield from self._away(
                door, "the same person", lambda where: self._issue("resident", own.person_id, where)
            )
        if door.face in ("merchant", "any"):
            here = partial(self._shop, shop.owner_id, shop.merchant_id, self.region)
            yield Comer("another shop", here)
            yield Comer("a client of another shop", partial(str, own.client_token))
            yield from self._away(
                door,
                "the same shop",
                lambda where: self._shop(own.login_id, own.merchant_id, where),
            )
        if door.face in ("admin", "any") and door.roles != ("operator",):
            role = self.random.choice(door.roles or ("finance",))
            yield from self._away(door, "an office", lambda where: self._office(role, where))

    def _away(self, door: Door, kind: str, token: Callable[[str], str]) -> Iterator[Comer]:
        """The same from another region."""
        yield Comer(f"{kind} elsewhere", partial(token, self.elsewhere))
        if door.own_id:
            repeating = partial(token, self.farther)
            yield Comer(f"{kind} elsewhere, with taken ids", repeating, repeats=True)

    def _face(self, door: Door) -> Face:
        own = [face for face in FACES if face == door.face]
        return self.random.choice(own or FACES)

    def _of_a_victim(self, face: Face, door: Door | None) -> str:
        own = self.victims
        if face == "resident":
            return self._issue(face, own.person_id, self.region)
        if face == "merchant":
            return self._shop(own.login_id, own.merchant_id, self.region)
        roles = door.roles if door is not None else ()
        return self._office(self.random.choice(roles or ("finance",)), self.region)

    def said(self, face: Face, door: Door) -> Claims:
        """What a true token of a victim says, under an id of its own."""
        return claims_of(self._of_a_victim(face, door)) | {"jti": str(uuid4())}

    def signed(self, said: Claims, **changed: Any) -> str:
        """By the right key, though the application would not have made it."""
        key = self.keys.ring.signer(time.time())
        return jwt.encode(said | changed, key.private, "ES256", headers={"kid": key.kid})

    def by_another(self, said: Claims, kid: str) -> str:
        """By another deployment's key."""
        return jwt.encode(said, self._other, "ES256", headers={"kid": kid})

    def _spent(self, face: Face, door: Door) -> str:
        over = int(time.time()) - LEEWAY_S - 1
        return self.signed(self.said(face, door), iat=over - DEFAULT_TTL_S, exp=over)

    def _ended(self, face: Face, door: Door, family: str) -> str:
        """Another token of the session that has ended, in the region that it was of."""
        said = self.said(face, door)
        if said["region"] == "*":
            said = self.said("resident", door)
        return self.signed(said, fam=family)

    def _shop(self, owner_id: UUID, merchant_id: UUID, region: str) -> str:
        return self._issue("merchant", owner_id, region, merchant=merchant_id, role="owner")

    def _office(self, role: str, region: str) -> str:
        sub = UUID(int=self.random.randrange(ADMINISTRATORS) + 1)
        return self._issue("admin", sub, "*" if role == "operator" else region, role=role)

    def _issue(self, face: Face, sub: UUID, region: str, **claims: Any) -> str:
        return issue(self.keys, face, sub, region, **claims)


def claims_of(token: str) -> Claims:
    """What a token says, whoever signed it. Raises jwt.PyJWTError where it is none."""
    said: Claims = jwt.decode(token, options={"verify_signature": False})
    return said


def _ahead(forge: Forge, face: Face, door: Door) -> str:
    now = int(time.time()) + AHEAD_S
    return forge.signed(forge.said(face, door), iat=now, exp=now + DEFAULT_TTL_S)


def _not_yet(forge: Forge, face: Face, door: Door) -> str:
    return forge.signed(forge.said(face, door), nbf=int(time.time()) + AHEAD_S)


def _unsigned(forge: Forge, face: Face, door: Door) -> str:
    return jwt.encode(forge.said(face, door), "", "none", headers={"kid": _kid(forge)})


def _hs256(forge: Forge, face: Face, door: Door) -> str:
    """The public key as the secret of a symmetric algorithm; PyJWT itself would not do it."""
    key = forge.keys.ring.signer(time.time()).private.public_key()
    secret = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head = {"alg": "HS256", "kid": _kid(forge), "typ": "JWT"}
    text = f"{_part(head)}.{_part(forge.said(face, door))}"
    return f"{text}.{_base64(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def _changed(forge: Forge, face: Face, door: Door) -> str:
    """Other claims under the signature of the first ones."""
    said = forge.said(face, door)
    head, _, signature = forge.signed(said).split(".")
    return f"{head}.{_part(said | {'region': forge.elsewhere, 'sub': str(uuid4())})}.{signature}"


def _kid(forge: Forge) -> str:
    return forge.keys.ring.signer(time.time()).kid


def _part(content: Claims) -> str:
    return _base64(json.dumps(content).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


_FORGERIES: Final[dict[str, Callable[[Forge, Face, Door], str]]] = {
    "not yet valid": _not_yet,
    "issued ahead": _ahead,
    "wrong audience": lambda f, face, door: f.signed(f.said(face, door), aud="everybody"),
    "alg none": _unsigned,
    "HS256 with the public key": _hs256,
    "another key under our kid": lambda f, face, door: f.by_another(f.said(face, door), _kid(f)),
    "another key": lambda f, face, door: f.by_another(f.said(face, door), "theirs"),
    "changed after it was signed": _changed,
    "of a region that is none": lambda f, face, door: f.signed(
        f.said(face, door), region="nowhere"
    ),
    "a refresh token": lambda f, _face, _door: f.victims.refresh_token,
}
"""Each must be answered with token-invalid."""
