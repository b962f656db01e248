"""Every row of a region, to be compared with what it is elsewhere."""

from typing import Any, Final

import asyncpg

from archives.tables import MOVED
from core.database import Connection
from tests.servers import Place


def nothing(*_: object) -> None:
    """Nobody watches."""


async def rows_of(place: Place, code: str) -> dict[str, list[Any]]:
    """Every row of a region, by table, without the region's number."""
    superuser = await asyncpg.connect(place.superuser_url)
    rows = {}
    for table in MOVED:
        found = await superuser.fetch(
            f"SELECT t.* FROM {table.fullname} t JOIN ledger.region r USING (region_id)"
            f" WHERE r.code = $1",
            code,
        )
        rows[table.fullname] = sorted(
            repr([value for name, value in row.items() if name != "region_id"]) for row in found
        )
    await superuser.close()
    return rows


_ACTS: Final = """
    INSERT INTO access.act (region_id, act_id, actor, act, object_id, facts)
    SELECT region_id, gen_random_uuid(), given_by, 'post.given', post_id,
           jsonb_build_object('post_role', role, 'login_id', login_id)
      FROM access.post
    UNION ALL
    SELECT region_id, gen_random_uuid(), 'admin:' || made_by, 'request.made', request_id,
           jsonb_build_object('kind', kind)
      FROM access.request
    UNION ALL
    SELECT region_id, gen_random_uuid(), by, 'bank_account.' || done, version_id,
           jsonb_build_object('merchant_id', merchant_id)
      FROM merchants.bank_account
     CROSS JOIN LATERAL (VALUES ('asked', asked_by), ('approved', approved_by)) s(done, by)
    UNION ALL
    SELECT region_id, gen_random_uuid(), made_by, 'transfer_file.made', file_id, '{}'
      FROM merchants.transfer_file;
    UPDATE access.request r SET kind = 'bank_account.change', request_id = v.version_id,
           facts = jsonb_build_object('ends_with', right(v.account_number, 3))
      FROM merchants.bank_account v WHERE r.kind = 'test';
    UPDATE access.act a SET object_id = r.request_id, facts = jsonb_build_object('kind', r.kind)
      FROM access.request r
     WHERE a.act = 'request.made' AND a.facts ->> 'kind' = 'test'
       AND r.kind = 'bank_account.change'
"""


async def enter_acts(superuser: Connection) -> None:
    """The log of acts, as the rows that were written without it would have it."""
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute(_ACTS)
    await superuser.execute("RESET session_replication_role")
