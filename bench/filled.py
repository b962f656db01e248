"""What a filled region holds, and how to write that down for another process or another day."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from bench.names import ACT, Names
from campaigns.terms import Terms
from core.database import Database
from ledger.regions import Region, load_regions


@dataclass(frozen=True, slots=True)
class Filled:
    """A region that can be paid in."""

    region: Region
    names: Names
    wallets: int
    merchants: int
    terms: Terms

    @property
    def campaign_id(self) -> UUID:
        """Its one live campaign."""
        return self.names.name(ACT, 1)

    @property
    def rates_bp(self) -> tuple[int, int]:
        """What the campaign gives residents and shops of the one class there is."""
        rebate, cashback = self.terms.rebate, self.terms.cashback
        assert rebate is not None
        assert rebate.rates_bp is not None
        assert cashback is not None
        assert cashback.rates_bp is not None
        return rebate.rates_bp.small, cashback.rates_bp.small

    def as_json(self) -> dict[str, Any]:
        """All but what the database knows."""
        return {
            "code": self.region.code,
            "prefix": self.names.prefix,
            "wallets": self.wallets,
            "merchants": self.merchants,
            "terms": self.terms.model_dump(mode="json"),
        }


async def find_filled(database: Database, told: dict[str, Any]) -> Filled:
    """The region that `Filled.as_json` described, in a database that holds it."""
    return Filled(
        (await load_regions(database))[told["code"]],
        Names(told["prefix"]),
        told["wallets"],
        told["merchants"],
        Terms.model_validate_json(orjson.dumps(told["terms"])),
    )
