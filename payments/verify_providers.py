"""Recompute whose the accounts of providers are: named by the hash of a name."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ledger.regions import Region
from ledger.verify import MOST_FAULTS
from payments.top_up import provider_id

_PROVIDERS: Final = text("""
    SELECT DISTINCT facts ->> 'provider' FROM ledger.entry
     WHERE region_id = :region AND kind = 'top_up' AND refusal IS NULL
       AND facts ->> 'provider' IS NOT NULL
""")
_OF_PROVIDERS: Final = text(f"""
    SELECT format('account %s (provider_receivable) of source %s, in entry %s of %s',
                  a.account_no, a.source_id, e.entry_id, t.facts ->> 'provider')
      FROM ledger.posting p
      JOIN ledger.account a
        ON a.region_id = :region AND a.account_no = p.account_no AND a.kind = 'provider_receivable'
      JOIN ledger.entry e ON e.region_id = :region AND e.entry_id = p.entry_id
      LEFT JOIN ledger.entry t
        ON t.region_id = :region
       AND t.entry_id = CASE WHEN e.facts ? 'provider' THEN e.entry_id ELSE e.refers_to END
      LEFT JOIN unnest(CAST(:names AS text[]), CAST(:ids AS uuid[])) n(name, id)
        ON n.name = t.facts ->> 'provider'
     WHERE p.region_id = :region AND a.source_id IS DISTINCT FROM n.id
     ORDER BY e.seq LIMIT {MOST_FAULTS}
""")


async def check_providers(session: AsyncSession, region: Region) -> list[str]:
    """A provider's account is named by the hash of its name, which PostgreSQL does not compute."""
    named = {"region": region.region_id}
    names = list((await session.execute(_PROVIDERS, named)).scalars())
    given = {**named, "names": names, "ids": [provider_id(name) for name in names]}
    return list((await session.execute(_OF_PROVIDERS, given)).scalars())
