"""The benefits of a furnished region: one that is listed, one approved, one offered, one closed."""

from typing import Any
from uuid import UUID

from access.vault import Vault
from campaigns.benefit_lists import Line, person_mac, put_lines
from campaigns.benefit_money import FundBenefit, ReturnBenefit
from ledger.command import Command
from tests.benefits_builder import (
    Benefit,
    change,
    done,
    funding,
    giving_back,
    listed,
    offered,
)
from tests.town_builder import ADMIN, Town, Wallet, new_id


async def bring(town: Town, vault: Vault, benefit: Benefit, person_id: UUID) -> UUID:
    """Put one person on the list of a benefit; the line's id."""
    mac = person_mac(vault, benefit.list_id, person_id)
    region_id, line = town.region.region_id, Line(100, "A-1", mac, None)
    async with town.database.transaction(region_id) as db:
        await put_lines(db, region_id, benefit.benefit_id, benefit.list_id, UUID(int=1), [line])
    [row] = await town.rows(
        "SELECT line_id FROM campaigns.benefit_line WHERE list_id = :id AND reference = 'A-1'",
        id=benefit.list_id,
    )
    return UUID(int=row.line_id.int)


async def furnish_benefits(
    town: Town, vault: Vault, wallet: Wallet
) -> tuple[dict[str, Any], dict[str, Command]]:
    """What really has each name, and commands that are refused."""
    waiting, approved, taken = await listed(town), await listed(town), await offered(town)
    over = await offered(town)
    await bring(town, vault, waiting, wallet.person_id)
    offer_id = await bring(town, vault, taken, wallet.person_id)
    yes = await done(town, change(approved, "approved"))
    await done(town, funding(approved, 30_000))
    funded = await done(town, funding(waiting, 30_000))
    await done(town, change(over, "closed"))
    back = await done(town, giving_back(over))
    known = {
        "benefit_id": waiting.benefit_id,
        "list_id": waiting.list_id,
        "parts list_id": new_id(),
        "state-changes benefit_id": approved.benefit_id,
        "benefits change_id": yes.entry_id,
        "benefits funding_id": funded.entry_id,
        "budget-returns benefit_id": over.benefit_id,
        "unclaimed-lines benefit_id": over.benefit_id,
        "benefits budget_return_id": back.entry_id,
        "offer_id": offer_id,
    }
    refused: dict[str, Command] = {
        "benefits change_id": change(approved, "stopped"),
        "benefits funding_id": FundBenefit(
            entry_id=new_id(), actor=ADMIN, benefit_id=waiting.benefit_id, funder="city",
            amount_yen=10**12,
        ),
        "benefits budget_return_id": ReturnBenefit(
            entry_id=new_id(), actor=ADMIN, benefit_id=over.benefit_id, reason="over"
        ),
    }  # fmt: skip
    return known, refused
