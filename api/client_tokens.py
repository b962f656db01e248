"""A till or server gets an access token for its secret (client credentials)."""

import time
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints
from starlette.requests import Request

from access.clients import CLIENT_REFUSED, enter_as_client
from api.answers import Answer
from api.closed_route import v1_router
from api.fields import Body, Uuid
from api.rate_limit import Quota, address_of
from api.renewals import find_home
from api.session_tokens import OPERATORS
from api.state import state_of
from api.tokens import DEFAULT_TTL_S, issue
from core.errors import Problem

BY_ADDRESS: Final = Quota("client-tokens", 300, 60)
BY_CLIENT: Final = Quota("client-tokens-of-one", 30, 60)
"""A token lasts five minutes, so an honest till asks once in four."""
SCOPE: Final = "sales:read refund"

router = v1_router("sign in")


class ClientTokenBody(Body):
    """Which client, and its secret."""

    client_id: Uuid
    secret: Annotated[
        str,
        StringConstraints(
            strict=True, max_length=100, pattern=r"^[a-z0-9-]{1,40}\.[A-Za-z0-9_-]{43}$"
        ),
    ] = Field(examples=["setagaya." + "s" * 43])


class ClientToken(Answer):
    """An access token; there is no refresh token, since the secret is shown again."""

    access_token: str = Field(examples=["eyJhbGciOiJFUzI1NiIs…"])
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  (RFC 6750)
    expires_in: int = Field(examples=[DEFAULT_TTL_S])
    """Seconds that it lives."""
    scope: str = Field(examples=[SCOPE])


@router.post("/clients/tokens", operation_id="getClientToken", summary="Sign a client in")
async def get_token(request: Request, body: ClientTokenBody) -> ClientToken:
    """A token of face `merchant` and role `terminal`. `client-refused` for all that is wrong."""
    state = state_of(request)
    state.limiter.limit(request, BY_ADDRESS, address_of(request))
    state.limiter.limit(request, BY_CLIENT, str(body.client_id))
    home = await find_home(state, body.secret.partition(".")[0])
    if home is None or home == OPERATORS:
        raise Problem(CLIENT_REFUSED)
    async with state.database.transaction(home.region_id) as db:
        entered = await enter_as_client(db, home.region_id, body.client_id, body.secret)
    client = entered.client
    stores = {} if client.stores is None else {"stores": sorted(client.stores)}
    token = issue(
        state.keys, "merchant", client.client_id, home.code, SCOPE, DEFAULT_TTL_S,
        int(time.time()), fam=entered.family, merchant=client.merchant_id, role="terminal",
        **stores,
    )  # fmt: skip
    return ClientToken(access_token=token, expires_in=DEFAULT_TTL_S, scope=SCOPE)
