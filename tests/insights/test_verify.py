"""Verification finds whatever somebody changed past every guard; the command does what jobs do."""

from datetime import timedelta

import asyncpg

from insights.plans import Plan
from insights.release_tables import Figures, Period, release_tables
from insights.released import TableName
from insights.verify import STATISTICS, verify_whole_region
from tests.commands import meguri_at
from tests.insights.statistics_builder import WEEK, figures_of, go_to, hold_plan
from tests.servers import Place, Servers
from tests.town_builder import Town


async def insights(servers: Servers, place: Place, *words: str) -> tuple[int | None, str]:
    code, told, _ = await meguri_at(servers, place, "insights", *words)
    return code, told


async def names_another_plan(town: Town, plan: Plan) -> None:
    """A release whose bytes and query name lists that are not those of its row is found."""
    region, first = town.region, plan.lists.first_week + 2 * WEEK
    await go_to(town, first + WEEK)
    period = Period(first, first + timedelta(days=6), plan.plan_id, bytes(32))
    made: dict[TableName, Figures] = {"district": figures_of(plan.lists, "district")}
    async with town.database.transaction(region.region_id) as db:
        assert await release_tables(db, region, period, made) == 1
        faults = await next(iter(STATISTICS.values()))(db, region)
        await db.rollback()
    assert faults == ["release 7: it answers another question"]


async def test_what_was_told_cannot_be_changed_unseen(servers: Servers, town: Town):
    plan = await hold_plan(town)
    await go_to(town, plan.lists.first_week + 2 * WEEK)
    assert await insights(servers, town.place, "release") == (0, "setagaya: released 6 tables\n")
    assert await insights(servers, town.place, "release") == (0, "setagaya: released 0 tables\n")
    code, told = await insights(servers, town.place, "list", "--region", "setagaya")
    assert (code, told.splitlines()[0]) == (0, "setagaya: 6")
    assert "used_nano_rho 18000000" in (await insights(servers, town.place, "budget"))[1]
    assert (await verify_whole_region(town.database, town.region)).is_sound
    await names_another_plan(town, plan)
    superuser = await asyncpg.connect(town.place.superuser_url)
    await superuser.execute("SET session_replication_role = replica")
    follow_on, periods, budgets, plans = STATISTICS
    await superuser.execute("CREATE TABLE public.kept AS TABLE insights.budget")
    await superuser.execute("DELETE FROM insights.budget")
    spent = (await verify_whole_region(town.database, town.region)).faults
    [place] = [fault.place for fault in spent if fault.check == budgets]
    assert place.endswith("used 0, and releases cost 18000000")
    await superuser.execute("INSERT INTO insights.budget TABLE public.kept")
    other_bytes = "output = output || ' ', output_sha256 = sha256(output || ' ')"
    changes = {
        "UPDATE insights.budget SET used = used - 1": budgets,
        f"UPDATE insights.release SET {other_bytes} WHERE release_no = 6": follow_on,
        "UPDATE insights.release SET cost = cost + 5 WHERE release_no = 2": follow_on,
        "DELETE FROM insights.release WHERE release_no = 3": follow_on,
        "ALTER TABLE insights.release DROP CONSTRAINT release_is_of_whole_weeks;"
        "UPDATE insights.release SET first_day = first_day + 1 WHERE release_no = 4": periods,
    }
    seen = 0
    for change, check in changes.items():
        await superuser.execute(change)
        faults = (await verify_whole_region(town.database, town.region)).faults
        assert check in {fault.check for fault in faults}, change
        assert plans not in {fault.check for fault in faults}
        assert len(faults) > seen, change
        seen = len(faults)
    await superuser.close()
