"""How far a wallet's history is wanted: days and amounts, the same for residents and for shops."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Query

from api.days import Day
from api.fields import QueryYen
from ledger.statement import Filters


@dataclass(frozen=True, slots=True)
class HistoryBounds:
    """All of them are inclusive."""

    from_day: Annotated[
        Day | None, Query(alias="from", description="First business date of the region.")
    ] = None
    to_day: Annotated[
        Day | None, Query(alias="to", description="Last business date of the region.")
    ] = None
    min_yen: Annotated[QueryYen | None, Query(description="The smallest amount.")] = None
    max_yen: Annotated[QueryYen | None, Query(description="The largest amount.")] = None

    def within(
        self, wallet_id: UUID, kinds: Sequence[str], store_id: UUID | None = None
    ) -> Filters:
        """Which entries of this wallet that comes to."""
        return Filters(
            holder_id=wallet_id,
            other_id=store_id,
            kinds=kinds,
            from_day=self.from_day,
            to_day=self.to_day,
            min_yen=self.min_yen,
            max_yen=self.max_yen,
        )
