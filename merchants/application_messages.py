"""What applicants are written: their reference, and what comes of their application."""

from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from access.messages import put_message
from access.sessions import Home
from access.staff_notices import secret_text

LASTS: Final = timedelta(days=7)

_WORDS: Final = {
    "more_asked": (
        "加盟申請について、確認したいことがあります。",
        "There is something to add to your application as a merchant.",
    ),
    "refused": (
        "加盟申請は承認されませんでした。",
        "Your application as a merchant was not approved.",
    ),
}


async def write_reference(
    db: AsyncSession, home: Home, address: str, application_id: UUID, reference: str
) -> None:
    """The reference, with which an application is looked at and amended."""
    body = (
        "加盟申請を受け付けました。次の受付番号で、申請の確認と訂正ができます。心当たりがなければ破棄してください。\n"
        "Your application was received. With this reference you can see and amend it; ignore it"
        f" if you know nothing of it.\n\n{secret_text(home, application_id, reference)}\n"
    )
    await put_message(
        db, home.region_id, channel="email", purpose="application", address=address, body=body,
        lasts=LASTS,
    )  # fmt: skip


async def write_outcome(
    db: AsyncSession, home: Home, address: str, outcome: Literal["more_asked", "refused"],
    reason: str,
) -> None:  # fmt: skip
    """What a review came to, with its reason."""
    ja, en = _WORDS[outcome]
    await put_message(
        db, home.region_id, channel="email", purpose=f"application {outcome}", address=address,
        body=f"{ja}\n{en}\n\n{reason}\n", lasts=LASTS,
    )  # fmt: skip
