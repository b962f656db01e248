"""A factor shown anew by who is signed in: a token alone changes nothing that one signs in by.

Tries are counted for a login, whatever it is that shall be changed.
"""

from datetime import timedelta
from typing import Final, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncSession

from access.failures import Patience, count_try, forgive
from access.passkeys import NotShown, show_passkey
from access.second_factors import Given, use_second_factor
from api.anyone import AnyIdentity
from api.fields import Body, Uuid
from api.passkey_fields import SignedPasskey, party_of
from api.staff_fields import RecoveryCode, Totp, totp_field
from api.staff_passkeys import tell_of_copy
from api.state import State
from core.errors import problem

FACTOR_WRONG: Final = problem(
    "factor-wrong", 403, "This is no factor of yours, or it was used already."
)
CHANGES: Final = Patience("password change", 5, timedelta(hours=1))


class PasskeyShown(Body):
    """What a passkey has signed: the challenge of `askForStaffPasskey`."""

    challenge_id: Uuid
    credential: SignedPasskey


class FactorShown(Body):
    """A code of the authenticator, a recovery code, or a passkey: one of the three."""

    totp: Totp | None = totp_field(default=None)
    recovery_code: RecoveryCode | None = Field(default=None, examples=[None, "ABCD-EFGH-IJKL-MNOP"])
    passkey: PasskeyShown | None = Field(default=None, examples=[None])

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if [self.totp, self.recovery_code, self.passkey].count(None) != 2:
            raise PydanticCustomError("one_factor", "one factor is needed")
        return self


async def count_change(state: State, db: AsyncSession, me: AnyIdentity) -> None:
    """Count one try to change what one signs in by, to be committed first; too-many-tries."""
    await count_try(db, me.home.region_id, CHANGES, _key(state, me))


async def forgive_changes(state: State, db: AsyncSession, me: AnyIdentity) -> None:
    """Forget the tries of who was right in the end."""
    await forgive(db, me.home.region_id, CHANGES, _key(state, me))


async def is_shown(state: State, db: AsyncSession, me: AnyIdentity, shown: FactorShown) -> bool:
    """Whether the factor is one of the own; it is used up when the transaction commits."""
    if shown.passkey is not None:
        return await is_own_passkey(state, db, me, shown.passkey)
    given = Given(shown.totp, shown.recovery_code)
    return await use_second_factor(db, me.home.region_id, state.vault, me.subject_id, given)


async def is_own_passkey(
    state: State, db: AsyncSession, me: AnyIdentity, shown: PasskeyShown
) -> bool:
    """Whether a passkey of the own login signed; a copied one is told of."""
    region_id, given = me.home.region_id, shown.credential.as_given()
    found = await show_passkey(
        db, region_id, state.vault, party_of(state), "staff", shown.challenge_id, given
    )
    if isinstance(found, NotShown):
        if found.copied is not None:
            await tell_of_copy(db, me.home, found.copied)
        return False
    return found.subject_id == me.subject_id and found.is_usable


def _key(state: State, me: AnyIdentity) -> bytes:
    return state.vault.mac("password change", me.subject_id.bytes)
