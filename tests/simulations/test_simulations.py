"""Simulations through the API and the worker: asked for, carried out, read, cancelled, refused."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from access.acts import Doer
from core.database import Database
from core.errors import Problem
from ledger.regions import Region
from simulations import keep, work
from simulations.asked import Asked
from simulations.keep import check_simulated
from tests.api.admin_office import Office
from tests.api.campaign_steps import form
from tests.api.probe import is_problem
from tests.insights.statistics_builder import WEEK, go_to, hold_plan, release_week
from tests.simulations.lived_weeks import live_weeks, question
from tests.town_builder import Town, new_id

DOER = Doer(UUID(int=7), f"admin:{UUID(int=7)}", "finance")


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def asked(office: Office, role: str, body: dict[str, Any]) -> UUID:
    simulation_id = new_id()
    answer = await office.put(role, f"simulations/{simulation_id}", {"question": body})
    assert (answer.status_code, answer.json()["state"]) == (201, "queued"), answer.text
    return simulation_id


async def carried_out(town: Town) -> UUID | None:
    return await work.work(town.database, town.region, lambda: None)


async def told(office: Office, role: str, simulation_id: UUID) -> dict[str, Any]:
    answer = await office.get(role, f"simulations/{simulation_id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def refused(office: Office, role: str, body: dict[str, Any], slug: str) -> dict[str, Any]:
    answer = await office.put(role, f"simulations/{new_id()}", {"question": body})
    is_problem(answer, 409, slug)
    problem: dict[str, Any] = answer.json()
    return problem


async def test_figures_are_exact_for_finance_and_estimates_for_the_city(office: Office, town: Town):
    await live_weeks(town, 98)
    terms = await form(town)
    simulation_id = await asked(office, "campaigns", question(terms, budget_yen=20_000))
    again = {"question": question(terms, budget_yen=20_000)}
    assert (await office.put("campaigns", f"simulations/{simulation_id}", again)).status_code == 201
    other = {"question": question(terms, budget_yen=20_001)}
    answer = await office.put("campaigns", f"simulations/{simulation_id}", other)
    is_problem(answer, 409, "id-in-use")
    assert await carried_out(town) == simulation_id
    assert await carried_out(town) is None
    exact = (await told(office, "finance", simulation_id))["result"]
    assert (exact["payments"], exact["cost_yen"], exact["demand_yen"]) == (98, 20_000, 98 * 350)
    # Seven people a day at 350 yen: the budget lasts for eight days and a half.
    assert (exact["ends_on"], exact["people_granted"]) == ("2027-01-19", 58)
    assert exact["interval"]["low_yen"] == exact["interval"]["high_yen"] == 20_000
    assert exact["interval"]["earliest_end_on"] == "2027-01-19"
    assert exact["per_person"]["most_points"] == 300
    assert sum(day["granted_yen"] for day in exact["days"]) == 20_000
    seen = await told(office, "campaigns", simulation_id)
    # There is no plan of statistics, so nothing was released, and nothing is told.
    assert (seen["result"]["is_estimate"], seen["result"]["weeks"]) == (True, 0)
    assert (seen["result"]["cost_yen"], seen["result"]["days_without_tables"]) == (None, 14)
    counted = ("payments", "entries", "started_at", "ended_at")
    assert [seen[name] for name in counted] == [None] * 4, "these count what people did"
    for role in ("campaigns", "city", "approver", "finance", "auditor"):
        [listed] = (await office.get(role, "simulations")).json()["items"]
        is_exact = role not in {"campaigns", "city"}
        assert listed["result"] == (exact if is_exact else seen["result"])
    async with town.database.snapshot(town.region.region_id) as db:
        made = bytes.fromhex((await told(office, "city", simulation_id))["form_hash"])
        found = await check_simulated(db, town.region.region_id, simulation_id, made)
        assert (found.state, found.result) == ("done", None)
        with pytest.raises(Problem, match="simulation-not-of-this"):
            await check_simulated(db, town.region.region_id, simulation_id, bytes(32))


async def test_an_estimate_is_the_same_whatever_people_did(office: Office, town: Town):
    """Not even a form of one shop and one day is refused: its answer is made of public tables."""
    plan = await hold_plan(town)
    first_week = plan.lists.first_week
    store, wallet = await town.open_store("small"), await town.open_wallet()
    await town.top_up(wallet, 5_000)
    await go_to(town, first_week + WEEK)
    await release_week(town, plan, first_week)
    terms = await form(town, where={"only_merchants": [str(store.merchant_id)]})
    days = {"from_day": str(first_week), "to_day": str(first_week + timedelta(days=6))}
    body = {"terms": terms, "budget_yen": 100_000} | days
    first = await asked(office, "campaigns", body)
    assert await carried_out(town) == first
    one = (await told(office, "city", first))["result"]
    assert (one["weeks"], one["days_without_tables"], one["suppressed_cells"]) == (1, 0, 0)
    # Nine cells with a million yen each, give or take the noise, and one shop in the last of them:
    # all of the cell's where nobody else is open, and 35 % of a typical payment, less the cap.
    cost = one["cost_yen"]
    assert cost["low"] < cost["value"] < cost["high"]
    assert one["ends_in_week_of"] == str(first_week)
    await town.pay(wallet, store, 3_000)
    second = await asked(office, "campaigns", body)
    assert await carried_out(town) == second
    assert (await told(office, "city", second))["result"] == one


async def test_what_cannot_be_simulated_is_refused(office: Office, town: Town):
    await live_weeks(town, 14)
    terms = await form(town)
    bonus = terms | {"rebate": None, "cashback": None, "bonus": {"rate_bp": 1000}}
    await refused(office, "finance", question(bonus), "simulation-of-top-ups")
    body = question(terms) | {"to_day": "2027-01-25"}
    assert (await refused(office, "finance", body, "simulation-not-over"))["today"] == "2027-01-25"
    for wrong in (
        {"to_day": "2027-01-01"}, {"to_day": "2029-06-01"}, {"multiplier_bp": 1.5},
        {"budget_yen": 0}, {"by": "class"}, {"instead_of": "nobody"},
    ):  # fmt: skip
        answer = await office.put(
            "finance", f"simulations/{new_id()}", {"question": question(terms) | wrong}
        )
        is_problem(answer, 422, "malformed-request")
    for _ in range(keep.MOST_WAITING):
        await asked(office, "campaigns", question(terms))
    await refused(office, "campaigns", question(terms), "simulations-enough")
    assert await carried_out(town) is not None
    unknown = await asked(office, "finance", question(terms, instead_of=str(new_id())))
    while await carried_out(town) is not None:
        pass
    failed = await told(office, "finance", unknown)
    assert (failed["state"], failed["failure"]) == ("failed", "campaign-unknown")
    is_problem(await office.get("city", f"simulations/{new_id()}"), 404, "simulation-unknown")
    await office.allows(f"simulations/{unknown}", ("finance", "auditor", "campaigns", "city",
                                                   "approver"), None)  # fmt: skip


async def test_one_that_is_cancelled_ends_and_one_whose_worker_is_gone_begins_again(
    office: Office, town: Town
):
    await live_weeks(town, 28)
    terms = await form(town)
    waiting = await asked(office, "finance", question(terms))
    path = f"simulations/{waiting}/cancellations"
    for _ in range(2):
        assert (await office.post("finance", path, {})).json()["state"] == "cancelled"
    assert await carried_out(town) is None
    acts = await town.rows("SELECT act FROM access.act WHERE object_id = :id", id=waiting)
    assert sorted(acts) == [("simulation.asked",), ("simulation.cancelled",)]

    running = await asked(office, "finance", question(terms))
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_seconds: float) -> None:
        reached.set()
        await go_on.wait()

    def held() -> asyncio.Task[UUID | None]:
        reached.clear()
        running = work.work(town.database, town.region, lambda: None, rest=hold)
        return asyncio.create_task(running)

    first = held()
    await reached.wait()
    assert (await told(office, "finance", running))["state"] == "running"
    assert await carried_out(town) is None, "the region's lock is held"
    first.cancel()  # as when the process is killed: its connection ends, and its lock
    with pytest.raises(asyncio.CancelledError):
        await first
    second = held()
    await reached.wait()
    await office.post("finance", f"simulations/{running}/cancellations", {})
    go_on.set()
    assert await second == running
    ended = await told(office, "finance", running)
    assert (ended["state"], ended["result"]) == ("cancelled", None)

    third = await asked(office, "finance", question(terms))
    assert await carried_out(town) == third
    late = await office.post("finance", f"simulations/{third}/cancellations", {})
    is_problem(late, 409, "simulation-over")
    rows = (await office.get("finance", "simulations", state="done")).json()["items"]
    assert [row["simulation_id"] for row in rows] == [str(third)]


async def test_one_that_never_ends_is_given_up(town: Town, database: Database, region: Region):
    await live_weeks(town, 14)
    asked_for = Asked.model_validate(
        {"terms": await form(town), "from_day": "2027-01-11", "to_day": "2027-01-24"}, strict=False
    )
    simulation_id = new_id()
    async with database.transaction(region.region_id) as db:
        await keep.ask(db, region, simulation_id, DOER, asked_for)
    for _ in range(work.MOST_ATTEMPTS):
        await work._take(database, region.region_id)
    assert await carried_out(town) == simulation_id
    async with database.snapshot(region.region_id) as db:
        found = await keep.find(db, region.region_id, simulation_id, is_exact=True)
    assert found is not None
    assert (found.state, found.failure) == ("failed", "gave-up")
