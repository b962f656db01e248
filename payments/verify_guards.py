"""Verify that what guards the books inside of PostgreSQL still stands, as migrations made it.

Whoever takes a guard away changes no row: only what comes afterwards would show it, or nothing. A
restore without triggers or grants looks the same.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import APPLICATION_ROLE, CITY_ROLE, MATCHER_ROLE, SENDER_ROLE, metadata
from ledger.books import ASSETS, FLOORLESS, LARGEST_YEN, VALUE
from ledger.regions import Region
from ledger.verify import MOST_FAULTS, Check, asked
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

_OF_THE_BOOKS: Final = (
    "ledger.account account_balance_keeps_its_floor",
    "ledger.account account_balance_keeps_its_ceiling",
    "ledger.account account_bounds_are_bounded",
    "ledger.account account_closes_empty",
    "ledger.account account_version_is_not_negative",
    "ledger.counter counter_is_not_negative",
    "ledger.counter counter_keeps_its_cap",
    "ledger.deployment deployment_time_is_real_unless_demo",
    "ledger.entry entry_amount_is_bounded",
    "ledger.entry entry_seq_is_positive",
    "ledger.posting posting_amount_is_positive",
    "ledger.posting posting_version_is_positive",
    "campaigns.terms terms_are_what_their_hash_says",
    "seals.key key_is_named_by_its_hash",
)
"""Checks of the books: the models name keys and references alone."""

_THERE: Final = text("""
    SELECT conrelid::regclass::text || ' ' || conname FROM pg_constraint
     WHERE conrelid <> 0 AND convalidated
""")

_KINDS: Final = text("SELECT kind, class, value, floor FROM ledger.account_kind ORDER BY kind")


async def _constraints(session: AsyncSession, _: Region) -> list[str]:
    """Each key and reference of the models is there, and each check of the books, of all rows."""
    there = set((await session.execute(_THERE)).scalars())
    named = {
        f"{table.fullname} {constraint.name}"
        for table in metadata.tables.values()
        for constraint in table.constraints
        if constraint.name
    }
    missing = sorted(named.union(_OF_THE_BOOKS) - there)
    return [f"{each} is not there, or does not hold of all rows" for each in missing[:MOST_FAULTS]]


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
    "the constraints of the tables are there": _constraints,
    "a kind of account is what decisions take it for": _kinds,
}
