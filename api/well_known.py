"""Pages at fixed addresses: the public keys, and what a problem type means."""

import time
from html import escape
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from api.keys import PUBLIC_SET_AGE_S
from api.problems import NO_SUCH_ROUTE
from api.state import state_of
from core.errors import REGISTRY, Problem, ProblemType

router: Final = APIRouter()

_JWK_SET: Final = {
    "type": "object",
    "required": ["keys"],
    "properties": {"keys": {"type": "array", "items": {"type": "object"}}},
}
_JWK_SET_EXAMPLE: Final = {
    "keys": [
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            "kid": "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
            "alg": "ES256",
            "use": "sig",
        }
    ]
}
_WHAT_TO_DO: Final = {
    401: "Get a new token, then send the request again.",
    403: "Sending it again with this token will not help.",
    404: "It is not there, or it is not yours to see.",
    408: "Send it again, with the same id, in one go. Nothing was done.",
    409: "A rule refused, and the id of the request stays refused. A new attempt needs a new id.",
    422: "The request is malformed. Mend it before you send it again; nothing was done.",
    429: "Wait as many seconds as Retry-After says. Nothing was done.",
    503: "Wait as Retry-After says, then send the same request with the same id again.",
}


@router.get(
    "/.well-known/jwks.json",
    tags=["operations"],
    operation_id="getPublicKeys",
    summary="The public keys of tokens",
    response_class=Response,
    responses={
        200: {
            "content": {
                "application/jwk-set+json": {"schema": _JWK_SET, "example": _JWK_SET_EXAMPLE}
            }
        }
    },
)
async def public_keys(request: Request) -> JSONResponse:
    """The keys with which tokens of this deployment are verified, as a JWK set (RFC 7517)."""
    keys = state_of(request).keys.ring.public_set(time.time())
    return JSONResponse(
        keys,
        headers={"Cache-Control": f"public, max-age={PUBLIC_SET_AGE_S}"},
        media_type="application/jwk-set+json",
    )


@router.get("/problems/{slug}", include_in_schema=False)
async def problem_page(slug: Annotated[str, Path(max_length=64)]) -> Response:
    """What a problem type means: the page to which the `type` of each problem leads."""
    told = REGISTRY.get(slug)
    if told is None:
        raise Problem(NO_SUCH_ROUTE)
    return HTMLResponse(_page(told), headers={"Cache-Control": "public, max-age=3600"})


def _page(told: ProblemType) -> str:
    advice = _WHAT_TO_DO.get(told.status, "See the API's description.")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(told.title)}</title>'
        f"<h1>{escape(told.title)}</h1><p><code>{told.slug}</code>, HTTP {told.status}.</p>"
        f"<p>{escape(advice)}</p></html>\n"
    )
