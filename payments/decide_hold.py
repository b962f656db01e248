"""Release what is held, so that it is credited; or reject it, so that the budget has it back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final
from uuid import UUID

from campaigns.grant import collected_by, pending_lot
from core.errors import Problem, problem
from core.ids import NIL
from ledger.books import ENDLESS, LARGEST_YEN, Account, Books, CounterKey, Entry, Facts
from ledger.command import Command, Reads
from ledger.draft import Draft
from payments.held import count_held, held_of, rejected_of, take_held
from payments.hold import HoldPoints

HOLD_UNKNOWN: Final = problem("hold-unknown", 404, "There is no such hold.")
HOLD_DECIDED: Final = problem("hold-decided", 409, "The hold was released or rejected already.")
NOTHING_HELD: Final = problem("nothing-held", 409, "Refunds have taken back all that was held.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _DecideHold(Command):
    """What both decisions share: which hold it is, and what must be loaded."""

    hold_id: UUID
    reason: str

    def reads(self) -> Reads:
        """The hold, and whether it was decided."""
        return Reads(entries=(self.hold_id,), subjects=(self.hold_id,))

    def follow(self, books: Books) -> Reads | None:
        """The wallet with its lots, the campaigns, and how much is still held."""
        hold = _found(books, self.hold_id)
        if hold is None:
            return None
        held = hold.facts["held"]
        campaigns = [UUID(part["campaign_id"]) for part in held]
        return Reads(
            holders=[_known(hold.holder_id), *campaigns],
            subjects=[_known(hold.holder_id), _known(hold.refers_to)],
            periods=[date.fromisoformat(part["credited_on"]) for part in held],
        )

    def draft(self, books: Books) -> Draft:
        """It stands in the wallet's history, and refers to the hold."""
        hold = _found(books, self.hold_id)
        if hold is None:
            raise Problem(HOLD_UNKNOWN)
        return Draft(holder_id=hold.holder_id, refers_to=hold.entry_id)

    def begin(self, books: Books) -> tuple[Draft, UUID, list[tuple[Account, int]]]:
        """The draft, what earned the points, and what is held of that: each lot, and how many.

        Refuses hold-unknown, hold-decided.
        """
        draft = self.draft(books)
        hold = books.entries[self.hold_id]
        decided = CounterKey(self.hold_id, "decided", NIL, ENDLESS)
        if books.used(decided):
            raise Problem(HOLD_DECIDED)
        draft.count(decided, 1, 1)
        return draft, _known(hold.refers_to), list(_held_now(books, hold))

    def told(self, held: list[tuple[Account, int]]) -> Facts:
        """What the entry says of it."""
        parts: list[Facts] = [
            {
                "campaign_id": str(lot.source_id),
                "points": points,
                "credited_on": lot.expires_on.isoformat() if lot.expires_on else None,
            }
            for lot, points in held
        ]
        return {"held": parts, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseHold(_DecideHold):
    """All is in order: the points vest on their day, or with the next run after it."""

    kind: ClassVar[str] = "hold.released"

    def decide(self, books: Books) -> Draft:
        """Refuses hold-unknown, hold-decided. Points stay where they are, and may vest again."""
        draft, earned_by, held = self.begin(books)
        for lot, points in held:
            count_held(draft, lot, earned_by, -points)
        draft.amount = sum(points for _, points in held)
        draft.facts = self.told(held)
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectHold(_DecideHold):
    """It was no sale, or no honest top-up: the points go back to the budget that they came from.

    The person's caps stay as used as they are, and so does the budget of that day.
    """

    kind: ClassVar[str] = "hold.rejected"

    def decide(self, books: Books) -> Draft:
        """Refuses hold-unknown, hold-decided, nothing-held."""
        draft, earned_by, held = self.begin(books)
        if not held:
            raise Problem(NOTHING_HELD)
        for lot, points in held:
            campaign_id = _known(lot.source_id)
            taken = take_held(books, draft, lot, earned_by, points)
            assert taken == points, "what is counted as held is there"
            draft.credit(collected_by(books, campaign_id), points)
            draft.count(rejected_of(earned_by, campaign_id), points, LARGEST_YEN)
        draft.amount = sum(points for _, points in held)
        draft.facts = self.told(held)
        return draft


def _found(books: Books, hold_id: UUID) -> Entry | None:
    hold = books.entries.get(hold_id)
    if hold is None or hold.kind != HoldPoints.kind or hold.refusal is not None:
        return None
    return hold


def _held_now(books: Books, hold: Entry) -> Iterator[tuple[Account, int]]:
    """Refunds since may have taken a part of what the hold began with."""
    for part in hold.facts["held"]:
        campaign_id = UUID(part["campaign_id"])
        points = books.used(held_of(_known(hold.refers_to), campaign_id))
        if points:
            day = date.fromisoformat(part["credited_on"])
            yield pending_lot(books, _known(hold.holder_id), campaign_id, day), points


def _known(value: Any) -> UUID:
    assert isinstance(value, UUID), "a hold has a wallet, and something that earned the points"
    return value
