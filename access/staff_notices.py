"""What logins are written to: invitations, secrets of one use, and notices of security."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from access.messages import NOTICE_LASTS, put_message
from access.sessions import Home
from access.tables import login


def secret_text(home: Home, name: UUID, secret: str) -> str:
    """One word with all that its reader has to show: `<region>.<id>.<secret>`."""
    return f"{home.code}.{name}.{secret}"


async def write_invitation(
    db: AsyncSession, home: Home, address: str, name: UUID, secret: str, lasts: timedelta
) -> None:
    """The secret of an invitation, to the invited address and to nobody else."""
    body = (
        "Meguriへの招待です。次のコードを管理画面に入力してください。心当たりがなければ破棄してください。\n"
        "You are invited to Meguri. Enter this code in the console; ignore it if you know nothing"
        f" of it.\n\n{secret_text(home, name, secret)}\n"
    )
    await put_message(
        db, home.region_id, channel="email", purpose="invitation", address=address, body=body,
        lasts=lasts,
    )  # fmt: skip


async def write_secret(
    db: AsyncSession, home: Home, address: str, purpose: str, name: UUID, secret: str,
    lasts: timedelta,
) -> None:  # fmt: skip
    """The secret with which a password, or an authenticator, is set anew."""
    body = (
        "次のコードで再設定できます。心当たりがなければ、管理者に知らせてください。\n"
        "With this code it can be set anew. If you did not ask for it, tell your administrator."
        f"\n\n{secret_text(home, name, secret)}\n"
    )
    await put_message(
        db, home.region_id, channel="email", purpose=purpose, address=address, body=body,
        lasts=lasts,
    )  # fmt: skip


async def notify(db: AsyncSession, home: Home, login_id: UUID, what: str) -> None:
    """Tell a login's owner what happened to the login: one of `NOTICES`."""
    address = await db.scalar(
        select(login.c.email).where(
            login.c.region_id == home.region_id, login.c.login_id == login_id
        )
    )
    assert address is not None
    ja, en = NOTICES[what]
    body = (
        f"{ja}心当たりがなければ、すぐに管理者に知らせてください。\n"
        f"{en} If it was not you, tell your administrator at once.\n"
    )
    await put_message(
        db, home.region_id, channel="email", purpose=what, address=address, body=body,
        lasts=NOTICE_LASTS,
    )  # fmt: skip


NOTICES = {
    "new device": (
        "新しい端末からサインインがありました。",
        "Somebody signed in at a new device.",
    ),
    "passkey added": ("パスキーが追加されました。", "A passkey was added."),
    "passkey revoked": ("パスキーが失効しました。", "A passkey was revoked."),
    "passkey copied": (
        "パスキーの複製が使われた疑いがあり、サインインを拒否しました。",
        "A copy of a passkey may be in use: it was refused.",
    ),
    "recovery code used": (
        "復旧コードでサインインがありました。",
        "Somebody signed in with a recovery code.",
    ),
    "password changed": ("パスワードが変更されました。", "The password was changed."),
    "password removed": (
        "パスワードと認証アプリが削除されました。",
        "The password and the authenticator were removed.",
    ),
    "second factor changed": (
        "認証アプリが再設定されました。",
        "The authenticator was set anew.",
    ),
}
"""By purpose: the same in Japanese and in English."""
