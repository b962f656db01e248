"""Faults that several scenarios inject: processes that are killed, transactions that fail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

import httpx

from torture.ground import Ground
from torture.processes import Program
from torture.stage import Stage

_FAIL: Final = """
    CREATE SCHEMA torture;
    CREATE SEQUENCE torture.failed;
    CREATE FUNCTION torture.fail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        IF random() < {share} THEN
            PERFORM nextval('torture.failed');
            IF random() < 0.5 THEN
                RAISE EXCEPTION 'forced' USING ERRCODE = '40001';
            END IF;
            RAISE EXCEPTION 'forced' USING ERRCODE = '40P01';
        END IF;
        RETURN NULL;
    END $$;
    GRANT USAGE ON SCHEMA torture TO PUBLIC;
    CREATE TRIGGER torture_fails AFTER UPDATE ON ledger.head
        FOR EACH STATEMENT EXECUTE FUNCTION torture.fail();
    CREATE CONSTRAINT TRIGGER torture_fails_late AFTER UPDATE ON ledger.head
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION torture.fail();
"""
_FAIL_NO_MORE: Final = """
    DROP TRIGGER torture_fails ON ledger.head;
    DROP TRIGGER torture_fails_late ON ledger.head;
"""


@asynccontextmanager
async def failing_transactions(stage: Stage, share: float) -> AsyncIterator[None]:
    """A share of all transactions that write fails: in the midst, or at COMMIT, half and half.

    With 40001 and 40P01, raised by PostgreSQL itself. Each counts as a fault.
    """
    ground = stage.ground
    await ground.administer(_FAIL.format(share=share / 2))
    began = stage.now()
    yield
    await ground.administer(_FAIL_NO_MORE)
    for _ in range(await _failed(ground)):
        stage.meter.fault("a transaction that PostgreSQL fails", began, stage.now())


async def _failed(ground: Ground) -> int:
    superuser = await ground.superuser()
    try:
        found: int = await superuser.fetchval(
            "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM torture.failed"
        )
        return found
    finally:
        await superuser.close()


async def kill_again_and_again(stage: Stage, api: Program, pause_s: float) -> None:
    """Kill -9 of one API process at random moments, and a new start each time, until time is up."""
    until = monotonic() + stage.seconds
    while monotonic() < until:
        await asyncio.sleep(stage.random.uniform(0.2, 2 * pause_s))
        began = stage.now()
        await api.kill()
        await stage.restart(api)
        stage.meter.fault(f"kill -9 of {api.name}", began, stage.now())


async def count_retries(api: Program) -> dict[str, int]:
    """How many batches this process tried again so far, by reason."""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        page = (await http.get(f"{api.address}/metrics")).text
    found = {}
    for line in page.splitlines():
        if line.startswith("meguri_engine_retries_total{"):
            name, _, value = line.rpartition(" ")
            found[name.partition('"')[2].partition('"')[0]] = int(float(value))
    return found
