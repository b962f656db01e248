"""What is told of papers of settlements, and how they are sent as files."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Annotated, Final, Literal
from uuid import UUID

import orjson
from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.answers import Answer, in_zone
from api.attachments import attachment
from api.days import EndsFrom, EndsUntil
from api.drawn import drawn
from api.fields import Uuid
from api.pages import Listing, Page, Paging
from api.state import state_of
from core.errors import Problem
from ledger.regions import Region
from merchants.draw_paper import draw_paper
from merchants.paper import PAPER_UNKNOWN, LineCode, Paper, PaperKind
from merchants.read_papers import WantedPapers, find_paper, list_papers, place_of

PAPERS: Final = Listing("papers", (int, UUID))

_TITLES: Final[Mapping[PaperKind, str]] = {"invoice": "適格請求書", "statement": "支払明細書"}


@dataclass(frozen=True, slots=True)
class PaperFilters:
    """Which papers are wanted."""

    kind: Annotated[PaperKind | None, Query(description="Only of this kind.")] = None
    settlement_id: Annotated[Uuid | None, Query(description="Only those of this one.")] = None
    first_day: EndsFrom = None
    last_day: EndsUntil = None


class PaperIssuer(Answer):
    """Who issued a paper."""

    name: str = Field(examples=["見本商店街振興組合"])
    registration_number: str | None = Field(examples=["T7000012050002"])
    """Its number as an issuer of qualified invoices; an invoice always has it."""


class PaperLine(Answer):
    """One line of a paper, in yen; negative where it takes from the sum."""

    code: LineCode = Field(examples=["fee"])
    yen: int = Field(examples=[2_352])


class PaperRate(Answer):
    """What is taxed at one rate, and the tax on all of it, rounded once."""

    rate_bp: int = Field(examples=[1000])
    """In basis points: 1,000 are ten percent."""
    total_yen: int = Field(examples=[2_352])
    """Without tax."""
    tax_yen: int = Field(examples=[235])


class PaperAnswer(Answer):
    """A paper of a settlement as it was issued; it is never changed, only corrected by another."""

    paper_id: UUID
    kind: PaperKind = Field(examples=["invoice"])
    number: int = Field(examples=[12])
    """Each kind of a region counts from 1, without a gap."""
    issued_on: date
    issued_at: datetime
    issuer: PaperIssuer
    merchant_id: UUID
    recipient: str = Field(examples=["見本食堂"])
    settlement_id: UUID
    first_day: date
    last_day: date
    pays_on: date
    description: str = Field(examples=["電子地域通貨の決済手数料"])
    lines: list[PaperLine]
    rates: list[PaperRate]
    total_yen: int = Field(examples=[2_587])
    """Of an invoice fee and tax, of a statement what is paid out."""
    corrects: int | None = Field(examples=[None])
    """The number of the paper, of the same kind, in whose place this one is."""
    reason: str | None = Field(examples=[None])
    """Why it was corrected."""
    sha256: str = Field(
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )
    """Of the file `paper.json`; it stands on the printed page too."""


def paper_answer(region: Region, paper: Paper) -> PaperAnswer:
    """The content as it was issued, with what is known about it."""
    return PaperAnswer.model_validate(
        {
            **orjson.loads(paper.content),
            "paper_id": paper.paper_id,
            "merchant_id": paper.merchant_id,
            "issued_at": in_zone(paper.issued_at, region),
            "sha256": paper.digest.hex(),
        }
    )


async def page_of_papers(
    request: Request,
    region: Region,
    merchant_id: UUID | None,
    chosen: PaperFilters,
    paging: Paging,
) -> Page[PaperAnswer]:
    """A page of the papers that were chosen, of one merchant or, None, of every one."""
    wanted = WantedPapers(
        merchant_id, chosen.kind, chosen.settlement_id, chosen.first_day, chosen.last_day
    )
    async with state_of(request).database.snapshot(region.region_id) as db:
        rows = await list_papers(
            db, region.region_id, wanted, PAPERS.start(paging), paging.limit + 1
        )
    return PAPERS.page(rows, paging, place_of, lambda paper: paper_answer(region, paper))


async def paper_of(
    request: Request, region: Region, paper_id: UUID, merchant_id: UUID | None
) -> Paper:
    """One paper, of this merchant or, None, of whichever. Raises paper-unknown."""
    async with state_of(request).database.snapshot(region.region_id) as db:
        found = await find_paper(db, region.region_id, paper_id, merchant_id)
    if found is None:
        raise Problem(PAPER_UNKNOWN)
    return found


async def as_file(paper: Paper, form: Literal["json", "pdf"]) -> Response:
    """The paper to be kept, under a name in ASCII and one in Japanese."""
    name, told = (f"{kind}-{paper.number}" for kind in (paper.kind, _TITLES[paper.kind]))
    return await kept_file(form, paper.content, paper.digest, name, told)


async def kept_file(
    form: Literal["json", "pdf"],
    content: bytes,
    digest: bytes,
    name: str,
    told: str,
    template: str = "paper.typ",
) -> Response:
    """Content that was issued, byte for byte, or as the page that `template` makes of it."""
    if form == "json":
        return attachment(content, "application/json", f"{name}.json", f"{told}.json")
    page = await drawn(partial(draw_paper, content, digest, template))
    return attachment(page, "application/pdf", f"{name}.pdf", f"{told}.pdf")
