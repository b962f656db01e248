"""Changes past every guard that nobody keeps: which of them do checks of `meguri verify` miss?"""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from ledger.regions import Region
from ledger.verify import Check


async def missed(
    superuser_url: str, region: Region, checks: Mapping[str, Check], changes: Mapping[str, str]
) -> dict[str, list[str]]:
    """Of `changes` (a statement: the beginning of the check's name) those that it does not find.

    With what is found of them instead. Asserts that all is well before.
    """
    superuser = create_async_engine(
        superuser_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    )
    not_found = {}
    async with AsyncSession(superuser) as session:
        for name, check in checks.items():
            assert await check(session, region) == [], name
        await session.rollback()
        for statement, wanted in changes.items():
            await session.execute(text("SET LOCAL session_replication_role = replica"))
            done = await session.execute(text(statement))
            assert getattr(done, "rowcount", 0) > 0, statement
            found = [name for name, check in checks.items() if await check(session, region)]
            if not any(name.startswith(wanted) for name in found):
                not_found[statement] = found
            await session.rollback()
    await superuser.dispose()
    return not_found
