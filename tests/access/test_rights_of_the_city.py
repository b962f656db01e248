"""What queries of the campaigns and city roles may read: a few views, and nothing of any person."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import asyncpg
import pytest

from campaigns.tell_gauges import tell_gauges
from core.database import SENDER_ROLE, Connection, Database
from notifications.ways import tell_ways
from tests.access.rows import fill_access
from tests.benefits_builder import done, offered, use
from tests.campaigns.versions_builder import drafted
from tests.insights.statistics_builder import (
    WEEK,
    go_to,
    hold_plan,
    keep_delivery_figures,
    release_week,
)
from tests.notifications.alerts_builder import typed_alert
from tests.notifications.bulletins_builder import ask_for_one
from tests.notifications.message_rows import tell_a_notice
from tests.notifications.notices_builder import send_a_notice
from tests.notifications.partner_rows import keep_partner
from tests.servers import Place, Servers
from tests.town_builder import Town, open_region, running_engine

VIEWS: Final = {
    *("campaigns.standing_told", "campaigns.journal_told", "campaigns.gauge_told"),
    *("campaigns.approval", "campaigns.version", "campaigns.simulation_told"),
    *("campaigns.benefit_told", "ledger.region_settings"),
    *("insights.released", "insights.budget_told", "insights.plan_told"),
    *("insights.delivery_told", "notifications.bulletin_told", "notifications.template_told"),
    *("notifications.notice_told", "notifications.notice_log", "notifications.alert_told"),
    *("insights.shop", "insights.shop_step", "insights.circulation"),
    *("notifications.partner_told", "notifications.partner_delivery_told"),
    "notifications.way_told",
}
OURS: Final = """
    SELECT c.oid, c.relkind, c.relnamespace::regnamespace::text || '.' || c.relname AS name
      FROM pg_class c
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relnamespace::regnamespace::text
           NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
     ORDER BY 3
"""
_WRITTEN: Final = "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"
PERSONAL: Final = {
    *("residents.person", "residents.number_change", "residents.verification"),
    *("residents.consent", "access.login", "access.post", "access.device", "access.session"),
    *("access.message", "access.act", "access.request", "access.challenge", "access.refresh"),
    *("ledger.holder", "ledger.account", "ledger.entry", "ledger.posting", "ledger.counter"),
    *("campaigns.benefit_list", "campaigns.benefit_line", "campaigns.benefit_decline"),
    *("seals.block", "seals.salt", "ledger.event", "merchants.merchant", "merchants.store"),
}
"""What must be among the tables that are tried, lest the test looks in the wrong place."""


@pytest.fixture(scope="module")
async def peopled(servers: Servers) -> AsyncIterator[Place]:
    """Two regions with people, wallets, payments and a campaign each."""
    place = await servers.clone()
    database = Database(place.app_url)
    for code in ("setagaya", "tsubame"):
        region = await open_region(database, code, "Asia/Tokyo")
        async with running_engine(database, region) as engine:
            town = Town(place, database, region, engine)
            wallet, store = await town.open_wallet(), await town.open_store()
            campaign_id = await town.live_campaign(per_person_day_points=1000)
            later = await town.now() + timedelta(days=1)
            await drafted(town, campaign_id, later, priority=1)
            await town.top_up(wallet, 1000)
            await town.pay(wallet, store, 1000)
            await done(town, use(await offered(town), wallet))
            await tell_gauges(database, region, later.date() + timedelta(days=7))
            await fill_access(database, region.region_id)
            plan = await hold_plan(town)
            await go_to(town, plan.lists.first_week + WEEK)
            await release_week(town, plan, plan.lists.first_week)
            await tell_a_notice(town)
            await typed_alert(town)
            await ask_for_one(town, store.store_id)
            await send_a_notice(town)
            await keep_partner(database, region.region_id)
            async with database.transaction(region.region_id, as_role=SENDER_ROLE) as db:
                await tell_ways(db, region.region_id, ())
            await keep_delivery_figures(place, region.region_id)
    await database.close()
    yield place
    await servers.leave(place)


@pytest.fixture
async def city(peopled: Place) -> AsyncIterator[Connection]:
    """The application, as it became `meguri_city` in the session of the first region."""
    session = {"role": "meguri_app", "meguri.region": "1"}
    connection = await asyncpg.connect(peopled.app_url, server_settings=session)
    await connection.execute("SET ROLE meguri_city")
    yield connection
    await connection.close()


async def is_denied(connection: Connection, statement: str) -> bool:
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return True
    return False


async def test_every_column_of_every_table_is_denied_but_of_a_few_views(city: Connection):
    tables = {row["name"]: row["oid"] for row in await city.fetch(OURS)}
    assert tables.keys() >= PERSONAL
    for name, oid in tables.items():
        columns = await city.fetch(
            "SELECT quote_ident(attname) AS name FROM pg_attribute"
            " WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped",
            oid,
        )
        for tried in ["*", "1", *(column["name"] for column in columns)]:
            denied = await is_denied(city, f"SELECT {tried} FROM {name} LIMIT 1")
            assert denied == (name not in VIEWS), (name, tried)


async def test_nothing_can_be_written_or_locked(city: Connection):
    for row in await city.fetch(OURS):
        name = row["name"]
        is_sequence = row["relkind"] == b"S"
        written = "USAGE, UPDATE" if is_sequence else _WRITTEN
        asked = f"SELECT has_{'sequence' if is_sequence else 'table'}_privilege($1::oid, $2)"
        assert not await city.fetchval(asked, row["oid"], written)
        if row["relkind"] in {b"r", b"p"}:
            for statement in (
                f"DELETE FROM {name}",
                f"TRUNCATE {name}",
                f"TABLE {name} FOR UPDATE",
            ):
                assert await is_denied(city, statement), statement
    rows = await city.fetch(
        "SELECT proname FROM pg_proc WHERE has_function_privilege(oid, 'EXECUTE') AND"
        " pronamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')"
    )
    assert sorted(row["proname"] for row in rows) == ["now", "session_region"]


async def test_the_views_show_no_wallet_and_no_other_region(city: Connection):
    kinds = await city.fetch("SELECT DISTINCT split_part(kind, '.', 1) FROM campaigns.journal_told")
    assert {kind[0] for kind in kinds} == {"campaign", "benefit"}
    used = "SELECT count(*) FROM campaigns.journal_told WHERE kind = 'benefit.used'"
    assert await city.fetchval(used) == 0, "that tells of a wallet"
    for name in VIEWS - {"insights.circulation"}:  # no shop pays a shop here
        assert await city.fetchval(f"SELECT count(*) FROM {name}") > 0
        assert await city.fetchval(f"SELECT count(*) FROM {name} WHERE region_id <> 1") == 0
    await city.execute("SET meguri.region = ''")
    assert [await city.fetchval(f"SELECT count(*) FROM {name}") for name in VIEWS] == [0] * len(
        VIEWS
    )


async def test_the_numbers_of_the_journal_are_not_told(city: Connection):
    """Else two numbers would tell how many entries everybody made between two instants."""
    told = await city.fetch("SELECT entry_id, seq, holder_id FROM campaigns.journal_told")
    for holder in {row["holder_id"] for row in told}:
        own = sorted(row["seq"] for row in told if row["holder_id"] == holder)
        assert own == list(range(1, len(own) + 1)), "also where somebody used a benefit between"


async def test_no_predicate_sees_a_row_that_the_view_hides(city: Connection):
    # Without the barrier, the planner might ask this of the rows of another region first.
    await city.execute("SET meguri.region = '2'")
    [other] = await city.fetch("SELECT entry_id FROM campaigns.journal_told LIMIT 1")
    await city.execute("SET meguri.region = '1'")
    hidden = (
        "SELECT count(*) FROM campaigns.journal_told WHERE entry_id = $1 AND 1 / (seq - seq) > 0"
    )
    assert await city.fetchval(hidden, other["entry_id"]) == 0


async def test_the_application_has_none_of_its_rights_by_itself(peopled: Place):
    superuser = await asyncpg.connect(peopled.superuser_url)
    row = await superuser.fetchrow(
        "SELECT inherit_option, set_option, admin_option FROM pg_auth_members"
        " WHERE roleid = 'meguri_city'::regrole AND member = 'meguri_app'::regrole"
    )
    await superuser.close()
    assert row is not None
    assert tuple(row) == (False, True, False)
