"""Put down what is told to many, withdraw it, or let another message take its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.kinds import Language, MessageKind
from notifications.tables import message

End = Literal["replaced", "cancelled", "stopped"]
"""`replaced` by a later one; `cancelled`: it holds no more; `stopped` in the middle of sending."""


@dataclass(frozen=True, slots=True)
class Words:
    """A message in one language: at most 80 and 2,000 characters."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is told to many, before it is put down."""

    message_id: UUID
    kind: MessageKind
    audience: Literal["segment", "everybody"]
    texts: Mapping[Language, Words]
    why: Mapping[str, Any]
    """For whoever asks why it came: the purpose, and the segment as it was chosen."""
    made_at: datetime
    expires_at: datetime
    consents: Sequence[str] = ()
    """What a person must have agreed to, read again at the moment of sending."""
    replaces: UUID | None = None


async def put_message(db: AsyncSession, region_id: int, made: Message) -> None:
    """Put it down in the caller's transaction. One to everybody is in every inbox with the commit.

    The message that it replaces ends. Constraints refuse one that lacks a language, a second one
    under the same id, a second one in the place of the same message, and an emergency that has no
    alert of its id which was approved and is no exercise.
    """
    if made.replaces is not None:
        await end_message(db, region_id, made.replaces, "replaced")
    await db.execute(
        insert(message).values(
            region_id=region_id,
            message_id=made.message_id,
            kind=made.kind,
            audience=made.audience,
            texts={
                language: {"title": words.title, "body": words.body}
                for language, words in made.texts.items()
            },
            why=dict(made.why),
            consents=list(made.consents),
            replaces=made.replaces,
            made_at=made.made_at,
            expires_at=made.expires_at,
            reach="residents" if made.kind == "emergency" else None,
        )
    )


async def end_message(db: AsyncSession, region_id: int, message_id: UUID, end: End) -> bool:
    """End a message that holds: nothing of it is sent from the commit on. False if it had ended."""
    ended = await db.scalars(
        update(message)
        .where(
            message.c.region_id == region_id,
            message.c.message_id == message_id,
            message.c.state == "active",
        )
        .values(state=end, ended_at=func.clock_timestamp())
        .returning(message.c.message_id)
    )
    return ended.one_or_none() is not None
