"""Messages of access: codes and notices of security, written down before anybody sends them.

They leave by `worker/`, outside of any transaction. What was sent keeps neither address nor text.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import func, insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.sign_in_tables import message
from core.ids import uuid7

Channel = Literal["sms", "email"]

NOTICE_LASTS: Final = timedelta(days=2)
"""How long it is tried to send a notice of security; a code is worth nothing when it is over."""


async def put_message(
    session: AsyncSession,
    region_id: int,
    *,
    channel: Channel,
    purpose: str,
    address: str,
    body: str,
    lasts: timedelta = NOTICE_LASTS,
) -> UUID:
    """Put a message into the outbox in the caller's transaction: what is not committed is not sent.

    `address` is a number in E.164 or an e-mail address; `body` is at most 2,000 characters, and of
    an e-mail its first line is the subject.
    """
    message_id = uuid7(datetime.now(UTC))
    await session.execute(
        insert(message).values(
            region_id=region_id,
            message_id=message_id,
            channel=channel,
            purpose=purpose,
            address=address,
            body=body,
            expires_at=func.clock_timestamp() + lasts,
        )
    )
    return message_id
