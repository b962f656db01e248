"""Queries of the campaigns and city roles run as a role of PostgreSQL that sees no person."""

from datetime import timedelta

import asyncpg

from api.claims import ROLES
from api.identity import bearer_of
from campaigns.return_budget import ReturnBudget
from tests import benefits_builder
from tests.api.admin_office import Office
from tests.api.benefit_steps import asked, person
from tests.api.benefit_steps import listed as benefit_listed
from tests.api.campaign_steps import approved, drafted, simulated, started
from tests.campaigns import versions_builder
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
from tests.notifications.notices_builder import BY_PAYMENTS, PLAIN, drafted_notice
from tests.notifications.partner_rows import keep_partner
from tests.servers import Place
from tests.town_builder import ADMIN, Town, new_id


async def test_the_routes_of_these_roles_run_as_that_role(
    place: Place, town: Town, app, app_client, token
):
    """The application's own right to read is taken away: what still answers ran as the other."""
    office = Office(app_client, token)
    campaign = await drafted(office, town, per_person_day_points=1000)
    approval = await approved(office, campaign)
    funding = await town.fund(campaign, 50_000_000)
    change = await town.change_campaign(campaign, "ended")
    back = ReturnBudget(entry_id=new_id(), actor=ADMIN, campaign_id=campaign, reason="over")
    (await town.submit(back)).accepted()
    benefit = await benefit_listed(office, town, [person(1)])
    of_benefits = {
        "benefit_id": benefit.benefit_id,
        "funding_id": (
            await benefits_builder.done(town, benefits_builder.funding(benefit, 100))
        ).entry_id,
        "request_id": await asked(office, benefit),
        "change_id": (
            await benefits_builder.done(town, benefits_builder.change(benefit, "closed"))
        ).entry_id,
        "budget_return_id": (
            await benefits_builder.done(town, benefits_builder.giving_back(benefit))
        ).entry_id,
    }
    ids = {"simulation_id": await simulated(office, town)}
    live = await started(office, town, 90_000)
    tomorrow = (await town.now()) + timedelta(days=1)
    version = await versions_builder.drafted(town, live, tomorrow, priority=7)
    withdrawal = await versions_builder.step(town, live, version, "withdrawn")
    of_versions = {
        "campaign_id": live,
        "version_id": version,
        "withdrawal_id": withdrawal.entry_id,
    }
    plan = await hold_plan(town)
    await go_to(town, plan.lists.first_week + WEEK)
    await release_week(town, plan, plan.lists.first_week)
    message_id = await tell_a_notice(town)
    notice_id = await drafted_notice(town, BY_PAYMENTS, PLAIN)
    [[template_id]] = await town.rows("SELECT template_id FROM notifications.notice")
    alert_id = await typed_alert(town)
    bulletin_id = await ask_for_one(town, (await town.open_store()).store_id)
    partner_id = await keep_partner(town.database, town.region.region_id)
    await keep_delivery_figures(place, town.region.region_id)
    superuser = await asyncpg.connect(place.superuser_url)
    try:
        await superuser.execute(
            "REVOKE SELECT ON ALL TABLES IN SCHEMA campaigns, merchants, residents, access,"
            " insights FROM meguri_app;"
            "REVOKE SELECT ON ledger.entry, ledger.holder, ledger.account, ledger.posting,"
            " ledger.counter, ledger.region_settings, ledger.event FROM meguri_app"
        )
    finally:
        await superuser.close()
    ids |= {
        "plan_id": plan.plan_id,
        "message_id": message_id,
        "bulletin_id": bulletin_id,
        "partner_id": partner_id,
        "alert_id": alert_id,
        "notice_id": notice_id,
        "template_id": template_id,
        "campaign_id": campaign,
        "funding_id": funding.entry_id,
        "change_id": change.entry_id,
        "budget_return_id": back.entry_id,
        "request_id": approval,
    }
    walked = 0
    for route in app.routes:
        bearer = bearer_of(route.dependant) if hasattr(route, "dependant") else None
        if bearer is None or bearer.face != "admin" or "GET" not in route.methods:
            continue
        for role in {"campaigns", "city"} & (bearer.roles or ROLES["admin"]):
            walked += 1
            named = of_benefits if "benefits" in route.path else ids
            named = of_versions if "versions" in route.path else named
            path = route.path.removeprefix("/v1/admin/").format(release_no=1, **named)
            answer = await office.get(role, path)
            is_early = "evidence" in route.path  # no campaign here is over, and ran in a whole week
            assert answer.status_code == (409 if is_early else 200), (role, path, answer.text)
    assert walked >= 5
    refused = await office.get("finance", f"campaigns/{campaign}")
    assert refused.status_code == 500, "the application itself is not allowed it now"
