"""Verification finds what was changed of shops' wallets, and PostgreSQL keeps them one each."""

from typing import Final

import pytest
from sqlalchemy import CursorResult, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from payments.verify import CHECKS
from tests.closing import turn_merchant
from tests.payments.shops import Shop, bringing_back, buy, convert, open_shop, sold
from tests.payments.test_recirculation import shops
from tests.payments.test_settlements import CLOSED, close, sound, winter
from tests.payments.test_verify import COUNTED, FACTS, MOVES, SOMEBODY, STATE, WHOSE
from tests.town_builder import Town

__all__ = ["shops", "winter"]

SHOPS: Final = "what shops convert and pay is theirs"
STRETCH: Final = "a settlement says what the journal says of its stretch"
_FACT: Final = "UPDATE ledger.entry SET facts = jsonb_set(facts, '{%s}', '%s') WHERE %s"
TAMPERINGS: Final = {
    "UPDATE ledger.counter SET value = 0 WHERE name = 'shop_wallet'": COUNTED,
    "UPDATE ledger.counter SET value = value - 1 WHERE name = 'conversions.day'": COUNTED,
    "UPDATE ledger.counter SET value = value - 1 WHERE name = 'payments.day'": COUNTED,
    f"UPDATE ledger.entry SET other_id = {SOMEBODY} WHERE kind = 'conversion'": SHOPS,
    "UPDATE ledger.entry SET amount = amount - 1 WHERE kind = 'conversion.returned'": SHOPS,
    "UPDATE ledger.entry SET facts = facts - 'payer' WHERE kind = 'payment'"
    " AND facts ? 'payer'": SHOPS,
    _FACT % ("payer", '"merchant"', "kind = 'payment' AND NOT facts ? 'payer'"): SHOPS,
    _FACT % ("grants", "[{}]", "kind = 'payment' AND facts ? 'payer'"): SHOPS,
    _FACT % ("expires_on", '"2031-01-31"', "kind = 'conversion'"): MOVES,
    _FACT % ("taken,0,amount", "1", "kind = 'conversion.returned'"): MOVES,
    _FACT % ("converted_yen", "1", "kind = 'settlement.closed'"): STRETCH,
    f"UPDATE ledger.holder SET subject_id = {SOMEBODY} WHERE kind = 'shop_wallet'": WHOSE,
    "UPDATE ledger.holder SET facts = '{\"a\": 1}' WHERE kind = 'shop_wallet'": FACTS,
    "DELETE FROM ledger.entry WHERE kind = 'shop_wallet.opened'": STATE,
}
"""What is done, and the check that must find it."""


async def lived(town: Town) -> Shop:
    """A shop whose wallet has seen everything."""
    baker, miller = await sold(town, await open_shop(town), 10_000), await town.open_store()
    await convert(town, baker, 4_000)
    paid = await buy(town, baker, miller, 1_000)
    await town.refund(paid.entry_id, miller, 300)
    await town.set_clock(CLOSED)
    await close(town)
    await turn_merchant(town, baker.merchant_id, "leaving")
    (await town.submit(bringing_back(baker))).accepted()
    return baker


async def test_whatever_is_changed_of_a_shops_wallet_is_found(shops: Town):
    baker = await lived(shops)
    await sound(shops)
    engine = create_async_engine(
        shops.place.superuser_url.replace("postgresql://", "postgresql+asyncpg://", 1),
        connect_args={"server_settings": {"session_replication_role": "replica"}},
    )
    try:
        unseen = [what for what in TAMPERINGS if not await is_found(engine, shops, what)]
        assert unseen == []
        async with AsyncSession(engine) as session:
            second = text(
                "INSERT INTO ledger.holder SELECT region_id, gen_random_uuid(), kind, NULL,"
                " subject_id, state, NULL, facts, 1 FROM ledger.holder WHERE holder_id = :id"
            )
            with pytest.raises(IntegrityError, match="holder_has_one_shop_wallet"):
                await session.execute(second, {"id": baker.wallet_id})
    finally:
        await engine.dispose()


async def is_found(engine: AsyncEngine, town: Town, tampering: str) -> bool:
    """Whether the check that should finds it; what was done is taken back."""
    async with AsyncSession(engine) as session:
        touched = await session.execute(text(tampering))
        assert isinstance(touched, CursorResult)
        assert touched.rowcount > 0, tampering
        faults = await CHECKS[TAMPERINGS[tampering]](session, town.region)
        await session.rollback()
    return bool(faults)
