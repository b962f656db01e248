"""Verification finds guards that somebody took away, before anything went past them."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from ledger.regions import Region
from payments.verify_guards import GUARDS
from tests.servers import Place

GROW = "journals and seals only grow"
REGION = "a session sees one region"
DOOR = "the application writes the books by their doors alone"
KIND = "a kind of account is what decisions take it for"

TAKEN_AWAY = {
    "ALTER TABLE ledger.posting DISABLE TRIGGER ALL": (GROW, "ledger.posting"),
    "DROP TRIGGER only_grows ON ledger.entry_default": (GROW, "ledger.entry_default"),
    "ALTER TABLE seals.block ENABLE REPLICA TRIGGER only_grows": (GROW, "seals.block"),
    "ALTER TABLE access.act DISABLE TRIGGER only_grows": (GROW, "access.act"),
    "DROP TRIGGER only_grows ON seals.salt; CREATE TRIGGER only_grows BEFORE UPDATE ON seals.salt"
    " FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()": (GROW, "seals.salt"),
    "ALTER TABLE ledger.counter DISABLE ROW LEVEL SECURITY": (REGION, "ledger.counter"),
    "DROP POLICY of_its_region ON residents.person": (REGION, "residents.person"),
    "CREATE POLICY more ON ledger.account TO meguri_app USING (true)": (REGION, "ledger.account"),
    "ALTER POLICY of_its_region ON ledger.entry USING (true)": (REGION, "ledger.entry"),
    "ALTER VIEW ledger.event RESET (security_invoker)": (REGION, "ledger.event"),
    "ALTER ROLE meguri_app BYPASSRLS": (REGION, "meguri_app goes past"),
    "GRANT UPDATE (balance) ON ledger.account TO meguri_app": (DOOR, "UPDATE ledger.account"),
    "GRANT TRUNCATE ON ledger.posting TO PUBLIC": (DOOR, "TRUNCATE ledger.posting"),
    "GRANT INSERT ON seals.block TO meguri_app": (DOOR, "INSERT seals.block"),
    "UPDATE ledger.account_kind SET floor = -1 WHERE kind = 'tax_payable'": (KIND, "tax_payable"),
    "UPDATE ledger.account_kind SET value = NULL WHERE kind = 'points'": (KIND, "points"),
}


async def test_it_finds_each_guard_that_was_taken_away(place: Place, region: Region):
    superuser = create_async_engine(
        place.superuser_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    )
    async with AsyncSession(superuser) as session:
        for check in GUARDS.values():
            assert await check(session, region) == []
        for statements, (name, where) in TAKEN_AWAY.items():
            for statement in statements.split("; "):
                await session.execute(text(statement))
            faults = await GUARDS[name](session, region)
            assert any(where in fault for fault in faults), statements
            await session.rollback()
    await superuser.dispose()
