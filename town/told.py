"""What the server's answers told the town: its own books of the day, kept from answers alone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from town.acts import Act
from town.wire import Answer, Awaited


@dataclass(slots=True)
class Paid:
    """A payment as its answer told it; refunds are added as their answers come."""

    payment_id: UUID
    resident: int
    shop: int
    amount_yen: int
    coin_yen: int
    points: int
    rebate_points: int
    refunded_yen: int = 0


@dataclass(frozen=True, slots=True)
class Surprise:
    """An answer that was not the awaited one."""

    act: Act
    awaited: str
    got: str

    def in_words(self) -> str:
        """One line for people."""
        mistake = f" ({self.act.slip.value})" if self.act.slip else ""
        name = type(self.act).__name__
        return f"act {self.act.number} {name}{mistake}: awaited {self.awaited}, got {self.got}"


@dataclass(slots=True)
class Told:
    """The town's books. Amounts in yen; every key of `entries` is an id the ledger must know."""

    opened_wallets: int = 0
    top_ups: dict[int, int] = field(default_factory=dict)
    suspense_yen: int = 0
    reversed_yen: int = 0
    payments: dict[int, Paid] = field(default_factory=dict)
    returns: int = 0
    refunded_yen: int = 0
    rebate_points: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    surprises: list[Surprise] = field(default_factory=list)
    entries: dict[UUID, str | None] = field(default_factory=dict)
    acts: int = 0
    answers: int = 0
    replays: int = 0
    resident_entries: Counter[int] = field(default_factory=Counter)
    earlier_yen: Mapping[int, int] = field(default_factory=dict)
    """What each shop took before the day, by number: nobody was told of it."""

    @property
    def top_up_yen(self) -> int:
        """What was credited by the day's top-ups, before reversals."""
        return sum(self.top_ups.values())

    @property
    def paid_yen(self) -> int:
        """What was paid, before refunds."""
        return sum(paid.amount_yen for paid in self.payments.values())

    def takings(self) -> dict[int, int]:
        """What each shop took, after refunds, by shop number."""
        takings: Counter[int] = Counter()
        for paid in self.payments.values():
            takings[paid.shop] += paid.amount_yen - paid.refunded_yen
        return dict(takings)

    def due_to_shops(self) -> dict[int, int]:
        """What is due to each shop: the day's takings and the earlier ones."""
        due = Counter(self.takings())
        due.update(self.earlier_yen)
        return dict(due)

    def compare(self, act: Act, answer: Answer, awaited: Awaited) -> bool:
        """Whether the answer is the awaited one; if not, it is written down as a surprise."""
        self.answers += 1
        self.replays += answer.replayed
        if answer.slug is not None:
            self.refusals[answer.slug] += 1
        got = Awaited(answer.status, answer.slug, _outcome(answer.body))
        if got == awaited:
            return True
        self.surprise(act, _words(awaited), _words(got))
        return False

    def surprise(self, act: Act, awaited: str, got: str) -> None:
        """Write down what was not as it should be."""
        self.surprises.append(Surprise(act, awaited, got))


def _outcome(body: Mapping[str, object]) -> str | None:
    outcome = body.get("outcome")
    return None if outcome is None else str(outcome)


def _words(answer: Awaited) -> str:
    parts = (str(answer.status), answer.slug, answer.outcome)
    return " ".join(part for part in parts if part is not None)
