"""An upstream (上流の発信者) as two people register it: who signs, for whom, where, and what of."""

import base64
import binascii
from hashlib import sha256
from typing import Annotated, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from core.described import Described
from notifications.cap_elements import is_name
from notifications.texts import Texts, Title, Wording, legible

MOST_GEOCODES: Final = 200
MOST_EVENTS: Final = 50
LONGEST_HOURS: Final = 336
"""14 days, as of every alert."""
_KEY_PREFIX: Final = "whpk_"
_KEY_BYTES: Final = 32
_STRICT: Final = ConfigDict(frozen=True, extra="forbid")


def _named(text: str) -> str:
    if not is_name(text):
        raise PydanticCustomError("cap_name", "CAP has no spaces, commas, < and & in a name")
    return text


def _key(text: str) -> str:
    try:
        raw = base64.b64decode(text.removeprefix(_KEY_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not text.startswith(_KEY_PREFIX) or len(raw) != _KEY_BYTES:
        raise PydanticCustomError("public_key", "whpk_ and 32 bytes in base64 are needed")
    return text


Code = Annotated[str, Field(strict=True, min_length=1, max_length=80), AfterValidator(legible)]
Sender = Annotated[str, Field(strict=True, min_length=1, max_length=200), AfterValidator(_named)]
PublicKey = Annotated[str, Field(strict=True, min_length=1, max_length=60), AfterValidator(_key)]


class Geocode(Described):
    """A place as the upstream calls it."""

    model_config = _STRICT

    name: Code = Field(examples=["JISX0402"])
    """The `<valueName>` of the `<geocode>`."""
    value: Code = Field(examples=["13112"])
    area: Code | None = Field(default=None, examples=[None])
    """Which area of ours it is, by the plan of statistics; null: the whole region."""


class EventCode(Described):
    """A kind of event as the upstream calls it."""

    model_config = _STRICT

    name: Code = Field(examples=["jma:warning"])
    """The `<valueName>` of the `<eventCode>`."""
    value: Code = Field(examples=["03"])


class Phrases(Described):
    """What is said where an alert itself has only Japanese."""

    model_config = _STRICT

    ja_plain: Wording
    en: Wording


class EventKind(Described):
    """A kind of event that may come, and its fixed words in the languages that may lack."""

    model_config = _STRICT

    event: Title = Field(examples=["大雨警報"])
    """The `<event>` of its Japanese `<info>`, to the letter; with a `code`, only our name of it."""
    code: EventCode | None = Field(default=None, examples=[None])
    hours: Annotated[int, Field(strict=True, ge=1, le=LONGEST_HOURS, examples=[24])]
    """How long it holds from `<sent>` on, where it says no `<expires>`."""
    alert: Phrases
    """Of an alert and an update."""
    cancel: Texts
    """Of a cancel, which may come without any words."""


class Upstream(Described):
    """It never changes: another key, place or event is another registration."""

    model_config = _STRICT

    name: Title = Field(examples=["東京都災害情報システム"])
    sender: Sender = Field(examples=["alert@metro.tokyo.example"])
    """The `<sender>` that it speaks for. One upstream at a time speaks for a sender."""
    public_key: PublicKey = Field(examples=["whpk_" + base64.b64encode(bytes(range(32))).decode()])
    """Ed25519, as Standard Webhooks write it. The upstream keeps the other half."""
    geocodes: Annotated[list[Geocode], Field(min_length=1, max_length=MOST_GEOCODES)]
    """Places that it may speak of. What it says of others besides is left away."""
    events: Annotated[list[EventKind], Field(min_length=1, max_length=MOST_EVENTS)]

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if len({(each.name, each.value) for each in self.geocodes}) < len(self.geocodes):
            raise PydanticCustomError("same_place", "a place stands there twice")
        if len({each.event for each in self.events}) < len(self.events):
            raise PydanticCustomError("same_event", "an event stands there twice")
        codes = [each.code for each in self.events if each.code is not None]
        if len({(each.name, each.value) for each in codes}) < len(codes):
            raise PydanticCustomError("same_event", "a code of an event stands there twice")
        return self

    def document(self) -> str:
        """As it is kept; the same upstream has the same text."""
        return self.model_dump_json()

    @property
    def digest(self) -> str:
        """SHA-256 of the document, in hex."""
        return sha256(self.document().encode()).hexdigest()

    @property
    def key_digest(self) -> str:
        """SHA-256 of the public key, in hex: what both sides compare on the telephone."""
        return sha256(_raw(self.public_key)).hexdigest()

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether its key has signed this."""
        key = Ed25519PublicKey.from_public_bytes(_raw(self.public_key))
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def _raw(public_key: str) -> bytes:
    return base64.b64decode(public_key.removeprefix(_KEY_PREFIX))
