"""Whether every figure agrees: what the town was told and reckoned, against the ledger."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from town import answers, wire
from town.answers import Books, Entry, Standing
from town.client import Client
from town.day import Plan
from town.directory import Directory
from town.tokens import Tokens
from town.told import Told

AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class Figure:
    """One number twice: as the town has it and as the ledger has it."""

    name: str
    town: int
    ledger: int

    @property
    def agrees(self) -> bool:
        """Whether both are the same."""
        return self.town == self.ledger


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the ledger says at the day's end.

    `entries` are the day's, by id; `standings` what is due to each shop, in the order of the
    town's shop numbers.
    """

    books: Books
    budget_left_yen: int
    entries: Mapping[UUID, Entry]
    standings: tuple[Standing, ...]


async def ask_ledger(
    client: Client, tokens: Tokens, directory: Directory, since: datetime
) -> Evidence:
    """Ask the admin and the merchant side of the API for the books, as an auditor and shops do."""
    books = await client.send(wire.trial_balance(tokens.admin("auditor")))
    campaign = await client.send(wire.campaign(directory.campaign_id, tokens.admin("auditor")))
    return Evidence(
        books=answers.books(books.body),
        budget_left_yen=answers.budget_left(campaign.body),
        entries=await _journal(client, tokens.admin("auditor"), since),
        standings=await _standings(client, tokens, directory),
    )


def compare(plan: Plan, told: Told, evidence: Evidence) -> list[Figure]:
    """Every figure of the day with both values; the order is that of the summary."""
    return [
        *_flows(told, evidence),
        *_stocks(plan, told, evidence),
        *_per_shop(told, evidence),
        *_ids(told, evidence.entries),
    ]


def _flows(told: Told, evidence: Evidence) -> Iterable[Figure]:
    def total(*kinds: str) -> int:
        return _sum(entry for entry in evidence.entries.values() if entry.kind in kinds)

    def count(*kinds: str) -> int:
        found = (entry for entry in evidence.entries.values() if entry.kind in kinds)
        return sum(entry.refusal is None for entry in found)

    yield Figure("payments", len(told.payments), count(answers.PAYMENT))
    yield Figure("paid, yen", told.paid_yen, total(answers.PAYMENT))
    yield Figure("refunds and voids, yen", told.refunded_yen, total(*answers.RETURNS))
    yield Figure("top-ups, yen", told.top_up_yen + told.suspense_yen, total(answers.TOP_UP))
    yield Figure("top-ups reversed, yen", told.reversed_yen, total(answers.REVERSAL))


def _stocks(plan: Plan, told: Told, evidence: Evidence) -> Iterable[Figure]:
    books, expected = evidence.books, plan.expected
    left_yen = plan.budget_yen - expected.kept_points - expected.kept_cashback_yen
    yield Figure("trial balance: debits, credits", books.debits, books.credits)
    yield Figure("coin in wallets, yen", expected.coin_yen, books.of("coin"))
    yield Figure("points in wallets", expected.points, books.of("points"))
    yield Figure("points that wait for their day", 0, books.of("points_pending"))
    yield Figure("owed by residents, yen", expected.owed_yen, books.of("resident_receivable"))
    yield Figure("money in suspense, yen", told.suspense_yen, books.of("suspense"))
    yield Figure("cashback due to shops, yen", expected.kept_cashback_yen, books.of("cashback"))
    yield Figure("budget left, yen", left_yen - expected.owed_points, evidence.budget_left_yen)
    yield Figure("due to the budget, yen", expected.owed_points, books.of("budget_due"))


def _per_shop(told: Told, evidence: Evidence) -> Iterable[Figure]:
    takings = told.due_to_shops()
    differ = sum(
        standing.payable_yen != takings.get(number, 0)
        for number, standing in enumerate(evidence.standings)
    )
    due_yen = sum(standing.payable_yen for standing in evidence.standings)
    yield Figure("due to shops, yen", sum(takings.values()), due_yen)
    yield Figure("shops whose takings differ", 0, differ)


def _ids(told: Told, entries: Mapping[UUID, Entry]) -> Iterable[Figure]:
    """Everything that was acknowledged is there, once, as it was told; nothing else is."""
    missing = sum(
        entry_id not in entries or entries[entry_id].refusal != refusal
        for entry_id, refusal in told.entries.items()
    )
    moving = {key for key, entry in entries.items() if entry.kind in answers.MOVING}
    yield Figure("told but not in the ledger", 0, missing)
    yield Figure("in the ledger but not told", 0, len(moving - told.entries.keys()))


def _sum(entries: Iterable[Entry]) -> int:
    return sum(entry.amount for entry in entries if entry.refusal is None)


async def _journal(client: Client, token: str, since: datetime) -> dict[UUID, Entry]:
    found: dict[UUID, Entry] = {}
    cursor: str | None = None
    while True:
        page = await client.send(wire.journal(token, since, cursor))
        found.update(answers.entries(page.body))
        cursor = page.body["next_cursor"]
        if cursor is None:
            return found


async def _standings(client: Client, tokens: Tokens, directory: Directory) -> tuple[Standing, ...]:
    room = asyncio.Semaphore(AT_ONCE)

    async def ask(owner_id: UUID, merchant_id: UUID) -> Standing:
        async with room:
            answer = await client.send(wire.merchant(tokens.shop(owner_id, merchant_id)))
        return answers.standing(answer.body)

    asked = (ask(shop.owner_id, shop.merchant_id) for shop in directory.shops)
    return tuple(await asyncio.gather(*asked))
