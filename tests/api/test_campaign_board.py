"""The public page of campaigns: what anybody may see, without a token, and how it is cached."""

import asyncio
import json
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI

from api.boards import Boards
from api.campaign_board import write_board
from api.state import State
from campaigns.board import PublicCampaign
from campaigns.terms import Terms
from ledger.regions import Region
from tests.api.probe import is_problem
from tests.campaigns.random_forms import draw_forms
from tests.town_builder import Town

PATH = "/v1/regions/setagaya/campaigns"


@pytest.fixture(autouse=True)
def state(app: FastAPI) -> State:
    """The app's parts; a page is made again for each request that comes after it."""
    found: State = app.state.meguri
    found.boards.fresh_s = 0.0
    return found


async def shown(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    answer = await client.get(PATH)
    assert answer.status_code == 200, answer.text
    assert answer.json()["region"] == "setagaya"
    return {each["name"]: each for each in answer.json()["campaigns"]}


async def test_what_is_on_and_what_comes_is_told_and_no_figure(
    app_client: httpx.AsyncClient, town: Town, second_town: Town
):
    today = await town.today()
    store, wallet = await town.open_store(), await town.open_wallet()
    await town.top_up(wallet, 10_000)
    where = {"classes": ["small"], "except_merchants": [str(store.store_id)]}
    who = {"areas": ["north"], "proof": "declared"}
    spent = await town.live_campaign(name="Spent", budget_yen=1000, cashback_bp=0)
    live: Any = {"starts_on": today + timedelta(days=2), "ends_on": today + timedelta(days=3)}
    await town.live_campaign(name="Soon", where=where, who=who, **live)
    stopped = await town.live_campaign(name="Stopped")
    approved = await town.draft_campaign(name="Approved")
    await town.change_campaign(approved, "approved")
    await town.draft_campaign(name="Draft")
    await second_town.live_campaign(name="Elsewhere")
    assert "Stopped" in await shown(app_client)
    await town.change_campaign(stopped, "stopped")
    told = await shown(app_client)
    assert list(told) == ["Soon", "Spent", "Approved"], "those that end first, first"
    phases = {name: (each["phase"], each["remainder"]) for name, each in told.items()}
    assert phases == {
        "Soon": ("scheduled", {"code": "over-half", "above_percent": 50}),
        "Spent": ("running", {"code": "not-used-up", "above_percent": 0}),
        "Approved": ("scheduled", None),
    }
    assert told["Soon"]["where"] == {
        "classes": ["small"],
        "categories": None,
        "areas": None,
        "streets": None,
        "chosen_merchants": None,
        "excepted_merchants": 1,
    }
    assert told["Soon"]["who"]["areas"] == ["north"]
    assert told["Spent"]["rebate"]["rates_bp"]["small"] == 3000
    assert told["Spent"]["caps"]["per_payment_points"] == 3000
    await town.pay(wallet, store, 3_100, is_coin_only=True)
    assert (await shown(app_client))["Spent"]["remainder"]["code"] == "not-used-up"
    await town.pay(wallet, store, 1000, is_coin_only=True)
    answer = (await shown(app_client))["Spent"]
    assert (answer["campaign_id"], answer["remainder"]["code"]) == (str(spent), "used-up")
    assert answer["forecast"] is None
    assert not [name for name in answer if name.endswith(("_left_yen", "funded_yen"))]


async def test_a_copy_may_be_kept(app_client: httpx.AsyncClient, town: Town):
    await town.live_campaign()
    first = await app_client.get(PATH)
    assert first.headers["cache-control"] == "public, max-age=60"
    assert first.headers["ratelimit-policy"] == '"campaigns";q=600;w=60'
    tag = first.headers["etag"]
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        known = await app_client.get(PATH, headers={"If-None-Match": given})
        assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
    other = await app_client.get(PATH, headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)
    assert (await app_client.get(PATH)).headers["etag"] == tag, "the same, made again"
    await town.live_campaign(name="New")
    changed = await app_client.get(PATH, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)
    is_problem(await app_client.get("/v1/regions/atlantis/campaigns"), 404, "region-unknown")
    is_problem(await app_client.get(PATH, params={"state": "draft"}), 422, "malformed-request")


async def test_many_who_ask_are_one_reading(state: State, town: Town):
    written = []

    def write(region: Region, shown: list[PublicCampaign]) -> bytes:
        written.append(region)
        return str(len(shown)).encode()

    boards = Boards(state.database, state.clock, write)
    made = await asyncio.gather(*(boards.of(town.region) for _ in range(20)))
    await town.live_campaign()
    assert {*made, await boards.of(town.region)} == {made[0]}
    assert written == [town.region]
    boards.fresh_s = 0.0
    assert (await boards.of(town.region)).content == b"1"
    await boards.stop()


def test_whatever_a_form_says_the_page_can_show():
    chance = Random(1)
    drawn = [form for _ in range(150) for form in draw_forms(chance)]
    zone = ZoneInfo("Asia/Tokyo")
    shown = [
        PublicCampaign(
            UUID(int=n),
            Terms.model_validate(form),
            b"",
            True,
            None,
            None,
            is_stepped_down=False,
            last_day=None,
        )
        for n, form in enumerate(drawn)
    ]
    page = write_board(Region(1, "setagaya", "Setagaya", zone), shown)
    assert len(json.loads(page)["campaigns"]) == len(drawn)
