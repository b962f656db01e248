"""The public directory: what is found by what, nearest first, and what is gone at once."""

import math
from itertools import pairwise
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from merchants.near import EARTH_M
from merchants.store_details import StoreDetails, change_details
from merchants.tables import store as store_table
from tests.api.probe import is_problem
from tests.closing import turn_merchant, turn_store
from tests.merchant_rows import DOER
from tests.town_builder import Store, Town

PATH = "/v1/regions/setagaya/stores"
NEVER: list[Any] = [[]] * 7
ALWAYS: list[Any] = [[{"opens": "00:00", "closes": "24:00"}]] * 7
HOME = (35_646_572, 139_653_247)


async def shop(
    town: Town, name: str = "見本", at: tuple[int, int] | None = None, **more: Any
) -> Store:
    """A store of a new merchant, with its details."""
    made = await town.open_store()
    if at is not None:
        more |= {"latitude_e6": at[0], "longitude_e6": at[1]}
    region_id = town.region.region_id
    async with town.database.transaction(region_id) as db:
        named = update(store_table).values(name=name)
        await db.execute(named.where(store_table.c.store_id == made.store_id))
        said = StoreDetails.model_validate(more)
        await change_details(db, region_id, made.store_id, said, DOER)
    return made


async def found(client: httpx.AsyncClient, **asked: Any) -> list[str]:
    """The names that are found, over all pages of three."""
    names: list[str] = []
    more: dict[str, Any] = {}
    while True:
        answer = await client.get(PATH, params=asked | {"limit": 3} | more)
        assert answer.status_code == 200, answer.text
        names += [each["name"] for each in answer.json()["items"]]
        if answer.json()["next_cursor"] is None:
            return names
        more = {"cursor": answer.json()["next_cursor"]}


async def test_a_name_is_found_by_any_part_of_it(app_client: httpx.AsyncClient, town: Town):
    for name in ("カフェ ひので", "Café HINODE", "手打ち蕎麦 100%_'\\", "そば処"):
        await shop(town, name)
    for part, names in {
        "ひので": ["カフェ ひので"],
        "ヒノデ": ["カフェ ひので"],
        "ﾋﾉﾃﾞ": ["カフェ ひので"],
        "hinode": ["Café HINODE"],
        "ＨＩＮＯ": ["Café HINODE"],
        "蕎": ["手打ち蕎麦 100%_'\\"],
        "蕎麦 1": ["手打ち蕎麦 100%_'\\"],
        "%_": ["手打ち蕎麦 100%_'\\"],
        "'\\": ["手打ち蕎麦 100%_'\\"],
        "%": ["手打ち蕎麦 100%_'\\"],
        "そ": ["そば処"],
        "'; DROP TABLE merchants.store; --": [],
        "麦蕎": [],
        "ばそ": [],
        "{}": [],
        '"': [],
        "🍜": [],
    }.items():
        assert await found(app_client, q=part) == names, part
    for wrong in ("", "\u0000", "a\u202eb", "x" * 81):
        assert (await app_client.get(PATH, params={"q": wrong})).status_code == 422, wrong


async def test_it_is_narrowed_by_what_stores_are(app_client: httpx.AsyncClient, town: Town):
    await shop(town, "A", area="sangenjaya", tags=["soba", "テラス席"], hours={"weekly": ALWAYS})
    await shop(town, "B", tags=["soba"], hours={"weekly": NEVER})
    await shop(town, "C")
    every = (await app_client.get(PATH)).json()["items"]
    category, area = every[2]["category"], every[2]["area"]
    assert [each["is_open_now"] for each in every] == [True, False, None]
    assert await found(app_client) == ["A", "B", "C"], "oldest first"
    assert await found(app_client, tag="soba") == ["A", "B"]
    assert await found(app_client, tag="テラス席") == ["A"]
    assert await found(app_client, area="sangenjaya") == ["A"]
    assert await found(app_client, area=area) == ["B", "C"], "their merchant's"
    assert await found(app_client, category=category, tag="soba") == ["A", "B"]
    assert await found(app_client, category="none") == []
    assert await found(app_client, merchant_class="small") == ["A", "B", "C"]
    assert await found(app_client, merchant_class="large") == []
    assert await found(app_client, open_now="true") == ["A"]


async def test_it_tells_which_campaigns_run_there(app: FastAPI, app_client, town: Town):
    app.state.meguri.boards.fresh_s = 0.0
    small = await shop(town, "小", at=HOME)
    large = await town.open_store("large")
    named: dict[str, Any] = {"where": {"only_merchants": [str(large.merchant_id)]}}
    everywhere = await town.live_campaign(rebate_bp=3000, name="どこでも")
    there = await town.live_campaign(rebate_bp=1000, name="あそこ", **named)
    await town.draft_campaign(rebate_bp=500)
    items = (await app_client.get(PATH)).json()["items"]
    assert {each["store_id"]: {it["name"] for it in each["campaigns"]} for each in items} == {
        str(small.store_id): {"どこでも"},
        str(large.store_id): {"どこでも", "あそこ"},
    }
    assert await found(app_client, campaign=str(everywhere)) == ["小", "Hinode-ya"]
    assert await found(app_client, campaign=str(there)) == ["Hinode-ya"]
    assert await found(app_client, campaign=str(there), merchant_class="small") == []
    on_map = await app_client.get(f"{PATH}.geojson", params={"campaign": str(everywhere)})
    [feature] = on_map.json()["features"]
    assert feature["properties"]["campaigns"] == [
        {"campaign_id": str(everywhere), "name": "どこでも"}
    ]
    await town.change_campaign(there, "ended")
    assert await found(app_client, campaign=str(there)) == [], "it does not run any more"
    assert (await app_client.get(PATH, params={"campaign": "1"})).status_code == 422


async def test_what_takes_no_payments_is_gone_at_once(app_client: httpx.AsyncClient, town: Town):
    one, other = await shop(town, "One", HOME), await shop(town, "Other", HOME)
    near = f"{HOME[0] / 1e6},{HOME[1] / 1e6}"
    first = await app_client.get(PATH)
    assert first.headers["cache-control"] == "public, no-cache"
    same = await app_client.get(PATH, headers={"If-None-Match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    await turn_store(town, one, "closed")
    assert await found(app_client) == ["Other"]
    await turn_merchant(town, other.merchant_id, "suspended")
    for asked in ({}, {"q": "othe"}, {"near": near}):
        assert await found(app_client, **asked) == [], asked
    changed = await app_client.get(PATH, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    await turn_store(town, one, "open")
    assert await found(app_client, near=near) == ["One"]


def away(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Metres by the chord between two points: not the formula of the search."""
    points = []
    for latitude, longitude in (one, other):
        up, round_ = math.radians(latitude / 1e6), math.radians(longitude / 1e6)
        points.append(
            (math.cos(up) * math.cos(round_), math.cos(up) * math.sin(round_), math.sin(up))
        )
    return 2 * EARTH_M * math.asin(min(1, math.dist(*points) / 2))


ROUND = [(0, 0), (90, 0), (-400, 30), (4_000, 4_000), (-9_000, -20_000), (60_000, 3), (0, -200_000)]


@pytest.mark.parametrize(
    "point",
    [
        HOME,
        (0, 0),
        (-17_000_000, 179_999_950),
        (65_000_000, -180_000_000),
        (89_990_000, 20_000_000),
        (-90_000_000, 0),
    ],
)
async def test_the_nearest_come_first(
    app_client: httpx.AsyncClient, town: Town, point: tuple[int, int]
):
    """Across the 180th meridian and around the poles too; compared with all, one by one."""
    places = {}
    for number, (north, east) in enumerate(ROUND):
        latitude = max(-90_000_000, min(90_000_000, point[0] + north))
        longitude = (point[1] + east + 180_000_000) % 360_000_000 - 180_000_000
        places[f"S{number}"] = latitude, longitude
        await shop(town, f"S{number}", places[f"S{number}"])
    await shop(town, "nowhere")
    near = f"{point[0] / 1e6:.6f},{point[1] / 1e6:.6f}"
    for radius in (1, 500, 5_000, 50_000):
        metres = {name: away(point, place) for name, place in places.items()}
        names = await found(app_client, near=near, radius_m=radius)
        sure = {name for name, far in metres.items() if far < radius - 1}
        possible = {name for name, far in metres.items() if far < radius + 2}
        assert sure <= set(names) <= possible, (radius, metres, names)
        assert len(set(names)) == len(names)
        told = [metres[name] for name in names]
        assert all(after > before - 1.01 for before, after in pairwise(told))


async def test_what_fits_is_found_behind_what_is_nearer_and_does_not(
    app_client: httpx.AsyncClient, town: Town
):
    """More stores are nearer than a page reads at first."""
    for number in range(6):
        await shop(town, f"S{number}", (HOME[0] + number, HOME[1]), tags=["soba"])
    await shop(town, "udon", (HOME[0] + 700, HOME[1]), tags=["udon"])
    await shop(town, "more udon", (HOME[0] + 800, HOME[1]), tags=["udon"])
    near = f"{HOME[0] / 1e6:.6f},{HOME[1] / 1e6:.6f}"
    assert await found(app_client, near=near, tag="udon") == ["udon", "more udon"]


async def test_a_map_reads_it(app_client: httpx.AsyncClient, town: Town):
    placed = await shop(town, "見本", HOME, about_en="Hand-made soba.")
    await shop(town, "nowhere")
    answer = await app_client.get(PATH + ".geojson", params={"q": "見本"})
    assert answer.headers["content-type"] == "application/geo+json"
    [feature] = answer.json()["features"]
    assert answer.json()["type"] == "FeatureCollection"
    assert (feature["type"], feature["id"]) == ("Feature", str(placed.store_id))
    assert feature["geometry"] == {"type": "Point", "coordinates": [139.653247, 35.646572]}
    assert feature["properties"]["about_en"] == "Hand-made soba."
    everything = await app_client.get(PATH + ".geojson")
    assert [each["properties"]["name"] for each in everything.json()["features"]] == ["見本"]


@pytest.mark.parametrize(
    "asked",
    [
        {"near": "35.6"},
        {"near": "91,0"},
        {"near": "0,180.000001"},
        {"near": "1e1,0"},
        {"near": "NaN,0"},
        {"near": "٣٥,139"},
        {"near": "0,0", "radius_m": "0"},
        {"near": "0,0", "radius_m": "50001"},
        {"merchant_class": "huge"},
        {"open_now": "maybe"},
        {"cursor": "WzEsInN0b3JlcyJd"},
    ],
)
async def test_what_is_malformed_is_refused(
    app_client: httpx.AsyncClient, town: Town, asked: dict[str, str]
):
    assert town.region.code == "setagaya"
    for path in (PATH, PATH + ".geojson"):
        assert (await app_client.get(path, params=asked)).status_code == 422
    is_problem(await app_client.get("/v1/regions/atlantis/stores"), 404, "region-unknown")
