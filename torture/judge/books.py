"""Whether the books are whole, and nothing was left behind: asked of PostgreSQL and of `verify`."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, Final

import asyncpg

from torture.ground import Ground
from torture.judge.promise import MOST_SHOWN, Promise
from torture.processes import environment

MOMENTS: Final = 1_000
"""Past moments at which the books must balance too."""

_RULES: Final = {
    "The trial balance is zero": """
        SELECT format('debits exceed credits by %s yen', off) FROM (
            SELECT sum(CASE class WHEN 'asset' THEN balance ELSE -balance END) AS off
              FROM ledger.account WHERE region_id = $1) t WHERE off <> 0""",
    "Every entry balances": """
        SELECT format('entry %s is off by %s', entry_id, off) FROM (
            SELECT entry_id, sum(CASE WHEN is_debit THEN amount ELSE -amount END) AS off
              FROM ledger.posting WHERE region_id = $1 GROUP BY entry_id) t WHERE off <> 0""",
    "Every balance is the sum of its postings, and versions have no gap": """
        SELECT format('account %s (%s): balance %s, postings %s; version %s, postings %s',
                      account_no, kind, balance, posted, version, times) FROM (
            SELECT a.account_no, a.kind, a.balance, a.version, coalesce(p.times, 0) AS times,
                   coalesce(p.newest, 0) AS newest,
                   coalesce(CASE a.class WHEN 'asset' THEN p.off ELSE -p.off END, 0) AS posted
              FROM ledger.account a
              LEFT JOIN (SELECT account_no, count(*) AS times, max(version) AS newest,
                                sum(CASE WHEN is_debit THEN amount ELSE -amount END) AS off
                           FROM ledger.posting WHERE region_id = $1 GROUP BY account_no) p
                USING (account_no)
             WHERE a.region_id = $1) t
         WHERE balance <> posted OR version <> times OR newest <> times""",
    "Numbers have no gap, and time never goes back": """
        SELECT format('entry %s is number %s of %s, after %s of %s', entry_id, seq, at, before,
                      earlier) FROM (
            SELECT entry_id, seq, at, lag(seq, 1, 0::bigint) OVER w AS before,
                   lag(at) OVER w AS earlier
              FROM ledger.entry WHERE region_id = $1 WINDOW w AS (ORDER BY seq)) t
         WHERE seq <> before + 1 OR at < earlier""",
    "No balance ever left its bounds": """
        SELECT format('account %s (%s) stood at %s after entry %s', p.account_no, a.kind,
                      p.balance_after, p.entry_id)
          FROM ledger.posting p JOIN ledger.account a USING (region_id, account_no)
         WHERE p.region_id = $1 AND (p.balance_after < a.floor OR p.balance_after > a.ceiling)""",
}

_LEFT_OPEN: Final = """
    SELECT format('%s since %s: %s', application_name, xact_start, state)
      FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND (state LIKE 'idle in transaction%' OR state = 'active')
       AND backend_type = 'client backend' AND usename <> current_user
"""
_LOCKS: Final = """
    SELECT format('%s on %s', l.mode, coalesce(l.relation::regclass::text, l.locktype))
      FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
       AND a.usename <> current_user AND l.locktype <> 'virtualxid'
"""
_MOMENT: Final = """
    SELECT coalesce(sum(CASE class WHEN 'asset' THEN balance_after ELSE -balance_after END), 0)
      FROM ledger.account a
      JOIN LATERAL (SELECT balance_after FROM ledger.posting p
                     WHERE p.region_id = $1 AND p.account_no = a.account_no AND p.seq <= $2
                     ORDER BY version DESC LIMIT 1) p ON true
     WHERE a.region_id = $1
"""


async def whole_books(superuser: "asyncpg.Connection[Any]", region_id: int) -> list[Promise]:
    """Every rule of the books, in one snapshot."""
    promises = []
    async with superuser.transaction(isolation="repeatable_read", readonly=True):
        count = "SELECT count(*) FROM ledger.{} WHERE region_id = $1"
        entries = await superuser.fetchval(count.format("entry"), region_id)
        postings = await superuser.fetchval(count.format("posting"), region_id)
        for name, query in _RULES.items():
            rows = await superuser.fetch(f"{query} LIMIT {MOST_SHOWN}", region_id)
            seen = f"{entries:,} entries, {postings:,} postings"
            promises.append(Promise(name, not rows, seen, tuple(row[0] for row in rows)))
    return promises


async def balanced_at(
    superuser: "asyncpg.Connection[Any]", region_id: int, random: Random, seconds: float
) -> Promise:
    """The trial balance at random past moments: as many as fit into `seconds`, at most 1,000."""
    newest = await superuser.fetchval("SELECT seq FROM ledger.head WHERE region_id = $1", region_id)
    broken, looked, until = [], 0, monotonic() + seconds
    while looked < MOMENTS and monotonic() < until:
        seq = random.randint(1, max(newest, 1))
        if off := await superuser.fetchval(_MOMENT, region_id, seq):
            broken.append(f"after number {seq} debits exceed credits by {off} yen")
        looked += 1
    name = "The books balanced at random past moments"
    return Promise(name, not broken, f"{looked:,} moments", tuple(broken[:MOST_SHOWN]))


async def left_open(superuser: "asyncpg.Connection[Any]", patience_s: float = 12) -> Promise:
    """No transaction and no lock of the application is left once its load has ended."""
    until = monotonic() + patience_s
    while True:
        rows = [*await superuser.fetch(_LEFT_OPEN), *await superuser.fetch(_LOCKS)]
        if not rows or monotonic() > until:
            break
        await asyncio.sleep(0.1)
    places = tuple(row[0] for row in rows[:MOST_SHOWN])
    return Promise("No connection is left in a transaction, and no lock", not rows, "asked", places)


async def verified(ground: Ground) -> Promise:
    """`meguri verify`, as an operator runs it."""
    code, places = await _verify(ground)
    name = "`meguri verify` says that the books are sound"
    return Promise(name, code == 0, f"exit code {code}", tuple(places[:MOST_SHOWN]))


async def faults_found(ground: Ground) -> list[str]:
    """What `meguri verify` finds wrong, and where."""
    _, places = await _verify(ground)
    return places


async def _verify(ground: Ground) -> tuple[int | None, list[str]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", "verify", "--json"),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        env=environment(ground.settings, {}),
        cwd=Path(__file__).parents[2],
    )
    output, errors = await process.communicate()
    if process.returncode not in (0, 1) or not output:
        return process.returncode, errors.decode().splitlines()[-3:]
    return process.returncode, _faults(json.loads(output))


def _faults(found: Any) -> list[str]:
    """Every fault anywhere in what `verify --json` says."""
    if isinstance(found, dict):
        if {"check", "place"} <= found.keys():
            return [f"{found['check']}: {found['place']}"]
        return [fault for part in found.values() for fault in _faults(part)]
    if isinstance(found, list):
        return [fault for part in found for fault in _faults(part)]
    return []
