"""Command: what every verb hands to the engine, and the receipt it gets back."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any, ClassVar
from uuid import UUID

from core.errors import REGISTRY, Problem, problem
from core.json_text import json_bytes
from ledger.books import Books, Entry
from ledger.draft import Draft

ID_IN_USE = problem("id-in-use", 409, "This id stands for something else already.")


@dataclass(frozen=True, slots=True)
class Reads:
    """What a decision needs of the region beside its issuer and its live campaigns."""

    holders: Collection[UUID] = ()
    """With each comes its parent, its open accounts, and its subject with all counters of it."""
    entries: Collection[UUID] = ()
    referring: Collection[UUID] = ()
    """Entries whose own account in suspense is wanted, and all entries that refer to them."""
    accounts: Collection[int] = ()
    """Accounts wanted although they are closed."""
    subjects: Collection[UUID] = ()
    """Counters wanted beside those of the holders' subjects."""
    owners: Collection[UUID] = ()
    """Subjects of whom all holders are wanted: each wallet of a person."""
    periods: Collection[date] = ()
    """Periods of counters beside today, this month and the endless one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(ABC):
    """One wish of one actor, named by its id: the same id has the same result for ever."""

    kind: ClassVar[str]
    entry_id: UUID
    actor: str
    """Who wishes it: a face or a job, a colon, an id. `resident:0192…`, `job:expire`."""

    @abstractmethod
    def reads(self) -> Reads:
        """What to load before the decision."""

    def follow(self, books: Books) -> Reads | None:
        """What else to load, once the first reads are there; None where that was all."""
        return None

    def follow_further(self, books: Books) -> Reads | None:
        """What else to load, once what `follow` names is there, too. No payment needs it."""
        return None

    def draft(self, books: Books) -> Draft:
        """The entry as far as the command itself tells it, accepted or refused."""
        return Draft()

    @abstractmethod
    def decide(self, books: Books) -> Draft:
        """Pure: the postings and the answer, or a `Problem`.

        A 409 is a rule that refused: it is remembered under the id. Any other problem leaves
        nothing behind. Shape and identity were checked before; here come existence, state,
        limits and balance, in this order; then nothing may fail.
        """

    @property
    def fingerprint(self) -> bytes:
        """16 bytes that tell this command from any other under the same id."""
        return blake2b(json_bytes(_said(type(self))(self)), digest_size=16).digest()


@cache
def _said(kind: type[Command]) -> Callable[[Command], tuple[Any, ...]]:
    """Who wishes what. A field that is not compared says who may wish it today, and is left out."""
    apart = {"entry_id", "actor"}
    names = [part.name for part in fields(kind) if part.compare and part.name not in apart]
    return attrgetter("kind", "actor", *names)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a command, as it stands in the journal."""

    entry: Entry
    is_replay: bool
    """The id was known: this is the first answer again."""

    def accepted(self) -> Entry:
        """The entry; a `Problem` where the command was refused."""
        if self.entry.refusal is not None:
            raise Problem(REGISTRY[self.entry.refusal], **self.entry.facts)
        return self.entry
