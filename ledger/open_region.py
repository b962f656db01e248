"""Open a region, or change its settings: the issuer's own entries."""

from dataclasses import dataclass, replace
from typing import ClassVar

from sqlalchemy import text

from core.database import Database
from core.errors import Problem, problem
from core.ids import NIL
from ledger.books import Books, Facts, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft

REGION_OPEN = problem("region-open-already", 409, "The region is open already.")


async def make_region(database: Database, code: str, name: str, zone: str) -> int:
    """The id of the region `code`, which is made if it is new. Its issuer is opened by OpenRegion.

    Raises the driver's check violation for a malformed code or an unknown zone: callers check.
    """
    async with database.everywhere() as session:
        found = await session.execute(
            text("SELECT ledger.open_region(:code, :name, :zone)"),
            {"code": code, "name": name, "zone": zone},
        )
        return int(found.scalar_one())


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRegion(Command):
    """Give a new region its issuer, with the settings it starts with."""

    kind: ClassVar[str] = "region.opened"
    settings: Facts

    def reads(self) -> Reads:
        """Nothing beside the issuer, which always comes."""
        return Reads()

    def decide(self, books: Books) -> Draft:
        """Refuses a region that has its issuer."""
        if NIL in books.holders:
            raise Problem(REGION_OPEN)
        draft = Draft(facts={"settings": self.settings})
        draft.put(Holder(NIL, "issuer", "open", self.settings))
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRegion(Command):
    """Replace the settings of a region; they hold from the next batch on, in every process."""

    kind: ClassVar[str] = "region.changed"
    settings: Facts

    def reads(self) -> Reads:
        """Nothing beside the issuer, which always comes."""
        return Reads()

    def decide(self, books: Books) -> Draft:
        """Never refuses: shape and bounds of the settings were checked before."""
        issuer = books.issuer
        draft = Draft(facts={"settings": self.settings, "before": issuer.facts})
        draft.put(replace(issuer, facts=self.settings, version=issuer.version + 1))
        return draft
