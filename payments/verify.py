"""Verify what the verbs keep beside the postings: counters, holders, and whose an account is."""

from collections.abc import Mapping
from typing import Final

from core.database import Database
from ledger.regions import Region
from ledger.verify import Check, Verdict, verify_region
from payments.verify_accounts import ACCOUNTS
from payments.verify_base_dates import BASE_DATES
from payments.verify_counters import COUNTERS
from payments.verify_debit_notes import DEBIT_NOTES
from payments.verify_funders import FUNDERS
from payments.verify_guards import GUARDS
from payments.verify_holders import HOLDERS
from payments.verify_merchants import MERCHANTS
from payments.verify_receipts import RECEIPTS
from payments.verify_sales import SALES
from payments.verify_settlements import SETTLEMENTS
from payments.verify_statements import STATEMENTS
from payments.verify_versions import VERSIONS
from payments.verify_vesting import VESTING

CHECKS: Final[Mapping[str, Check]] = {
    **COUNTERS,
    **HOLDERS,
    **ACCOUNTS,
    **VESTING,
    **FUNDERS,
    **SETTLEMENTS,
    **DEBIT_NOTES,
    **MERCHANTS,
    **STATEMENTS,
    **RECEIPTS,
    **SALES,
    **VERSIONS,
    **BASE_DATES,
    **GUARDS,
}
"""Each recomputes from the journal, and from nothing else, what decisions read; `GUARDS` look at
what holds PostgreSQL to it."""


async def verify_books(database: Database, region: Region) -> Verdict:
    """Verify one region as it stood at one moment: its postings, and all that follows from them.

    Wants a region that the verbs made. A region that was filled past them, as `bench/` does it, has
    balances but no history of its holders: `ledger.verify.verify_region` is for that.
    """
    return await verify_region(database, region, CHECKS)
