"""Sign out: a session ends by its own refresh token, whoever's it is."""

from starlette.requests import Request

from access.sessions import end_by_token
from api.answers import Answer
from api.closed_route import v1_router
from api.fields import Body
from api.rate_limit import address_of
from api.renewals import RENEWALS, RefreshToken, find_home
from api.state import state_of

router = v1_router("sign in")


class SignOutBody(Body):
    """The refresh token of the session that ends; a used one will do."""

    refresh_token: RefreshToken


class SignedOut(Answer):
    """Nothing goes on with this token."""


@router.post("/sessions/endings", operation_id="signOut", summary="Sign out")
async def sign_out(request: Request, body: SignOutBody) -> SignedOut:
    """All tokens of its session end with it, within two seconds.

    The answer is the same for a token whose session has ended, and for one that never was.
    """
    state = state_of(request)
    state.limiter.limit(request, RENEWALS, address_of(request))
    home = await find_home(state, body.refresh_token.partition(".")[0])
    if home is not None:
        async with state.database.transaction(home.region_id) as db:
            await end_by_token(db, home.region_id, body.refresh_token)
    return SignedOut()
