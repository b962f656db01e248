"""Faults that are planted in the API processes: each changes what promises stand on."""

import asyncio
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import api.wallets
import ledger.follow
import payments.decide_hold
import payments.refund
from core.errors import Problem
from core.revocations import Revocations
from ledger.books import Books, Entry
from ledger.command import Command, Receipt
from ledger.draft import Draft
from ledger.engine import Engine
from ledger.events import Event
from residents.reads import Wallet, find_wallet
from residents.wallet import WALLET_UNKNOWN
from torture.planted.swap import swap

LOSE_ONE_IN: Final = 40

_unfinished: set[asyncio.Task[Any]] = set()


def answer_before_commit() -> None:
    """Answer from a decision that is not committed yet, and commit it behind the answer."""

    def change(submit: Any) -> Any:
        async def answered_early(engine: Engine, command: Command) -> Receipt:
            outcome = await engine.quote(command)
            if not isinstance(outcome, Receipt):
                raise outcome
            task = asyncio.create_task(submit(engine, command))
            _unfinished.add(task)
            task.add_done_callback(_unfinished.discard)
            return outcome

        return answered_early

    swap(Engine, "submit", change)


def lost_event() -> None:
    """Let whoever follows events never see one in forty of them."""

    def change(read: Any) -> Any:
        async def forgetful(*words: Any, **named: Any) -> list[Event]:
            return [event for event in await read(*words, **named) if event.seq % LOSE_ONE_IN]

        return forgetful

    swap(ledger.follow, "read_events", change)


def refund_loses_a_yen() -> None:
    """Give back one yen less than the refund says, and take one yen less from the shop."""

    def change(give_back: Any) -> Any:
        def stingy(books: Books, draft: Draft, payment: Entry, amount_yen: int) -> None:
            give_back(books, draft, payment, max(amount_yen - 1, 1))

        return stingy

    swap(payments.refund, "give_back", change)


def released_stays_held() -> None:
    """Release what is held, and go on counting it as held."""
    swap(payments.decide_hold, "count_held", lambda _count: lambda *_words: None)


def others_wallets() -> None:
    """Show a resident any wallet of the region."""

    def change(_own_wallet: Any) -> Any:
        async def any_wallet(state: Any, resident: Any, wallet_id: UUID) -> Wallet:
            async with state.database.snapshot(resident.region.region_id) as session:
                wallet = await find_wallet(session, resident.region.region_id, wallet_id)
            if wallet is None:
                raise Problem(WALLET_UNKNOWN)
            return wallet

        return any_wallet

    swap(api.wallets, "own_wallet", change)


def ended_sessions_count() -> None:
    """Ask nothing about what was revoked."""
    swap(Revocations, "check", lambda _check: lambda *_words, **_named: None)


PLANTS: Final[dict[str, Callable[[], None]]] = {
    "answer-before-commit": answer_before_commit,
    "lost-event": lost_event,
    "refund-loses-a-yen": refund_loses_a_yen,
    "released-stays-held": released_stays_held,
    "others-wallets": others_wallets,
    "ended-sessions-count": ended_sessions_count,
}
"""By name."""
