"""I close my account: what is personal is erased, what was paid stays in the books by ids."""

from typing import Any, Final, Literal
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.answers import Answer
from api.closed_route import v1_router
from api.confirmation import Confirmation, confirmed
from api.fields import Body, Uuid
from api.identity import ResidentIdentity
from api.me_devices import MeWriter
from api.state import State, state_of
from campaigns.offers import forget_lines_of
from core.errors import Problem
from core.ids import time_of, uuid8
from ledger.books import PENDING
from notifications.forget_notices import forget_notices_of
from residents.close_person import WALLET_NOT_CLOSED, ClosePerson
from residents.erase_person import erase_person
from residents.person import PERSON_CLOSED
from residents.reads import Wallet, wallets_of
from residents.wallet import WALLET_FROZEN, WALLET_NOT_EMPTY, ChangeWallet

CLOSING: Final = "account closed"
"""The reason that the journal has for the end of the wallets."""
NOT_CLOSED: Final = "account not closed"
"""The reason that it has where something came to one of them before the account was closed."""
_MOST_WALLETS: Final = 1000

router = v1_router("residents: me")


class ClosingBody(Body):
    """What confirms that the account shall be closed."""

    change_id: Uuid = Field(description="A UUIDv7 made for this change.")
    confirmation: Confirmation = Field(
        description="By the PIN, or by a device's signature over `meguri closing`, `region`,"
        " `person_id` and `change_id`, a line each."
    )


class AccountClosed(Answer):
    """An account that is there no more. Its tokens end within two seconds."""

    person_id: UUID


@router.post("/me/closing", operation_id="closeMyAccount", summary="Close my account for good")
async def close_account(request: Request, me: MeWriter, body: ClosingBody) -> AccountClosed:
    """Wallets must be empty, and nothing owed: the refusal says what stands in the way, and where.
    Where a shop refunds at this very moment, the wallets are open again.

    There is no way back. The number is free again, and begins as a new person.
    """
    state = state_of(request)
    await _check_wallets(state, me)
    await confirmed(state, me, body.confirmation, "closing", body.change_id)
    closed = [wallet for wallet in await _wallets(state, me) if wallet.state != "closed"]
    for wallet in closed:
        await _turn(state, me, wallet, body.change_id, "closed")
    try:
        await _close_person(state, me, body.change_id)
    except Problem as refused:
        if refused.type in {WALLET_NOT_EMPTY, WALLET_NOT_CLOSED}:
            for wallet in closed:
                await _turn(state, me, wallet, body.change_id, "open")
        raise
    async with state.database.transaction(me.region.region_id) as db:
        # First of all: what others add at this moment waits for it, or is there to be forgotten.
        await erase_person(db, me.region, me.person_id, me.actor)
        await forget_lines_of(db, me.region.region_id, me.person_id)
        await forget_notices_of(db, me.region.region_id, me.person_id)
    return AccountClosed(person_id=me.person_id)


async def _wallets(state: State, me: ResidentIdentity) -> list[Wallet]:
    region_id = me.region.region_id
    async with state.database.snapshot(region_id) as db:
        return await wallets_of(db, region_id, me.person_id, None, _MOST_WALLETS)


async def _check_wallets(state: State, me: ResidentIdentity) -> None:
    """Raises wallet-frozen, wallet-not-empty before anything is closed.

    What is over counts for nothing, as when the engine closes a wallet, which decides in the end;
    what is pending is still to come.
    """
    today = me.region.day_of(state.clock.now())
    for wallet in await _wallets(state, me):
        wallet_id = str(wallet.wallet_id)
        if wallet.state == "frozen":
            raise Problem(WALLET_FROZEN, wallet_id=wallet_id)
        good = [
            lot
            for lot in (*wallet.lots, *wallet.pending)
            if lot.kind == PENDING or lot.expires_on is None or lot.expires_on >= today
        ]
        if good or wallet.owed_yen:
            held: dict[str, Any] = {
                name: sum(lot.balance for lot in good if lot.kind == kind)
                for name, kind in (
                    ("coin_yen", "coin"),
                    ("points", "points"),
                    ("pending_points", PENDING),
                )
            }
            raise Problem(WALLET_NOT_EMPTY, wallet_id=wallet_id, owed_yen=wallet.owed_yen, **held)


async def _turn(
    state: State,
    me: ResidentIdentity,
    wallet: Wallet,
    change_id: UUID,
    to: Literal["closed", "open"],
) -> None:
    """By a command, like the desk's: a payment at that moment comes before it, or not at all."""
    purpose = "closing" if to == "closed" else "closing refused"
    command = ChangeWallet(
        entry_id=uuid8(time_of(change_id), purpose, change_id, wallet.wallet_id),
        actor=me.actor,
        wallet_id=wallet.wallet_id,
        state=to,
        reason=CLOSING if to == "closed" else NOT_CLOSED,
    )
    (await state.engines.of(me.region.region_id).submit(command)).accepted()


async def _close_person(state: State, me: ResidentIdentity, change_id: UUID) -> None:
    """In the ledger: no wallet is opened by a token that is still believed for a moment.

    Who is closed there already was not erased yet: the process ended, or the answer was lost.
    """
    command = ClosePerson(
        entry_id=uuid8(time_of(change_id), "closing", change_id),
        actor=me.actor,
        person_id=me.person_id,
    )
    receipt = await state.engines.of(me.region.region_id).submit(command)
    if receipt.entry.refusal != PERSON_CLOSED.slug:
        receipt.accepted()
