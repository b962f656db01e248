"""What released statistics can tell about a person, and what they cost: for anybody, in words."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from api.answers import Answer, in_zone
from api.closed_route import ClosedRoute
from api.copies import answer_copy, answer_page
from api.drawn import drawn
from api.open_data import READS
from api.privacy_page import privacy_page, privacy_regions_page
from api.privacy_words import CONDITION, NOT_PROTECTED, SAID, YEAR
from api.public_region import RegionCode, public_region
from api.rate_limit import address_of
from api.state import state_of
from insights.package_columns import Said
from insights.privacy_statement import Meaning, Statement, YearMeaning, make_statement
from insights.read_spending import Paid, Spending
from insights.released import TableName
from ledger.regions import Region

_ANYWHERE: Final = {"access-control-allow-origin": "*"}

router: Final = APIRouter(tags=["open data"], route_class=ClosedRoute)
pages: Final = APIRouter(route_class=ClosedRoute, include_in_schema=False)


class SaidAnswer(Answer):
    """The same in two languages."""

    ja: str = Field(examples=["お店。守られるのは、支払った人です。"])
    en: str = Field(examples=["Shops. Those who pay are protected."])


class MeaningAnswer(Answer):
    """What a cost means. Figures are rounded up: never a better claim than holds."""

    cost_nano_rho: int = Field(examples=[9_000_000])
    """The cost, as rho of zero-concentrated differential privacy, in billionths."""
    guess_percent: float = Field(examples=[52.7])
    """At most so many of 100 guesses whether somebody took part are right; 50 is a coin."""
    epsilon: float = Field(examples=[0.55])
    """At `delta`, by the exact formula of the Gaussian mechanism."""


class NotProtectedAnswer(Answer):
    """Something that the guarantee does not cover."""

    code: str = Field(examples=["shops"])
    said: SaidAnswer


class BudgetYearAnswer(Answer):
    """A year of the privacy budget: 52 weeks."""

    first_day: date
    last_day: date
    cap_nano_rho: int = Field(examples=[520_000_000])
    left_nano_rho: int = Field(examples=[511_000_000])
    used: MeaningAnswer


class PaidReleaseAnswer(Answer):
    """A table that was released, and what it took."""

    release_no: int = Field(examples=[1])
    table: TableName = Field(examples=["area_category"])
    first_day: date
    last_day: date
    cost_nano_rho: int = Field(examples=[4_500_000])
    released_at: datetime
    sha256: str = Field(
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )
    """Of the stored bytes from which the files are made."""
    chain_sha256: str = Field(
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )
    """Of this release and, through it, of all before it."""


class PrivacyAnswer(Answer):
    """The guarantee of a region's statistics, computed from the costs that stand in its books."""

    region: str = Field(examples=["setagaya"])
    said: list[SaidAnswer]
    """The guarantee in words."""
    is_planned: bool = Field(examples=[False])
    """Whether nothing was released yet: then `week` and `year` are what is planned."""
    delta: float = Field(examples=[1e-6])
    week: MeaningAnswer
    """Of the weekly tables of one week: the dearest so far."""
    year: MeaningAnswer
    """Of the whole budget of a year: the most that may come of all its releases."""
    so_far: MeaningAnswer
    """Of all that was ever released."""
    not_protected: list[NotProtectedAnswer]
    years: list[BudgetYearAnswer]
    """Newest first."""
    releases: list[PaidReleaseAnswer]
    """Newest first; the newest 4,000."""


@pages.get("/privacy")
async def all_regions(request: Request) -> Response:
    """The page of all regions."""
    state = state_of(request)
    state.limiter.limit(request, READS, address_of(request))
    return answer_page(request, privacy_regions_page(state.regions.all()))


@router.get(
    "/privacy/{region}.json",
    operation_id="getPrivacyStatement",
    summary="What a region's statistics can tell of a person, and what they cost",
    response_model=PrivacyAnswer,
    responses={304: {"description": "As it was: `If-None-Match` had its tag."}},
)
async def one_region_as_json(request: Request, region: RegionCode) -> Response:
    """The guarantee, every release with its cost, and what remains of each year's privacy budget.

    For anybody, without a token. `/privacy/{region}` is the same as a page, in Japanese, plain
    Japanese and English.
    """
    content = await _made(
        request,
        region,
        "privacy.json",
        lambda found, statement: _answer(found, statement).model_dump_json().encode(),
    )
    return answer_copy(request, content, "application/json", headers=_ANYWHERE)


@pages.get("/privacy/{region}")
async def one_region(request: Request, region: RegionCode) -> Response:
    """The page of a region."""
    return answer_page(request, await _made(request, region, "privacy", privacy_page))


async def _made(
    request: Request, code: str, name: str, write: Callable[[Region, Statement], bytes]
) -> bytes:
    state, found = state_of(request), public_region(request, code, READS)

    async def make(spending: Spending) -> bytes:
        return await drawn(lambda: write(found, make_statement(spending)))

    return await state.packages.document(found, name, make)


def _answer(region: Region, statement: Statement) -> PrivacyAnswer:
    week, year = statement.week.guess_percent, statement.year.guess_percent
    return PrivacyAnswer(
        region=region.code,
        said=[
            SaidAnswer(
                ja=one.ja.format(week=week, year=year), en=one.en.format(week=week, year=year)
            )
            for one in (SAID, YEAR, CONDITION)
        ],
        is_planned=statement.is_planned,
        delta=statement.delta,
        week=_meaning(statement.week),
        year=_meaning(statement.year),
        so_far=_meaning(statement.so_far),
        not_protected=[
            NotProtectedAnswer(code=code, said=_words(said)) for code, said in NOT_PROTECTED.items()
        ],
        years=[_year(each) for each in statement.years],
        releases=[_release(region, each) for each in statement.releases],
    )


def _words(said: Said) -> SaidAnswer:
    return SaidAnswer(ja=said.ja, en=said.en)


def _meaning(meaning: Meaning) -> MeaningAnswer:
    return MeaningAnswer(
        cost_nano_rho=meaning.cost,
        guess_percent=meaning.guess_percent,
        epsilon=meaning.epsilon,
    )


def _year(each: YearMeaning) -> BudgetYearAnswer:
    return BudgetYearAnswer(
        first_day=each.year.first_day,
        last_day=each.year.last_day,
        cap_nano_rho=each.year.cap,
        left_nano_rho=each.year.left,
        used=_meaning(each.used),
    )


def _release(region: Region, paid: Paid) -> PaidReleaseAnswer:
    return PaidReleaseAnswer(
        release_no=paid.release_no,
        table=paid.table,
        first_day=paid.first_day,
        last_day=paid.last_day,
        cost_nano_rho=paid.cost,
        released_at=in_zone(paid.released_at, region),
        sha256=paid.output_sha256.hex(),
        chain_sha256=paid.hash.hex(),
    )
