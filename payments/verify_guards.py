"""Verify that what guards the books inside of PostgreSQL still stands, as migrations made it.

Whoever takes a guard away changes no row: only what comes afterwards would show it, or nothing. A
restore without triggers or grants looks the same. Here is said what must hold of any version; that
each function, right, key and view is what this one made is told by `migrations/as_made.py`.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import APPLICATION_ROLE, CITY_ROLE, MATCHER_ROLE, SENDER_ROLE
from ledger.books import ASSETS, FLOORLESS, LARGEST_YEN, VALUE
from ledger.regions import Region
from ledger.verify import Check, asked
from seals.seal import SEALER_ROLE

# The parts of the journal each have a trigger of their own. 56 is UPDATE, DELETE and TRUNCATE.
_ONLY_GROW: Final = """
    WITH journal AS (SELECT to_regclass(name) AS oid, name
                       FROM unnest(ARRAY['ledger.entry', 'ledger.posting', 'ledger.person_facts',
                                         'seals.block', 'seals.salt', 'seals.erasure',
                                         'seals.publication', 'seals.key', 'access.act']) name
                      UNION ALL
                     SELECT inhrelid, inhrelid::regclass::text FROM pg_inherits
                      WHERE inhparent IN ('ledger.entry'::regclass, 'ledger.posting'::regclass))
    SELECT format('%s may be changed: its trigger is not there, or is off', name)
      FROM journal
     WHERE (SELECT coalesce(bit_or(tgtype), 0::smallint) & 56 FROM pg_trigger t
             WHERE t.tgrelid = journal.oid AND t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL
               AND t.tgfoid = to_regproc('ledger.refuse_change')) <> 56
     ORDER BY name
"""

_OF_ONE_REGION: Final = f"""
    SELECT format('%s shows rows of every region', c.oid::regclass)
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'region_id' AND NOT attisdropped
     WHERE c.relkind IN ('r', 'p')
       AND c.oid::regclass::text NOT IN ('ledger.region', 'access.revocation')
       AND has_any_column_privilege('{APPLICATION_ROLE}', c.oid, 'SELECT')
       AND NOT (c.relrowsecurity
                AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
                AND NOT EXISTS (SELECT FROM pg_policy p
                                 WHERE p.polrelid = c.oid AND p.polpermissive
                                   AND pg_get_expr(p.polqual, p.polrelid)
                                       NOT LIKE '%session_region()%'))
     UNION ALL
    SELECT format('%s reads as its owner', c.oid::regclass)
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'region_id' AND NOT attisdropped
     WHERE c.relkind = 'v' AND has_any_column_privilege('{APPLICATION_ROLE}', c.oid, 'SELECT')
       AND coalesce(c.reloptions::text, '') !~ 'security_(invoker|barrier)=true'
     UNION ALL
    SELECT format('%s goes past row-level security', rolname) FROM pg_roles
     WHERE rolname IN ('{APPLICATION_ROLE}', '{CITY_ROLE}', '{MATCHER_ROLE}', '{SENDER_ROLE}',
                       '{SEALER_ROLE}')
       AND (rolsuper OR rolbypassrls)
     ORDER BY 1
"""

_BY_ITS_DOOR: Final = f"""
    SELECT format('{APPLICATION_ROLE} may %s %s', right_to, name)
      FROM unnest(ARRAY['ledger.region', 'ledger.head', 'ledger.holder', 'ledger.account',
                        'ledger.entry', 'ledger.posting', 'ledger.person_facts', 'ledger.counter',
                        'ledger.account_kind', 'ledger.entry_kind', 'ledger.deployment',
                        'seals.block', 'seals.salt', 'seals.erasure', 'seals.publication',
                        'seals.key']) name
     CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) right_to
     WHERE CASE WHEN right_to IN ('DELETE', 'TRUNCATE')
                THEN has_table_privilege('{APPLICATION_ROLE}', name, right_to)
                ELSE has_any_column_privilege('{APPLICATION_ROLE}', name, right_to) END
     ORDER BY 1
"""

_KINDS: Final = text("SELECT kind, class, value, floor FROM ledger.account_kind ORDER BY kind")


async def _kinds(session: AsyncSession, _: Region) -> list[str]:
    """PostgreSQL knows of each kind what decisions take it for."""
    return [
        f"{kind} is {side}, {value}, not below {floor}"
        for kind, side, value, floor in await session.execute(_KINDS)
        if (side == "asset", value is not None, floor)
        != (kind in ASSETS, kind in VALUE, -LARGEST_YEN if kind in FLOORLESS else 0)
    ]


GUARDS: Final[Mapping[str, Check]] = {
    "journals and seals only grow": asked(_ONLY_GROW),
    "a session sees one region": asked(_OF_ONE_REGION),
    "the application writes the books by their doors alone": asked(_BY_ITS_DOOR),
    "a kind of account is what decisions take it for": _kinds,
}
