"""The manifest of an archive: what it holds, and how to know that it is whole."""

import json
from datetime import UTC, date, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import ConfigDict, Field

from archives.tables import MOVED, columns_of
from core.described import Described
from core.ids import time_of

FORMAT: Final = 1
NAME: Final = "manifest.json"
MOST_MONTHS: Final = 1200

Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Strict(Described):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TableDigest(_Strict):
    """One table's rows, as PostgreSQL's COPY writes them."""

    columns: list[str]
    rows: int
    bytes: int
    sha256: Hex


class ArchivedRegion(_Strict):
    """The row of `ledger.region`, without its number."""

    code: str
    name: str
    zone: str
    opened_at: datetime


class ArchivedKey(_Strict):
    """A public key that blocks of the region may be signed with."""

    public: Hex
    made_at: datetime


class Manifest(_Strict):
    """What an archive holds."""

    format: int
    revision: str
    """Of the migrations: an archive goes into a database of the same one."""
    exported_at: datetime
    region: ArchivedRegion
    keys: list[ArchivedKey]
    first_month: date | None
    """Of the ids of its entries, as partitions go; None where there are none."""
    last_month: date | None
    tables: dict[str, TableDigest]

    def written(self) -> str:
        """As it stands in the archive."""
        return json.dumps(self.model_dump(mode="json"), indent=2) + "\n"

    @property
    def months(self) -> list[date]:
        """The first days of the months whose partitions the entries go to."""
        if self.first_month is None or self.last_month is None:
            return []
        first = self.first_month.year * 12 + self.first_month.month - 1
        last = self.last_month.year * 12 + self.last_month.month - 1
        return [date(month // 12, month % 12 + 1, 1) for month in range(first, last + 1)]

    def misfit(self, revision: str) -> str | None:
        """Why it cannot be read by this program on a database of `revision`; None if it can."""
        if self.format != FORMAT:
            return f"it has format {self.format}, and this program reads format {FORMAT}"
        if self.revision != revision:
            return f"it is of migration {self.revision}, and the database of {revision}"
        expected = {table.fullname: columns_of(table) for table in MOVED}
        if {name: told.columns for name, told in self.tables.items()} != expected:
            return "it has other tables or columns than this program"
        if len(self.months) > MOST_MONTHS:
            return f"its entries are of more than {MOST_MONTHS} months"
        return None


def month_of(entry_id: UUID) -> date:
    """The first day of the month (UTC) that an id begins with."""
    return time_of(entry_id).astimezone(UTC).date().replace(day=1)
