"""What residents are told, by which ways, and in which languages: closed lists."""

from typing import Final, Literal, get_args

OwnKind = Literal["payment", "refund", "top_up", "points", "expiring", "looked_at"]
"""What happened to somebody's own money or data: needs no consent, is never counted."""
NoticeKind = Literal["public_service", "campaign"]
"""What the city tells those whom it concerns: asks for consent, four of them a month."""
MessageKind = Literal[NoticeKind, "emergency"]
"""What is told to many in the same words. An emergency reaches everybody at once."""
Kind = Literal[OwnKind, MessageKind]

Channel = Literal["inbox", "web_push", "fcm", "email", "sms", "webhook"]
"""Ways to somebody. `webhook` is of partners, who pass on what everybody may read."""
Language = Literal["ja", "ja_plain", "en"]
"""`ja_plain` is plain Japanese (やさしい日本語)."""

NOTICE_KINDS: Final[tuple[NoticeKind, ...]] = get_args(NoticeKind)
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
MOST_A_MONTH: Final = 4
"""Notices that one person gets in a calendar month at most; a constraint says so too."""
MOST_TEXTS_A_DAY: Final = 20
"""Text messages that one person gets in 24 hours at most, emergencies apart: each costs money."""
