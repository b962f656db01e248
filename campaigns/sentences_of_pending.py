"""What is read of points that are credited on a later day: how many, and from when on."""

from datetime import date
from typing import Final, TypedDict

from campaigns.sentence import count, day


class Words(TypedDict):
    """One sentence in every language; `ja_easy` is plain Japanese (やさしい日本語)."""

    ja: str
    ja_easy: str
    en: str


_PENDING: Final = Words(
    ja="{points}ポイントは{day}から使えます。",
    ja_easy="{points}ポイントは {day}から つかえます。",
    en="{points} points can be used from {day} on.",
)


def explain_pending(points: int, credited_on: date) -> Words:
    """That so many points can be used from that day on."""
    ja_points, en_points = count(points)
    ja_day, en_day = day(int(f"{credited_on:%Y%m%d}"))
    return Words(
        ja=_PENDING["ja"].format(points=ja_points, day=ja_day),
        ja_easy=_PENDING["ja_easy"].format(points=ja_points, day=ja_day),
        en=_PENDING["en"].format(points=en_points, day=en_day),
    )
