"""What came to a furnished region by its campaigns: points that wait, a simulation, a street."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from access.acts import Doer
from ledger.command import Command
from payments.ask_rejection import ask_for_rejection
from payments.decide_hold import ReleaseHold
from payments.hold import HoldPoints, hold_of
from simulations.asked import Asked
from simulations.keep import ask
from tests.api.campaign_steps import form
from tests.closing import street_change
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id

FINANCE = Doer(UUID(int=7), f"admin:{UUID(int=7)}", "finance")
LATER = {"closes": "three_a_month", "bank_days_after": 5}


async def furnish_campaigns(
    town: Town, wallet: Wallet, store: Store
) -> tuple[dict[str, Any], dict[str, Command]]:
    """What really has each name, and commands that are refused."""
    waits, decided = await _holds(town, wallet, store)
    releasing = ReleaseHold(entry_id=new_id(), actor=ADMIN, hold_id=decided, reason="in order")
    released = (await town.submit(releasing)).accepted()
    question = await _question(town)
    request_id, simulation_id = new_id(), new_id()
    async with town.database.transaction(town.region.region_id) as db:
        await ask_for_rejection(db, town.region.region_id, request_id, FINANCE, waits, "no sale")
        asked = Asked.model_validate(question, strict=False)
        await ask(db, town.region, simulation_id, FINANCE, asked)
    moved = (await town.submit(street_change(store.merchant_id, "ichibangai"))).accepted()
    known = {
        "district": "station",
        "hold_id": waits,
        "releases hold_id": decided,
        "release_id": released.entry_id,
        "rejections request_id": request_id,
        "simulation_id": simulation_id,
        "street-changes change_id": moved.entry_id,
    }
    named = {name: str(value) for name, value in known.items()}
    refused: dict[str, Command] = {
        "release_id": ReleaseHold(
            entry_id=new_id(), actor=ADMIN, hold_id=decided, reason="once more"
        ),
        "street-changes change_id": street_change(store.merchant_id, "ichibangai"),
    }
    return {**named, "simulations question": question}, refused


async def _holds(town: Town, wallet: Wallet, store: Store) -> list[UUID]:
    """Two payments whose points wait for a check."""
    await town.live_campaign(credited=LATER, cashback_bp=0)
    held = []
    for _ in range(2):
        paid = await town.pay(wallet, store, 100, is_coin_only=True)
        command = HoldPoints(
            entry_id=hold_of(town.region, paid.entry_id, paid.at),
            actor="job:hold",
            earned_by=paid.entry_id,
            rule="loops",
            figures=(("times", 3),),
        )
        held.append((await town.submit(command)).accepted().entry_id)
    return held


async def _question(town: Town) -> dict[str, Any]:
    """Two whole weeks that are over."""
    sunday = await town.today()
    sunday -= timedelta(days=sunday.isoweekday())
    days = {"from_day": (sunday - timedelta(days=13)).isoformat(), "to_day": sunday.isoformat()}
    return {"terms": await form(town), **days}
