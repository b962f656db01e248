"""A session goes on: the refresh token is changed for two new tokens."""

from typing import Annotated, Final

from pydantic import Field
from starlette.requests import Request

from access.renew_session import renew_session
from access.sessions import Home, Opened
from api.closed_route import v1_router
from api.device_keys import Signature, signature_bytes
from api.fields import Body
from api.rate_limit import Quota, address_of
from api.session_tokens import OPERATORS, SessionTokens, home_of, session_tokens
from api.state import State, state_of
from core.errors import Problem, problem

SESSION_OVER: Final = problem("session-over", 401, "This session is over: sign in again.")
SIGNATURE_NEEDED: Final = problem(
    "signature-needed", 401, "The signature of the session's device is needed."
)

RENEWALS: Final = Quota("renewals", 600, 60)
"""Per address: many people may share one."""

router = v1_router("sign in")


RefreshToken = Annotated[
    str,
    Field(
        strict=True,
        max_length=100,
        pattern=r"^[a-z0-9*-]{1,40}\.[A-Za-z0-9_-]{43}$",
        examples=["setagaya.bm9ib2R5cyB0b2tlbjogMzIgYnl0ZXMsIGluIGFsbCE"],
    ),
]


class RenewalBody(Body):
    """The refresh token of a session, and what shows that it comes from the session's device."""

    refresh_token: RefreshToken
    signature: Signature | None = Field(
        default=None,
        description="Of a device's own key, over `meguri refresh`, `region=…` and "
        "`token=<SHA-256 of the refresh token, hex>`, a line each.",
    )


@router.post("/sessions/renewals", operation_id="renewSession", summary="Take a session further")
async def renew(request: Request, body: RenewalBody) -> SessionTokens:
    """The refresh token ends. One that comes a second time ends its session: it was copied."""
    state = state_of(request)
    state.limiter.limit(request, RENEWALS, address_of(request))
    home = await find_home(state, body.refresh_token.partition(".")[0])
    if home is None:
        raise Problem(SESSION_OVER)
    signature = signature_bytes(body.signature) if body.signature else None
    async with state.database.transaction(home.region_id) as db:
        renewed = await renew_session(db, home, body.refresh_token, signature)
        if isinstance(renewed, Opened):
            return await session_tokens(state, db, home, renewed)
    # What ended with this attempt has to be committed before it is refused.
    raise Problem(SIGNATURE_NEEDED if renewed.reason == "unsigned" else SESSION_OVER)


async def find_home(state: State, code: str) -> Home | None:
    """The region that a refresh token names; None if there is none of this code."""
    if code == OPERATORS.code:
        return OPERATORS
    region = await state.regions.look_for(code)
    return None if region is None else home_of(region)
