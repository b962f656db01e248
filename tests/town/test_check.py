"""The verdict: it agrees with a true ledger and names each figure that a false one has wrong."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from core.ids import uuid7
from town import acts
from town.acts import Slip
from town.answers import Books, Entry, Line, Standing
from town.check import Evidence, compare
from town.day import Plan, Size, plan_day
from town.told import Paid, Told

PLAN = plan_day(Size(residents=60, merchants=6, payments=120, seed=2))


@pytest.fixture
def day() -> tuple[Told, Evidence]:
    """What an honest server tells of the plan, and the ledger that goes with it."""
    told, entries = Told(), dict[UUID, Entry]()

    def book(kind: str, amount: int, refusal: str | None = None) -> UUID:
        entry_id = uuid7(datetime.now(UTC))
        entries[entry_id] = Entry(kind, amount, refusal)
        told.entries[entry_id] = refusal
        return entry_id

    for act in PLAN.acts:
        match act:
            case acts.TopUp(slip=None):
                book("top_up", act.amount_yen)
                told.top_ups[act.number] = act.amount_yen
            case acts.TopUp(slip=Slip.UNKNOWN_WALLET):
                book("top_up", act.amount_yen)
                told.suspense_yen += act.amount_yen
            case acts.Pay(slip=None):
                told.payments[act.number] = Paid(
                    payment_id=book("payment", act.amount_yen),
                    resident=act.resident,
                    shop=act.shop,
                    amount_yen=act.amount_yen,
                    coin_yen=act.coin_yen,
                    points=act.amount_yen - act.coin_yen,
                    rebate_points=act.rebate_points,
                )
            case acts.Pay(slip=Slip.OVER_BALANCE):
                book("payment", act.amount_yen, "insufficient-funds")
            case acts.Refund(slip=None) | acts.Void():
                book("refund" if isinstance(act, acts.Refund) else "void", act.returns_yen)
                told.refunded_yen += act.returns_yen
                told.payments[act.payment].refunded_yen += act.returns_yen
            case acts.ReverseTopUp():
                book("top_up.reversed", act.amount_yen)
                told.reversed_yen += act.amount_yen
            case _:
                pass
    return told, Evidence(books(PLAN, told), budget_left(PLAN), entries, standings(told))


def books(plan: Plan, told: Told) -> Books:
    balances = Counter(
        {
            "coin": plan.expected.coin_yen,
            "points": plan.expected.points,
            "points_pending": 0,
            "resident_receivable": plan.expected.owed_yen,
            "cashback": plan.expected.kept_cashback_yen,
            "budget_due": plan.expected.owed_points,
            "suspense": told.suspense_yen,
        }
    )
    lines = [Line(kind, 0, balance, balance) for kind, balance in balances.items()]
    return Books((*lines, Line("bank", balances.total(), 0, balances.total())))


def budget_left(plan: Plan) -> int:
    expected = plan.expected
    granted_yen = expected.kept_points + expected.kept_cashback_yen
    return plan.budget_yen - granted_yen - expected.owed_points


def standings(told: Told) -> tuple[Standing, ...]:
    takings = told.takings()
    return tuple(Standing(takings.get(shop.number, 0), 0) for shop in PLAN.shops)


def test_a_true_ledger_agrees(day: tuple[Told, Evidence]) -> None:
    told, evidence = day
    assert [figure for figure in compare(PLAN, told, evidence) if not figure.agrees] == []


def _add_to(kind: str) -> Callable[[Evidence], Evidence]:
    def tamper(evidence: Evidence) -> Evidence:
        lines = tuple(
            replace(line, balance=line.balance + 1) if line.kind == kind else line
            for line in evidence.books.lines
        )
        return replace(evidence, books=Books(lines))

    return tamper


def _first(kind: str, evidence: Evidence) -> UUID:
    return next(
        key
        for key, entry in evidence.entries.items()
        if entry.kind == kind and entry.refusal is None
    )


def _enlarge(kind: str) -> Callable[[Evidence], Evidence]:
    def tamper(evidence: Evidence) -> Evidence:
        key = _first(kind, evidence)
        entry = evidence.entries[key]
        larger = replace(entry, amount=entry.amount + 1)
        return replace(evidence, entries={**evidence.entries, key: larger})

    return tamper


def _lose(evidence: Evidence) -> Evidence:
    key = _first("refund", evidence)
    return replace(evidence, entries={k: v for k, v in evidence.entries.items() if k != key})


def _invent(evidence: Evidence) -> Evidence:
    invented = {uuid7(datetime.now(UTC)): Entry("payment", 0, "wallet-frozen")}
    return replace(evidence, entries={**evidence.entries, **invented})


def _accept_a_refused_one(evidence: Evidence) -> Evidence:
    key = next(key for key, entry in evidence.entries.items() if entry.refusal is not None)
    accepted = replace(evidence.entries[key], refusal=None)
    return replace(evidence, entries={**evidence.entries, key: accepted})


def _swap_shops(evidence: Evidence) -> Evidence:
    first, second, *rest = evidence.standings
    return replace(evidence, standings=(second, first, *rest))


def _unbalance(evidence: Evidence) -> Evidence:
    first, *rest = evidence.books.lines
    return replace(evidence, books=Books((replace(first, debits=first.debits + 1), *rest)))


@pytest.mark.parametrize(
    ("tamper", "name"),
    [
        (_enlarge("payment"), "paid, yen"),
        (_enlarge("refund"), "refunds and voids, yen"),
        (_enlarge("top_up"), "top-ups, yen"),
        (_enlarge("top_up.reversed"), "top-ups reversed, yen"),
        (_unbalance, "trial balance: debits, credits"),
        (_add_to("coin"), "coin in wallets, yen"),
        (_add_to("points"), "points in wallets"),
        (_add_to("points_pending"), "points that wait for their day"),
        (_add_to("resident_receivable"), "owed by residents, yen"),
        (_add_to("suspense"), "money in suspense, yen"),
        (_add_to("cashback"), "cashback due to shops, yen"),
        (_add_to("budget_due"), "due to the budget, yen"),
        (lambda evidence: replace(evidence, budget_left_yen=0), "budget left, yen"),
        (_swap_shops, "shops whose takings differ"),
        (_lose, "told but not in the ledger"),
        (_invent, "in the ledger but not told"),
        (_accept_a_refused_one, "payments"),
    ],
)
def test_a_false_ledger_is_found_out(
    day: tuple[Told, Evidence], tamper: Callable[[Evidence], Evidence], name: str
) -> None:
    told, evidence = day
    differing = {
        figure.name for figure in compare(PLAN, told, tamper(evidence)) if not figure.agrees
    }
    assert name in differing
