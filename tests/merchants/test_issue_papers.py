"""Numbers of papers have no gap: many at once, with some that fail, and PostgreSQL says it too."""

import asyncio
import signal
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import ProgrammingError

from access.acts import Doer
from core.errors import Problem
from merchants.issue_papers import issue_papers
from merchants.settlement_rules import Issuer
from merchants.settlement_tables import settlement, settlement_run
from tests.town_builder import ADMIN, APPROVER, Town, new_id
from worker.issue_papers import issue_what_lacks

NOW = datetime(2027, 1, 20, 3, tzinfo=UTC)
DOER = Doer(UUID(int=1), ADMIN, "finance")
ISSUER = Issuer(name="見本商店街振興組合", registration_number="T7000012050002")
AT_ONCE = 50
CONNECTED = asyncio.Semaphore(9)
"""Who waits for a connection gives up after some seconds, however slow the machine is."""
FIGURES = {
    **dict.fromkeys(("from_seq", "refunded_yen", "cashback_yen", "returned_yen", "owed_yen"), 0),
    "until_seq": 1,
    "sales_yen": 1_000,
    "due_yen": 1_000,
    "fee_yen": 15,
    "tax_yen": 1,
    "tax_bp": 1_000,
    "payout_yen": 984,
    "state": "due",
    "closed_seq": 1,
}

CHILD = """
import asyncio, sys
from core import failpoints
from core.database import Database
from ledger.regions import load_regions
from worker.issue_papers import issue_what_lacks

async def main(url, order):
    failpoints.arm(order, is_demo=True)
    database = Database(url)
    region = (await load_regions(database))["setagaya"]
    await issue_what_lacks(database, region, lambda: None)

asyncio.run(main(*sys.argv[1:]))
"""


class LostError(Exception):
    """A process ends amid its work."""


@pytest.fixture
async def runs(town: Town) -> list[UUID]:
    """Approved runs of fifty days, each with one settlement."""
    store = await town.open_store()
    region_id = town.region.region_id
    runs = [new_id() for _ in range(AT_ONCE)]
    days = [date(2026, 10, 1) + timedelta(days=step) for step in range(AT_ONCE)]
    by_two = {"reviewed_by": "admin:1", "approved_by": APPROVER}
    times = dict.fromkeys(("closed_at", "reviewed_at", "approved_at"), NOW)
    named = [{"region_id": region_id, "run_id": run_id} for run_id in runs]
    days_of = [
        {"first_day": day, "last_day": day, "pays_on": day + timedelta(days=5)} for day in days
    ]
    done = {"until_seq": 1, "state": "approved", **by_two, **times}
    of_shop = {"merchant_id": store.merchant_id, **FIGURES}
    rows = [{**each, "settlement_id": new_id(), **of_shop} for each in named]
    async with town.database.transaction(region_id) as db:
        await db.execute(
            insert(settlement_run),
            [{**each, **span, **done} for each, span in zip(named, days_of, strict=True)],
        )
        await db.execute(insert(settlement), rows)
    return runs


async def issue(town: Town, run_id: UUID, *, is_lost: bool = False) -> None:
    async with CONNECTED, town.database.transaction(town.region.region_id) as db:
        await issue_papers(db, town.region, ISSUER, run_id, DOER, NOW)
        if is_lost:
            raise LostError


async def numbers(town: Town, kind: str) -> list[int]:
    rows = await town.rows("SELECT number FROM merchants.paper WHERE kind = :kind", kind=kind)
    return sorted(row.number for row in rows)


async def test_fifty_at_once_have_no_gap_and_the_same_run_twice_is_once(
    town: Town, runs: list[UUID]
):
    lost = runs[::5]
    tried = [issue(town, run_id, is_lost=run_id in lost) for run_id in runs]
    again = [issue(town, run_id) for run_id in runs[1::5]]
    ended = await asyncio.gather(*tried, *again, return_exceptions=True)
    assert sum(isinstance(each, LostError) for each in ended) == len(lost) == 10
    assert all(each is None or isinstance(each, LostError) for each in ended)
    for kind in ("invoice", "statement"):
        assert await numbers(town, kind) == list(range(1, 41))
    for run_id in lost:
        await issue(town, run_id)
    for kind in ("invoice", "statement"):
        assert await numbers(town, kind) == list(range(1, AT_ONCE + 1))
    counted = await town.rows("SELECT last_number FROM merchants.paper_counter")
    assert [row.last_number for row in counted] == [AT_ONCE, AT_ONCE]


async def test_a_connection_that_dies_amid_issuing_leaves_no_gap(town: Town, runs: list[UUID]):
    await issue(town, runs[0])
    superuser = await asyncpg.connect(town.place.superuser_url)
    try:
        with pytest.raises(Problem, match=r"database-unavailable|outcome-unknown"):
            await issue_and_die(town, runs[1], superuser)
    finally:
        await superuser.close()
    await issue(town, runs[2])
    assert await numbers(town, "invoice") == [1, 2]


async def issue_and_die(town: Town, run_id: UUID, superuser: asyncpg.Connection) -> None:
    async with town.database.transaction(town.region.region_id) as db:
        await issue_papers(db, town.region, ISSUER, run_id, DOER, NOW)
        pid = (await db.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        assert await superuser.fetchval("SELECT pg_terminate_backend($1)", pid)


async def killed(town: Town, order: str) -> int | None:
    """How a process ended that issues all papers that lack."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, town.place.app_url, order, cwd=Path(__file__).parents[2]
    )
    return await child.wait()


async def test_jobs_that_are_killed_leave_no_gap_and_the_next_one_goes_on(
    town: Town, runs: list[UUID]
):
    """Two at a time, before and after a commit: each number is there once, and each paper."""
    await town.change_settings(settlement={"issuer": ISSUER.model_dump()})
    for orders in (
        ("session.before_commit=kill@1", "session.after_commit=kill@2"),
        ("session.before_commit=kill@9", "session.before_commit=kill@7"),
    ):
        ended = await asyncio.gather(*(killed(town, order) for order in orders))
        assert ended == [-signal.SIGKILL] * 2
        for kind in ("invoice", "statement"):
            found = await numbers(town, kind)
            assert 0 < len(found) < AT_ONCE
            assert found == list(range(1, len(found) + 1))
    await asyncio.gather(
        *(issue_what_lacks(town.database, town.region, lambda: None) for _ in range(2))
    )
    for kind in ("invoice", "statement"):
        assert await numbers(town, kind) == list(range(1, AT_ONCE + 1))
    [told] = await town.rows(
        "SELECT count(DISTINCT (kind, settlement_id)) AS papers FROM merchants.paper"
    )
    assert told.papers == 2 * AT_ONCE


WRONG = {
    "number = 3, previous = 2": "paper_follows_the_one_before",
    "number = 3, previous = 1": "paper_has_the_number_after",
    "number = 3, previous = NULL": "paper_has_the_number_after",
    "number = 0, previous = NULL, corrects = NULL, reason = NULL": "paper_has_the_number_after",
    "number = 1, previous = NULL": "paper_corrects_an_earlier_one",
    "digest = sha256('other')": "paper_digest_is_of_its_content",
    "content = content || ' '": "paper_digest_is_of_its_content",
    "corrects = NULL, reason = NULL": "paper_original",
    "corrects = 2": "paper_corrects_an_earlier_one",
    "reason = NULL": "paper_tells_why_it_corrects",
    "settlement_id = {other}": "paper_corrects_one_of_its_settlement",
    "kind = 'receipt'": "paper_kind_is_known",
}
"""What may be wrong with a paper that corrects the first one as number 2."""
CORRECTION = {"number": "2", "previous": "1", "corrects": "1", "reason": "'x'"} | {
    name: name
    for name in (
        *("region_id", "kind", "settlement_id", "merchant_id", "content", "digest"),
        *("issued_at", "issued_by"),
    )
}


async def test_postgresql_takes_no_other_paper(town: Town, runs: list[UUID]):
    await issue(town, runs[0])
    [other] = await town.rows(
        "SELECT settlement_id FROM merchants.settlement WHERE run_id = :run", run=runs[1]
    )
    owner = await asyncpg.connect(town.place.superuser_url)
    try:
        for change, constraint in WRONG.items():
            told = change.format(other=f"'{other.settlement_id}'::uuid")
            wrong = dict(part.split(" = ") for part in told.split(", "))
            with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
                await owner.execute(put(wrong))
            assert refused.value.constraint_name == constraint, change
        assert await owner.execute(put({})) == "INSERT 0 1"
        with pytest.raises(asyncpg.UniqueViolationError):
            await owner.execute(put({}))
    finally:
        await owner.close()


def put(wrong: dict[str, str]) -> str:
    """Write the correction, but for what is wrong with it."""
    values = {"paper_id": "gen_random_uuid()"} | CORRECTION | wrong
    return (
        f"INSERT INTO merchants.paper ({', '.join(values)}) SELECT {', '.join(values.values())}"
        " FROM merchants.paper WHERE kind = 'invoice' AND number = 1"
    )


async def test_the_application_may_change_no_paper(town: Town, runs: list[UUID]):
    await issue(town, runs[0])
    for statement in (
        "UPDATE merchants.paper SET reason = 'x'",
        "UPDATE merchants.paper SET content = '{}', digest = sha256('{}')",
        "DELETE FROM merchants.paper",
        "DELETE FROM merchants.paper_counter",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            await run(town, statement)


async def run(town: Town, statement: str) -> None:
    async with town.database.transaction(town.region.region_id) as db:
        await db.execute(text(statement))
