"""What the API's answers say, read into the town's own words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

PAYMENT: Final = "payment"
RETURNS: Final = ("refund", "void")
TOP_UP: Final = "top_up"
REVERSAL: Final = "top_up.reversed"
MOVING: Final = frozenset({PAYMENT, *RETURNS, TOP_UP, REVERSAL})
"""The journal's kinds of entries that the acts of a day leave behind."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the journal; `refusal` is a slug, None where it was accepted."""

    kind: str
    amount: int
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is due to a shop."""

    payable_yen: int
    cashback_yen: int


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of account in the trial balance, all amounts in yen."""

    kind: str
    debits: int
    credits: int
    balance: int


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line of a wallet's history: what happened, and how coin and points changed by it."""

    at: str
    kind: str
    store_name: str
    amount_yen: int
    coin_change: int
    points: int


@dataclass(frozen=True, slots=True)
class NearStore:
    """A store of the public directory."""

    name: str
    category: str
    metres: int
    is_open: bool
    campaigns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Books:
    """The trial balance."""

    lines: tuple[Line, ...]

    @property
    def debits(self) -> int:
        """All debits, in yen."""
        return sum(line.debits for line in self.lines)

    @property
    def credits(self) -> int:
        """All credits, in yen."""
        return sum(line.credits for line in self.lines)

    def of(self, kind: str) -> int:
        """The balance of a kind of account on its own side; 0 where there is none."""
        return sum(line.balance for line in self.lines if line.kind == kind)


def paid_with(payment: Mapping[str, Any]) -> tuple[int, int]:
    """What a payment took: coin in yen, and points."""
    parts = payment["paid_with"]
    coin_yen = sum(part["amount"] for part in parts if part["kind"] == "coin")
    return coin_yen, sum(part["amount"] for part in parts) - coin_yen


def rebate_points(payment: Mapping[str, Any]) -> int:
    """What the campaigns granted to the resident."""
    return int(payment["rebate_points"])


def qr_of(stores: Mapping[str, Any], store_id: UUID) -> str:
    """The QR text of one of the shop's own stores."""
    mine = {store["store_id"]: store["qr"] for store in stores["items"]}
    return str(mine[str(store_id)])


def amount_yen(answer: Mapping[str, Any]) -> int:
    """The amount of a payment, a refund or a void."""
    return int(answer["amount_yen"])


def books(trial_balance: Mapping[str, Any]) -> Books:
    """The trial balance of the admin side."""
    return Books(
        tuple(
            Line(line["kind"], line["debit_yen"], line["credit_yen"], line["balance_yen"])
            for line in trial_balance["items"]
        )
    )


def budget_left(campaign: Mapping[str, Any]) -> int:
    """What is left of a campaign's budget, in yen."""
    return int(campaign["budget_left_yen"])


def entries(page: Mapping[str, Any]) -> dict[UUID, Entry]:
    """A page of the journal by id."""
    return {
        UUID(item["entry_id"]): Entry(item["kind"], item["amount_yen"], item["refusal"])
        for item in page["items"]
    }


def standing(merchant: Mapping[str, Any]) -> Standing:
    """What is due to the shop that asked."""
    return Standing(merchant["payable_yen"], merchant["cashback_yen"])


def can_pay(wallet: Mapping[str, Any], amount_yen: int) -> bool:
    """Whether the wallet is open and holds as much."""
    holds_yen = int(wallet["coin_yen"]) + int(wallet["points"])
    return wallet["state"] == "open" and holds_yen >= amount_yen


def statement(entries: Mapping[str, Any]) -> list[StatementLine]:
    """A wallet's history, newest first."""
    return [
        StatementLine(
            at=item["at"],
            kind=item["kind"],
            store_name=item["store_name"] or "",
            amount_yen=item["amount_yen"],
            coin_change=item["coin_change_yen"],
            points=item["points_change"],
        )
        for item in entries["items"]
    ]


def stores_near(page: Mapping[str, Any]) -> list[NearStore]:
    """A page of the public directory, nearest first."""
    return [
        NearStore(
            name=item["name"],
            category=item["category"],
            metres=item["distance_m"],
            is_open=item["is_open_now"],
            campaigns=tuple(campaign["name"] for campaign in item["campaigns"]),
        )
        for item in page["items"]
    ]
