"""Published heads and the keys that signed them: for anybody, without a token."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from api.answers import Answer
from api.closed_route import ClosedRoute
from api.proofs import Head
from api.public_region import RegionCode, public_region
from api.rate_limit import Quota, address_of
from api.state import state_of
from core.database import bare
from core.errors import Problem, problem
from seals.keys import public_list
from seals.publish import public_keys, published_heads

HEAD_UNKNOWN: Final = problem("head-unknown", 404, "No head was published on that day.")

READS: Final = Quota("heads", 600, 60)
"""Per address."""
LATEST_AGE_S: Final = 60
"""How long anyone may keep a copy of the latest head, and of the keys."""
OLD_AGE_S: Final = 86_400

router: Final = APIRouter(prefix="/seals", tags=["proofs"], route_class=ClosedRoute)


class PublicKey(Answer):
    """A key that signed heads. Compare it with what the issuer published elsewhere."""

    key: str = Field(examples=["9f86d081884c7d65"])
    algorithm: str = Field(examples=["Ed25519"])
    public: str = Field(
        examples=["d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"]
    )
    """32 bytes, in hex."""


class PublicKeys(Answer):
    """All of them, oldest first."""

    keys: list[PublicKey]


@router.get("/keys.json", operation_id="getSealKeys", summary="The public keys of sealed history")
async def seal_keys(request: Request, response: Response) -> PublicKeys:
    """Every key that signed a head here; keys are never taken away.

    They are those that the database knows. Whoever doubts us compares them with what was published
    elsewhere.
    """
    state = state_of(request)
    state.limiter.limit(request, READS, address_of(request))
    async with state.database.everywhere() as session:
        keys = await public_keys(await bare(session))
    response.headers["cache-control"] = f"public, max-age={LATEST_AGE_S}"
    return PublicKeys.model_validate(public_list(keys))


@router.get(
    "/{region}/{day}.json",
    operation_id="getPublishedHead",
    summary="The head that was published on a day, or the latest",
    response_model=Head,
)
async def published_head(
    request: Request,
    region: RegionCode,
    day: Annotated[str, Path(pattern=r"^(latest|\d{4}-\d\d-\d\d)$", examples=["latest"])],
) -> JSONResponse:
    """Keep it: with it anybody can find out later whether history up to it was rewritten."""
    state, found = state_of(request), public_region(request, region, READS)
    first, last = (date.min, date.max) if day == "latest" else (_day(day), _day(day))
    async with state.database.snapshot(found.region_id) as session:
        heads = await published_heads(await bare(session), found, first, last, 1)
    if not heads:
        raise Problem(HEAD_UNKNOWN)
    age_s = LATEST_AGE_S if day == "latest" else OLD_AGE_S
    return JSONResponse(heads[0][1], headers={"cache-control": f"public, max-age={age_s}"})


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Problem(HEAD_UNKNOWN) from None
