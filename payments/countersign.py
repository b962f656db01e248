"""The countersign (合言葉) of a payment: a word, a colour and a number, on phone and till alike.

It changes every ten seconds and follows from a secret of the deployment, so a picture or a film of
somebody's screen is wrong by the time it is shown to anybody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from core.errors import Problem, problem

COUNTERSIGN_OVER = problem(
    "countersign-over", 404, "A countersign is shown for a quarter of an hour after the payment."
)

LASTS: Final = timedelta(minutes=15)
CHANGES_S: Final = 10

Colour = Literal["red", "orange", "yellow", "green", "blue", "purple", "brown", "black"]

_COLOURS: Final[tuple[tuple[Colour, str], ...]] = (
    ("red", "#c62828"), ("orange", "#ef6c00"), ("yellow", "#f9a825"), ("green", "#2e7d32"),
    ("blue", "#1565c0"), ("purple", "#6a1b9a"), ("brown", "#5d4037"), ("black", "#212121"),
)  # fmt: skip
_WORDS: Final = (
    "あさがお", "あひる", "いちご", "いるか", "うさぎ", "うちわ", "えんぴつ", "おにぎり",
    "かえる", "かさ", "かめ", "きつね", "きのこ", "くじら", "くるま", "けむし",
    "こいぬ", "こま", "さくら", "さる", "しか", "しろ", "すいか", "すずめ",
    "せみ", "そら", "たいこ", "たぬき", "ちょう", "つき", "つくし", "てがみ",
    "とけい", "とんぼ", "なす", "にじ", "にわとり", "ねこ", "のはら", "はさみ",
    "はな", "ひつじ", "ひまわり", "ふうせん", "ふね", "へび", "ほし", "ほたる",
    "まくら", "みかん", "むぎ", "めがね", "もみじ", "もり", "やま", "ゆき",
    "ゆびわ", "よる", "らくだ", "りす", "りんご", "れもん", "わかめ", "わに",
)  # fmt: skip

Mac = Callable[[str, bytes], bytes]
"""At least eight bytes that stand for a text and some bytes, and that nobody else can make."""


@dataclass(frozen=True, slots=True)
class Countersign:
    """What both screens show from one moment on."""

    word: str
    """In hiragana."""
    colour: Colour
    colour_code: str
    """As `#rrggbb`."""
    number: str
    """Two digits."""
    shown_from: datetime
    """Aware, in UTC; the next one follows ten seconds later."""


def countersigns_of(
    mac: Mac, payment_id: UUID, paid_at: datetime, now: datetime
) -> tuple[Countersign, Countersign]:
    """The countersign of this moment and the next one, so that no screen falls behind.

    Raises countersign-over a quarter of an hour after the payment.
    """
    if now - paid_at > LASTS:
        raise Problem(COUNTERSIGN_OVER)
    slot = int(now.timestamp()) // CHANGES_S
    return _countersign(mac, payment_id, slot), _countersign(mac, payment_id, slot + 1)


def _countersign(mac: Mac, payment_id: UUID, slot: int) -> Countersign:
    drawn = int.from_bytes(mac("countersign", payment_id.bytes + slot.to_bytes(8))[:8])
    drawn, word = divmod(drawn, len(_WORDS))
    drawn, colour = divmod(drawn, len(_COLOURS))
    name, code = _COLOURS[colour]
    shown_from = datetime.fromtimestamp(slot * CHANGES_S, UTC)
    return Countersign(_WORDS[word], name, code, f"{drawn % 100:02}", shown_from)
