"""What the issuer owes each merchant once the journal had come to some number."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ledger.past_balances import past_balances
from merchants.listing import ListedMerchant, WhichMerchants, all_merchants

KINDS: Final = ("payable", "cashback", "payout", "merchant_receivable")
"""The accounts that merchants have."""

_ACCOUNTS: Final = text("""
    SELECT a.account_no, a.holder_id, a.kind
      FROM ledger.account a
     WHERE a.region_id = :region AND a.holder_id = ANY (CAST(:merchants AS uuid[]))
       AND a.kind = ANY (CAST(:kinds AS text[])) AND a.version > 0
""")


@dataclass(frozen=True, slots=True)
class Owed:
    """What is due to a merchant, and what it owes; in yen."""

    payable_yen: int = 0
    """Sales that no settlement has taken."""
    cashback_yen: int = 0
    """What campaigns granted to it."""
    payout_yen: int = 0
    """Settled, and not transferred."""
    owes_yen: int = 0
    """What refunds took that was not there any more."""

    @property
    def owed_yen(self) -> int:
        """What the issuer owes, less what it is owed: below zero where the merchant owes more."""
        return self.payable_yen + self.cashback_yen + self.payout_yen - self.owes_yen

    @property
    def is_nothing(self) -> bool:
        """Whether nothing stands on any side."""
        return self == Owed()


async def owed_to_merchants(
    session: AsyncSession, region_id: int, seq: int, which: WhichMerchants
) -> list[tuple[ListedMerchant, Owed]]:
    """Every merchant that the filters leave, newest first, with what was owed to it once the entry
    of that number was written.

    What the filters ask for is as it stands now. Each account costs some twenty look-ups, however
    long the journal is.
    """
    chosen = await all_merchants(session, region_id, which)
    accounts = await _accounts(session, region_id, {one.merchant_id for one in chosen})
    places = [(number, seq) for number in accounts]
    balances = await past_balances(session, region_id, places)
    assert len(balances) == len(places), "the journal of that day is there"
    yen: defaultdict[UUID, dict[str, int]] = defaultdict(lambda: dict.fromkeys(KINDS, 0))
    for (number, _), balance in balances.items():
        merchant_id, kind = accounts[number]
        yen[merchant_id][kind] += balance
    return [(one, Owed(*yen[one.merchant_id].values())) for one in chosen]


def total_of(parts: Iterable[Owed]) -> Owed:
    """All of them together."""
    parts = list(parts)
    return Owed(
        sum(part.payable_yen for part in parts),
        sum(part.cashback_yen for part in parts),
        sum(part.payout_yen for part in parts),
        sum(part.owes_yen for part in parts),
    )


async def _accounts(
    session: AsyncSession, region_id: int, merchant_ids: set[UUID]
) -> dict[int, tuple[UUID, str]]:
    """The accounts that ever moved, by number: whose, and of which kind."""
    given = {"region": region_id, "merchants": list(merchant_ids), "kinds": list(KINDS)}
    rows = await session.execute(_ACCOUNTS, given)
    return {number: (UUID(int=holder_id.int), kind) for number, holder_id, kind in rows}
