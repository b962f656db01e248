"""Read what the package of a period is made of: its tables, and the plans they go by."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from insights.output import read_output
from insights.package import Issue, tables_of
from insights.package_dcat import Kind
from insights.plans import find_plan
from insights.tables import released


async def read_issues(db: AsyncSession, region_id: int, kind: Kind, first_day: date) -> list[Issue]:
    """One of each table, in their order; empty where one of them was not released."""
    of, wanted = released.c, tables_of(kind)
    rows = await db.execute(
        select(of.table_name, of.release_no, of.output, of.plan_id, of.released_at).where(
            of.region_id == region_id,
            of.table_name.in_(wanted),
            of.first_day == first_day,
        )
    )
    found = {row.table_name: row for row in rows}
    if found.keys() != set(wanted):
        return []
    issues = []
    for table in wanted:
        row = found[table]
        plan = await find_plan(db, region_id, row.plan_id)
        assert plan is not None, "a release names a plan that was approved"
        issues.append(Issue(read_output(row.release_no, row.output), row.released_at, plan.lists))
    return issues
