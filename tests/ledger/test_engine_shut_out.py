"""The engine when PostgreSQL lets it in no more, or is gone for longer than it tries."""

import pytest

from core.database import Database
from core.errors import Problem
from ledger.regions import Region
from payments.pay import Pay
from tests.town_builder import Town, running_engine
from torture.proxy import Cut, running_proxy


@pytest.fixture
async def payment(town: Town) -> Pay:
    """One that the wallet can pay."""
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 1_000)
    return town.payment(wallet, store, 1)


async def test_what_was_sent_is_unknown_also_where_nobody_is_there_to_ask_afterwards(
    region: Region, town: Town, payment: Pay
):
    async with running_proxy(town.place.app_url) as proxy:
        behind = Database(proxy.url)
        async with running_engine(behind, region) as engine:
            # It was written; then the server is gone for longer than the engine tries.
            def cut() -> Cut:
                proxy.target = "postgresql:///?host=/nowhere"
                return "after"

            proxy.cut = cut
            with pytest.raises(Problem) as found:
                await engine.submit(payment)
        await behind.close()
    assert found.value.type.slug == "outcome-unknown"
    assert (await town.submit(payment)).is_replay


@pytest.mark.parametrize("refused_for", ["login", "database", "role"])
async def test_a_login_that_is_let_in_no_more_is_an_outage_and_no_bug(
    region: Region, town: Town, payment: Pay, refused_for: str
):
    url, role = town.place.app_url, "meguri_app"
    if refused_for == "login":
        url = url.replace("//", "//nobody_", 1)
    elif refused_for == "database":
        url = url.replace(town.place.name, "nowhere")
    else:
        role = "meguri_owner"
    shut = Database(url, role=role)
    async with running_engine(shut, region) as engine:
        with pytest.raises(Problem) as refused:
            await engine.submit(payment)
    assert refused.value.type.slug == "ledger-unavailable"
    await shut.close()
    assert not (await town.submit(payment)).is_replay
