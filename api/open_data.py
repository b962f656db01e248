"""Open data: pages for people, catalogues for programs, and the files; for anybody, for good."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from api.admin_regions import REGION_UNKNOWN
from api.closed_route import ClosedRoute
from api.copies import answer_copy, answer_page, is_known
from api.drawn import drawn
from api.open_data_page import period_page, region_page, regions_page
from api.rate_limit import Quota, address_of
from api.state import State, state_of
from core.errors import Problem, problem
from core.json_text import json_bytes
from insights import package_dcat
from insights.package import PackageFile
from insights.package_dcat import Kind, Where, catalogue
from insights.package_terms import TERMS_FILE, terms_document
from insights.read_spending import Period, Spending, periods_of
from ledger.regions import Region

NOT_RELEASED: Final = problem(
    "period-not-released", 404, "No statistics of these days were released."
)
FILE_UNKNOWN: Final = problem(
    "open-data-file-unknown", 404, "The package of these days has no such file."
)

READS: Final = Quota("open-data", 300, 60)
"""Per address."""
FOR_EVER: Final = "public, max-age=31536000, immutable"
FOR_A_DAY: Final = "public, max-age=86400"
"""Of what a newer library may write in other bytes, and of what tells such checksums."""
MOST_IN_FULL: Final = 60
"""So many of the newest periods stand in a region's catalogue with their files: more than a year.
Those before are named by their own catalogues."""
_ANYWHERE: Final = {"access-control-allow-origin": "*"}
"""Pages of others may read it: it is for anybody and depends on nobody."""

router: Final = APIRouter(tags=["open data"], route_class=ClosedRoute)
pages: Final = APIRouter(route_class=ClosedRoute, include_in_schema=False)

RegionCode = Annotated[str, Path(max_length=40, examples=["setagaya"])]
OfKind = Annotated[
    Kind, Path(description="Tables of a week, or of thirteen weeks.", examples=["weeks"])
]
FirstDay = Annotated[
    str,
    Path(
        pattern=r"^\d{4}-\d\d-\d\d$",
        description="The Monday on which the days begin.",
        examples=["2026-11-02"],
    ),
]
FileName = Annotated[
    str,
    Path(
        max_length=120,
        description="A name that the catalogue or `SHA256SUMS` tells.",
        examples=["setagaya-2026-11-02-area-category.csv"],
    ),
]
_NOT_CHANGED: Final[dict[str, Any]] = {"description": "As it was: `If-None-Match` had its tag."}
_GRAPH: Final[dict[str, Any]] = {
    "schema": {"type": "object", "required": ["@context", "@graph"]},
    "example": {"@context": {"dcat": "http://www.w3.org/ns/dcat#"}, "@graph": []},
}
_DOCUMENTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {package_dcat.MEDIA_TYPE: _GRAPH}},
    304: _NOT_CHANGED,
}
_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file.",
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "example": "\ufeff開始日,終了日,地域,…\r\n2026-11-02,2026-11-08,north,…\r\n",
            },
            "application/csvm+json": {
                "schema": {"type": "object", "required": ["@context", "url", "tableSchema"]},
                "example": {
                    "@context": "http://www.w3.org/ns/csvw",
                    "url": "setagaya-2026-11-02-area-category.csv",
                    "tableSchema": {"columns": []},
                },
            },
            "application/vnd.apache.parquet": {
                "schema": {"type": "string", "format": "binary"},
                "example": "PAR1…",
            },
            package_dcat.MEDIA_TYPE: _GRAPH,
            "text/plain": {"schema": {"type": "string"}, "example": "9f86d081…  name.csv\n"},
        },
    },
    304: _NOT_CHANGED,
}


@pages.get("/open-data")
async def all_regions(request: Request) -> Response:
    """The page of all regions."""
    state = _limited(request)
    return answer_page(request, regions_page(state.regions.all()))


@router.get(
    f"/open-data/{TERMS_FILE}",
    operation_id="getOpenDataTerms",
    summary="The words of our own in the catalogues",
    response_class=Response,
    responses=_DOCUMENTS,
)
async def terms(request: Request) -> Response:
    """Measures of privacy and noise, each under an address that stays, as JSON-LD."""
    _limited(request)
    return _document(request, json_bytes(terms_document()))


@pages.get("/open-data/{region}")
async def one_region(request: Request, region: RegionCode) -> Response:
    """The page of a region."""
    state, found = _limited(request), _region(request, region)

    async def make(spending: Spending) -> bytes:
        return await drawn(lambda: region_page(found, periods_of(spending.releases)))

    return answer_page(request, await state.packages.document(found, "page", make))


@router.get(
    "/open-data/{region}/catalog.jsonld",
    operation_id="getOpenDataCatalog",
    summary="What is open of a region, as DCAT 3",
    response_class=Response,
    responses=_DOCUMENTS,
)
async def region_catalog(request: Request, region: RegionCode) -> Response:
    """Each table of the newest sixty periods with its files, their sizes and checksums, and its
    privacy; those before by their own catalogues. Addresses are in full where the deployment knows
    its own, else as seen from here.
    """
    state, found = _limited(request), _region(request, region)

    async def make(spending: Spending) -> bytes:
        periods = periods_of(spending.releases)
        listed = [
            each
            for period in periods[:MOST_IN_FULL]
            for each in await state.packages.listed(found, period.kind, period.first_day)
        ]
        elsewhere = [(period.kind, period.first_day) for period in periods[MOST_IN_FULL:]]
        public_url = state.settings.public_url
        above = "../" if public_url is None else f"{str(public_url).rstrip('/')}/open-data/"
        where = Where(above, found.code, found.name)
        return await drawn(lambda: json_bytes(catalogue(where, listed, elsewhere)))

    return _document(request, await state.packages.document(found, "catalogue", make))


@pages.get("/open-data/{region}/{kind}/{first_day}")
async def one_period(
    request: Request, region: RegionCode, kind: OfKind, first_day: FirstDay
) -> Response:
    """The page of a week, or of thirteen."""
    state, found = _limited(request), _region(request, region)
    shelved = await state.packages.of(found, kind, _day(first_day))
    if shelved is None:
        raise Problem(NOT_RELEASED)
    listed = shelved.package.listed[0]
    days = listed.released
    period = Period(kind, days.first_day, days.last_day, listed.released_at)
    return answer_page(request, period_page(found, period, shelved.package, shelved.tables))


@router.get(
    "/open-data/{region}/{kind}/{first_day}/{file}",
    operation_id="getOpenDataFile",
    summary="A file of a released week, or of thirteen",
    response_class=Response,
    responses=_FILES,
)
async def one_file(
    request: Request, region: RegionCode, kind: OfKind, first_day: FirstDay, file: FileName
) -> Response:
    """CSV, what it says (CSVW), Parquet, a catalogue of these days, and `SHA256SUMS`. The tag is
    the file's SHA-256. What never changes may be kept for good.
    """
    state, found = _limited(request), _region(request, region)
    shelved = await state.packages.of(found, kind, _day(first_day))
    if shelved is None:
        raise Problem(NOT_RELEASED)
    it = shelved.package.files.get(file)
    if it is None:
        raise Problem(FILE_UNKNOWN)
    return _answer_file(request, it)


def _answer_file(request: Request, file: PackageFile) -> Response:
    tag = f'"{file.sha256}"'
    headers = _ANYWHERE | {
        "cache-control": FOR_EVER if file.is_final else FOR_A_DAY,
        "etag": tag,
    }
    if file.described_by is not None:
        headers["link"] = f'<{file.described_by}>; rel="describedby"; type="application/csvm+json"'
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media_type)


def _document(request: Request, content: bytes) -> Response:
    return answer_copy(request, content, package_dcat.MEDIA_TYPE, headers=_ANYWHERE)


def _limited(request: Request) -> State:
    state = state_of(request)
    state.limiter.limit(request, READS, address_of(request))
    return state


def _region(request: Request, code: str) -> Region:
    found = state_of(request).regions.find(code)
    if found is None:
        raise Problem(REGION_UNKNOWN)
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Problem(NOT_RELEASED) from None
