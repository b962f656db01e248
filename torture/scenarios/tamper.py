"""24: a superuser rewrites sealed history, and takes guards away; `meguri verify` finds each."""

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import asyncpg

from torture.judge.books import faults_found
from torture.judge.promise import Broken
from torture.load import clients, load_for
from torture.processes import BrokenRunError
from torture.scenario import Scenario
from torture.stage import Stage

SEALED_WITHIN_S: Final = 60.0
GROUP: Final = 12
"""Places, each in a block of its own, that are changed before one verification."""
MOST: Final = 1_000

_CHANGES: Final = {
    "an entry's amount": ("ledger.entry", "amount = amount + 1"),
    "an entry's actor": ("ledger.entry", "actor = actor || '0'"),
    "an entry's time": ("ledger.entry", "at = at + interval '1 microsecond'"),
    "an entry's facts": ("ledger.entry", "facts = facts || '{\"more\": 1}'"),
    "an entry's fingerprint": ("ledger.entry", "fingerprint = decode(md5(entry_id::text), 'hex')"),
    "what an entry refers to": ("ledger.entry", "refers_to = gen_random_uuid()"),
    "a posting's amount": ("ledger.posting", "amount = amount + 1"),
    "a posting's side": ("ledger.posting", "is_debit = NOT is_debit"),
    "a posting's account": ("ledger.posting", "account_no = account_no + 1000000"),
    "a posting that is gone": ("ledger.posting", ""),
}
_GUARDS: Final = {
    "rights of PUBLIC on insights.append": """
        GRANT EXECUTE ON FUNCTION insights.append TO PUBLIC""",
    "function ledger.refuse_change": """
        UPDATE pg_proc SET prosrc = 'BEGIN RETURN NULL; END; --' || prosrc
         WHERE oid = 'ledger.refuse_change'::regproc""",
    "trigger loses on ledger.entry_*": """
        CREATE TRIGGER loses BEFORE DELETE ON ledger.entry_default FOR EACH ROW
            EXECUTE FUNCTION ledger.refuse_change()""",
    "index access.post_is_held_once": """
        UPDATE pg_index SET indisvalid = false
         WHERE indexrelid = 'access.post_is_held_once'::regclass""",
    "setting of meguri_city": """
        ALTER ROLE meguri_city SET session_replication_role = replica""",
}
"""By what `meguri verify` has to name: what takes a guard away."""
_PUT_BACK: Final = """
    REVOKE EXECUTE ON FUNCTION insights.append FROM PUBLIC;
    UPDATE pg_proc SET prosrc = split_part(prosrc, 'END; --', 2)
     WHERE oid = 'ledger.refuse_change'::regproc;
    DROP TRIGGER loses ON ledger.entry_default;
    UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'access.post_is_held_once'::regclass;
    ALTER ROLE meguri_city RESET session_replication_role
"""
_SEALED: Final = """
    SELECT coalesce(max(last_seq), 0) FROM seals.block WHERE region_id = $1
"""
_ADDED_UP: Final = """
    SELECT coalesce(min(r.seq) >= (SELECT max(seq) FROM ledger.event WHERE region_id = $1), false)
      FROM ledger.reader r WHERE r.region_id = $1
"""
_PLACES: Final = """
    SELECT DISTINCT ON (b.number) b.number, e.seq, e.entry_id
      FROM seals.block b
      JOIN ledger.entry e ON e.region_id = b.region_id AND e.seq BETWEEN b.first_seq AND b.last_seq
     WHERE b.region_id = $1
       AND EXISTS (SELECT FROM ledger.posting p
                    WHERE p.region_id = e.region_id AND p.entry_id = e.entry_id)
     ORDER BY b.number, random()
"""


@dataclass(frozen=True, slots=True)
class Place:
    """What was changed, and where: the entry's number."""

    what: str
    seq: int


async def play(stage: Stage) -> None:
    """Work, wait for the seals, then change, verify and change back, group after group."""
    await load_for(clients(stage), stage.seconds / 2)
    superuser = await stage.ground.superuser()
    await _wait_for_seals(stage, superuser)
    await _wait_for_sums(stage, superuser)
    await superuser.execute("CREATE SCHEMA tampering")
    await superuser.execute("SET session_replication_role = replica")  # past the guards
    missed, changed = Broken(), 0
    until = monotonic() + stage.seconds
    while changed < MOST and (not changed or monotonic() < until):
        began = stage.now()
        places = await _tamper(stage, superuser)
        found = await faults_found(stage.ground)
        for place in places:
            if not any(f"number {place.seq} " in f"{fault} " for fault in found):
                missed.add(f"{place.what}, number {place.seq}")
            stage.meter.fault(f"changed: {place.what}", began, stage.now())
        changed += len(places)
        await _undo(superuser)
    began = stage.now()
    for guard in await _unguarded(stage, superuser):
        missed.add(guard)
    for guard in _GUARDS:
        stage.meter.fault(f"taken away: {guard}", began, stage.now())
    await superuser.close()
    name = "`meguri verify` finds every change of sealed history and of what guards it, and where"
    stage.promises.append(missed.promise(name, f"{changed + len(_GUARDS):,} changes"))


async def _unguarded(stage: Stage, superuser: "asyncpg.Connection[Any]") -> list[str]:
    """Take all guards away at once, and put them back; which are not missed by name?"""
    for taken_away in _GUARDS.values():
        await superuser.execute(taken_away)
    try:
        found = await faults_found(stage.ground)
    finally:
        await superuser.execute(_PUT_BACK)
    return [guard for guard in _GUARDS if not any(f": {guard}" in fault for fault in found)]


async def _wait_for_seals(stage: Stage, superuser: "asyncpg.Connection[Any]") -> None:
    region_id, until = stage.scene.region_id, monotonic() + SEALED_WITHIN_S
    newest = await superuser.fetchval("SELECT seq FROM ledger.head WHERE region_id = $1", region_id)
    while await superuser.fetchval(_SEALED, region_id) < newest:
        if monotonic() > until:
            raise BrokenRunError(f"the journal was not sealed within {SEALED_WITHIN_S:.0f} s")
        await asyncio.sleep(0.2)


async def _wait_for_sums(stage: Stage, superuser: "asyncpg.Connection[Any]") -> None:
    """The worker adds sales up behind the payments: it must not read what is put back later."""
    until = monotonic() + SEALED_WITHIN_S
    while not await superuser.fetchval(_ADDED_UP, stage.scene.region_id):
        if monotonic() > until:
            raise BrokenRunError(f"sales were not added up within {SEALED_WITHIN_S:.0f} s")
        await asyncio.sleep(0.2)


async def _tamper(stage: Stage, superuser: "asyncpg.Connection[Any]") -> list[Place]:
    """Change something in each of some blocks; what was there is kept aside."""
    rows = await superuser.fetch(_PLACES, stage.scene.region_id)
    places = []
    async with superuser.transaction():
        for table in ("entry", "posting"):
            await superuser.execute(f"CREATE TABLE tampering.{table} (LIKE ledger.{table})")
        for row in stage.random.sample(rows, min(GROUP, len(rows))):
            what = stage.random.choice(list(_CHANGES))
            await _change(superuser, what, row["entry_id"])
            places.append(Place(what, row["seq"]))
    return places


async def _change(superuser: "asyncpg.Connection[Any]", what: str, entry_id: Any) -> None:
    table, change = _CHANGES[what]
    kept = table.replace("ledger.", "tampering.")
    await superuser.execute(
        f"INSERT INTO {kept} SELECT * FROM {table} WHERE entry_id = $1",  # noqa: S608
        entry_id,
    )
    one = "" if table == "ledger.entry" else " AND line = 1"
    statement = f"UPDATE {table} SET {change}" if change else f"DELETE FROM {table}"  # noqa: S608
    await superuser.execute(f"{statement} WHERE entry_id = $1{one}", entry_id)


async def _undo(superuser: "asyncpg.Connection[Any]") -> None:
    """Put back what was there, exactly."""
    async with superuser.transaction():
        for table in ("entry", "posting"):
            kept = f"tampering.{table}"
            await superuser.execute(
                f"DELETE FROM ledger.{table}"  # noqa: S608
                f" WHERE entry_id IN (SELECT entry_id FROM {kept})"
            )
            await superuser.execute(f"INSERT INTO ledger.{table} SELECT * FROM {kept}")  # noqa: S608
            await superuser.execute(f"DROP TABLE {kept}")


SCENARIO = Scenario(
    number=24,
    name="tamper",
    does="After a time of work a superuser changes entries and postings at random places of sealed"
    " history, a dozen blocks at a time; `meguri verify` is run, and the places are put back. Then"
    " guards of PostgreSQL are taken away, all at once.",
    proves="whoever rewrites history or takes its guards away, with all rights in the database, is"
    " found, and where.",
    leaves_open="changes within the seconds before the newest seal; a tail that is cut off, and"
    " seals that are written anew, which only a published head tells: tests do that.",
    play=play,
    least_operations=200,
    least_a_minute=300,
    least_faults=5,
)
