"""Notices as they are told to those who write and approve them, and to everybody."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.answers import Answer, in_zone, in_zone_if
from ledger.regions import Region
from notifications.kinds import Language, NoticeKind
from notifications.messages import Words
from notifications.read_notices import Notice, NoticeState
from notifications.segment import Segment
from notifications.size import Size


class NoticeWordsAnswer(Answer):
    """In one language."""

    title: str = Field(examples=["夏祭り"])
    body: str = Field(examples=["土曜日に広場で夏祭りがあります。"])


class TextsAnswer(Answer):
    """With every variable filled in."""

    ja: NoticeWordsAnswer
    ja_plain: NoticeWordsAnswer
    en: NoticeWordsAnswer


class SizeAnswer(Answer):
    """How many people a segment has, as far as it may be known, and whether these are enough."""

    estimate: int = Field(examples=[3210])
    """By payments: the sum of released cells, with their noise; declared: less a number of chance
    below a hundred, in hundreds, rounded down."""
    low: int = Field(examples=[3151])
    high: int = Field(examples=[3269])
    """By payments the true number of payers lies between the two in 95 of 100 weeks; declared,
    always."""
    needed: int = Field(examples=[125])
    """The estimate that is needed: with it, hardly ever a segment of few people passes."""
    passes: bool = Field(examples=[True])
    release_no: int | None = Field(examples=[17])
    """The release that it is from; null for a declared segment."""
    month: str = Field(examples=["2026-12"])
    """A segment is measured once a month."""


class NoticeAnswer(Answer):
    """A notice as it stands."""

    notice_id: UUID
    template_id: UUID
    kind: NoticeKind
    purpose: str = Field(examples=["夏祭りのお知らせ"])
    segment: Segment
    send_at: datetime | None
    lasts_hours: int = Field(examples=[168])
    state: NoticeState
    size: SizeAnswer | None
    """As it was when the approval was asked for; null for a draft."""
    texts: TextsAnswer | None
    drafted_by: str = Field(examples=["admin:0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234"])
    drafted_at: datetime
    asked_at: datetime | None
    approved_by: str | None = Field(examples=["admin:0192f0c1-2d3e-7f4a-8b5c-6d7e8f905678"])
    approved_at: datetime | None
    begun_at: datetime | None
    ended_by: str | None = Field(examples=[None])
    ended_at: datetime | None


def notice_answer(region: Region, notice: Notice) -> NoticeAnswer:
    """All of it: nothing in it is of a person but of those who work here."""

    draft = notice.draft
    return NoticeAnswer(
        notice_id=notice.notice_id,
        template_id=draft.template_id,
        kind=notice.kind,
        purpose=draft.purpose,
        segment=draft.segment,
        send_at=in_zone_if(draft.send_at, region),
        lasts_hours=draft.lasts_hours,
        state=notice.state,
        size=None if notice.size is None else size_answer(notice.size),
        texts=None if notice.texts is None else texts_answer(notice.texts),
        drafted_by=notice.drafted_by,
        drafted_at=in_zone(notice.drafted_at, region),
        asked_at=in_zone_if(notice.asked_at, region),
        approved_by=notice.approved_by,
        approved_at=in_zone_if(notice.approved_at, region),
        begun_at=in_zone_if(notice.begun_at, region),
        ended_by=notice.ended_by,
        ended_at=in_zone_if(notice.ended_at, region),
    )


def size_answer(size: Size) -> SizeAnswer:
    """A size with its verdict."""
    return SizeAnswer(
        estimate=size.estimate, low=size.low, high=size.high, needed=size.needed,
        passes=size.passes, release_no=size.release_no, month=f"{size.month:%Y-%m}",
    )  # fmt: skip


def texts_answer(texts: dict[Language, Words]) -> TextsAnswer:
    """In all three languages."""
    told = {
        name: NoticeWordsAnswer(title=each.title, body=each.body) for name, each in texts.items()
    }
    return TextsAnswer(ja=told["ja"], ja_plain=told["ja_plain"], en=told["en"])
