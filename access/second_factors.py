"""Second factors: codes of an authenticator (TOTP, RFC 6238), and recovery codes without it.

Each is worth one sign-in. A code of the moment before or after will do, for a clock that is off.
"""

import base64
import secrets
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final
from uuid import UUID

import pyotp
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.tables import login, recovery_code
from access.vault import Vault
from core.ids import NIL

STEP_S: Final = 30
RECOVERY_CODES: Final = 10
_SEAL: Final = "totp secret"
_NOBODYS: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""The secret of nobody, so that a guess at one takes as long."""


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody shows as a second factor: one of the two."""

    totp: str | None = None
    recovery_code: str | None = None


def new_secret() -> str:
    """A secret of 160 bits for an authenticator, in base32."""
    return pyotp.random_base32()


def otpauth_uri(secret: str, email: str, issuer: str) -> str:
    """What an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def matching_step(secret: str, code: str, now_s: float) -> int | None:
    """The step of the code, if it is that of now or of a step beside; all three are compared."""
    maker, present = pyotp.TOTP(secret), int(now_s) // STEP_S
    found = None
    for step in (present - 1, present, present + 1):
        if compare_digest(maker.generate_otp(step), code):
            found = step
    return found


async def now_s(db: AsyncSession) -> float:
    """Seconds of the Unix epoch by the database's clock, the same for every process."""
    return float(await db.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0)


async def use_second_factor(
    db: AsyncSession, region_id: int, vault: Vault, login_id: UUID | None, given: Given
) -> bool:
    """Whether it is right, and was not used before; it is used up with the caller's transaction.

    Two that come with one code wait for each other. For nobody it does the same work.
    """
    whose = login_id or NIL
    rows = await db.execute(
        select(login.c.totp_sealed, login.c.totp_step)
        .where(login.c.region_id == region_id, login.c.login_id == whose)
        .with_for_update()
    )
    found = rows.one_or_none()
    has_secret = found is not None and found.totp_sealed is not None
    sealed = found.totp_sealed if found is not None and has_secret else _nobodys(vault, whose)
    secret = vault.open(_purpose(whose), sealed).decode()
    if given.totp is None:
        return await _use_recovery_code(db, region_id, vault, whose, given.recovery_code or "")
    step = matching_step(secret, given.totp, await now_s(db))
    last = found.totp_step if found is not None else 0
    if not has_secret or step is None or step <= last:
        return False
    await db.execute(
        update(login)
        .where(login.c.region_id == region_id, login.c.login_id == whose)
        .values(totp_step=step)
    )
    return True


async def set_second_factor(
    db: AsyncSession, region_id: int, vault: Vault, login_id: UUID, secret: str, step: int
) -> list[str]:
    """Give a login its authenticator, whose code of `step` was shown; its new recovery codes."""
    await db.execute(
        update(login)
        .where(login.c.region_id == region_id, login.c.login_id == login_id)
        .values(
            totp_sealed=vault.seal(_purpose(login_id), secret.encode()),
            totp_step=step,
        )
    )
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    await _forget_recovery_codes(db, region_id, login_id)
    await db.execute(
        insert(recovery_code),
        [
            {
                "region_id": region_id,
                "login_id": login_id,
                "code_hash": _hashed(vault, login_id, code),
            }
            for code in codes
        ],
    )
    return codes


async def forget_second_factor(db: AsyncSession, region_id: int, login_id: UUID) -> None:
    """Take authenticator and recovery codes away: nobody signs in until there are others."""
    await db.execute(
        update(login)
        .where(login.c.region_id == region_id, login.c.login_id == login_id)
        .values(totp_sealed=None)
    )
    await _forget_recovery_codes(db, region_id, login_id)


async def _forget_recovery_codes(db: AsyncSession, region_id: int, login_id: UUID) -> None:
    await db.execute(
        delete(recovery_code).where(
            recovery_code.c.region_id == region_id, recovery_code.c.login_id == login_id
        )
    )


async def _use_recovery_code(
    db: AsyncSession, region_id: int, vault: Vault, login_id: UUID, code: str
) -> bool:
    used = await db.scalars(
        delete(recovery_code)
        .where(
            recovery_code.c.region_id == region_id,
            recovery_code.c.login_id == login_id,
            recovery_code.c.code_hash == _hashed(vault, login_id, code),
        )
        .returning(recovery_code.c.login_id)
    )
    return used.one_or_none() is not None


def _new_code() -> str:
    """80 bits in four groups of four letters and digits, as people copy them from paper."""
    text = base64.b32encode(secrets.token_bytes(10)).decode()
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def _hashed(vault: Vault, login_id: UUID, code: str) -> bytes:
    plain = code.upper().replace("-", "").replace(" ", "")
    return vault.mac("recovery code", login_id.bytes, plain)


def _nobodys(vault: Vault, login_id: UUID) -> bytes:
    return vault.seal(_purpose(login_id), _NOBODYS.encode())


def _purpose(login_id: UUID) -> str:
    return f"{_SEAL} {login_id}"
