"""The public directory of the stores where a region's money is taken, for anybody."""

import re
from dataclasses import replace
from hashlib import sha256
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from api.admin_merchants import InList, InNames
from api.answers import Answer
from api.closed_route import v1_router
from api.copies import is_known
from api.fields import Uuid, digits
from api.pages import Listing, Page, Paged, Paging
from api.public_region import RegionCode, public_region
from api.rate_limit import Quota
from api.running_campaigns import (
    CampaignHere,
    CampaignsHere,
    campaigns_here,
    merchants_of,
)
from api.state import state_of
from campaigns.form import MerchantClass
from ledger.regions import Region
from merchants.find_stores import START, FoundStore, WhichStores, find_stores
from merchants.near import LARGEST_RADIUS_M, Circle
from merchants.store_details import StoreDetails

READS: Final = Quota("directory", 300, 60)
"""Per address."""
DIRECTORY: Final = Listing("directory", (int, UUID))
CACHE: Final = "public, no-cache"
"""A copy may be kept and is asked about each time: a store that closes is gone at once."""

_POINT: Final = re.compile(r"(-?[0-9]{1,2}(?:\.[0-9]{1,6})?),(-?[0-9]{1,3}(?:\.[0-9]{1,6})?)")
_MILLION: Final = 1_000_000

router: Final = v1_router("directory")


def _millionths(degrees: str) -> int:
    whole, _, part = degrees.lstrip("-").partition(".")
    value = int(whole) * _MILLION + int(part.ljust(6, "0"))
    return -value if degrees.startswith("-") else value


def read_point(text: str) -> tuple[int, int]:
    """Latitude and longitude in millionths of a degree, as degrees with up to six places."""
    found = _POINT.fullmatch(text)
    if found is None:
        raise PydanticCustomError("point", "latitude,longitude in degrees is needed")
    latitude, longitude = map(_millionths, found.groups())
    if abs(latitude) > 90 * _MILLION or abs(longitude) > 180 * _MILLION:
        raise PydanticCustomError("point", "there is no such point on the globe")
    return latitude, longitude


def _point(text: str) -> str:
    read_point(text)
    return text


Near = Annotated[
    Annotated[str, Field(max_length=24), AfterValidator(_point)] | None,
    Query(description="Latitude and longitude in degrees; nearest first.",
          examples=["35.646572,139.653247"]),
]  # fmt: skip
Radius = Annotated[int, Field(ge=1, le=LARGEST_RADIUS_M), BeforeValidator(digits)]


class ListedStore(StoreDetails, Answer):
    """A store where residents can pay now. What it does not tell is null."""

    store_id: UUID
    name: str = Field(examples=["見本食堂"])
    merchant_class: MerchantClass = Field(examples=["small"])
    category: str = Field(examples=["food"])
    street: str | None = Field(examples=["しもきた商店街"])
    is_open_now: bool | None = Field(examples=[True])
    """By its hours; null where it tells none."""
    distance_m: int | None = Field(examples=[120])
    """In whole metres, rounded down, from the point that was named; null where none was."""
    campaigns: list[CampaignHere]
    """Those that run now and take the store in, at whatever hour; a start or an end shows within 15
    seconds. What is left of their budgets stands on the page of campaigns."""


class GeoJson(JSONResponse):
    """What maps read (RFC 7946)."""

    media_type = "application/geo+json"


class PointGeometry(Answer):
    """A point of RFC 7946."""

    type: Literal["Point"] = "Point"
    coordinates: Annotated[list[float], Field(min_length=2, max_length=2)] = Field(
        examples=[[139.653247, 35.646572]]
    )
    """Longitude and latitude, in degrees."""


class StoreFeature(Answer):
    """A store on a map."""

    type: Literal["Feature"] = "Feature"
    id: UUID
    geometry: PointGeometry
    properties: ListedStore


class StoreFeatures(Answer):
    """A page of the directory as GeoJSON."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[StoreFeature]
    next_cursor: str | None = Field(examples=["WzEsImRpcmVjdG9yeSIsMCwi4oCmIl0"])
    """As of lists; null on the last page."""


async def _which(
    text: Annotated[InNames, Query(alias="q")] = None,
    category: InList = None,
    area: InList = None,
    tag: InList = None,
    merchant_class: Annotated[
        MerchantClass | None, Query(description="Only those of it.", examples=["small"])
    ] = None,
    open_now: Annotated[
        Literal["true"] | None,
        Query(description="Only those that are open now, by their hours.", examples=["true"]),
    ] = None,
    near: Near = None,
    radius_m: Annotated[
        Radius, Query(description="How far from `near`, in metres.", examples=[500])
    ] = 2000,
) -> WhichStores:
    circle = None if near is None else Circle(*read_point(near), radius_m)
    return WhichStores(
        text, category, area, tag, merchant_class, circle, is_open=open_now is not None
    )


async def _wanted(
    which: Annotated[WhichStores, Depends(_which)],
    campaign: Annotated[
        Uuid | None, Query(description="Only those that it takes in, while it runs.")
    ] = None,
) -> tuple[WhichStores, UUID | None]:
    return which, campaign


Wanted = Annotated[tuple[WhichStores, UUID | None], Depends(_wanted)]
"""What stores are like, and a campaign that takes them in."""
_NOT_CHANGED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "As it was: `If-None-Match` had its tag."}
}


@router.get(
    "/regions/{region}/stores",
    operation_id="listPublicStores",
    summary="Where one can pay in a region",
    response_model=Page[ListedStore],
    responses=_NOT_CHANGED,
)
async def public_stores(
    request: Request, region: RegionCode, wanted: Wanted, paging: Paged
) -> Response:
    """For anybody, without a token. `radius_m` counts where `near` is told."""
    page = await _page(request, region, wanted, paging)
    return _sent(request, page.model_dump_json().encode(), "application/json")


@router.get(
    "/regions/{region}/stores.geojson",
    operation_id="listPublicStoresAsGeoJson",
    summary="Where one can pay in a region, as GeoJSON",
    response_model=StoreFeatures,
    response_class=GeoJson,
    responses=_NOT_CHANGED,
)
async def public_stores_as_geojson(
    request: Request, region: RegionCode, wanted: Wanted, paging: Paged
) -> Response:
    """The same search, as maps read it; stores without a position are left out."""
    page = await _page(request, region, wanted, paging, is_placed=True)
    features = [_feature(each) for each in page.items]
    collection = StoreFeatures(features=features, next_cursor=page.next_cursor)
    return _sent(request, collection.model_dump_json().encode(), "application/geo+json")


async def _page(
    request: Request, code: str, wanted: Wanted, paging: Paging, *, is_placed: bool = False
) -> Page[ListedStore]:
    state, region = state_of(request), public_region(request, code, READS)
    start = DIRECTORY.start(paging)
    here = campaigns_here((await state.boards.of(region)).running)
    which, campaign_id = wanted
    if campaign_id is not None:
        which = replace(which, of=merchants_of(here.running.by_id.get(campaign_id)))
    rows = await _read(request, region, which, start or START, paging.limit + 1, is_placed)
    return DIRECTORY.page(
        rows,
        paging,
        lambda row: (row.metres, row.store_id),
        lambda row: _listed(row, here, is_near=which.near is not None),
    )


async def _read(
    request: Request, region: Region, which: WhichStores, after: tuple[int, UUID], limit: int,
    is_placed: bool,
) -> list[FoundStore]:  # fmt: skip
    state = state_of(request)
    local = state.clock.now().astimezone(region.zone)
    async with state.database.snapshot(region.region_id) as db:
        return await find_stores(
            db, region.region_id, which, after, limit, local, is_placed=is_placed
        )


def _listed(found: FoundStore, here: CampaignsHere, *, is_near: bool) -> ListedStore:
    return ListedStore(
        **found.told,
        store_id=found.store_id,
        name=found.name,
        merchant_class=found.merchant_class,  # type: ignore[arg-type]  # PostgreSQL holds the list
        category=found.category,
        street=found.street,
        is_open_now=found.is_open,
        distance_m=found.metres if is_near else None,
        campaigns=here.at(found),
    )


def _feature(store: ListedStore) -> StoreFeature:
    assert store.latitude_e6 is not None, "only those with a position were asked for"
    assert store.longitude_e6 is not None, "it is whole"
    degrees = [store.longitude_e6 / _MILLION, store.latitude_e6 / _MILLION]
    return StoreFeature(
        id=store.store_id, geometry=PointGeometry(coordinates=degrees), properties=store
    )


def _sent(request: Request, content: bytes, media_type: str) -> Response:
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {"cache-control": CACHE, "etag": tag}
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)
