"""Clients of a merchant: the owner makes, rotates and revokes the secrets of tills and servers."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from access.clients import (
    Client,
    find_client,
    list_clients,
    make_client,
    revoke_client,
    rotate_client,
)
from api.answers import Answer, in_zone, in_zone_if
from api.closed_route import v1_router
from api.doers import doer_of, reach_of
from api.envelope import add_header
from api.fields import Body, Name, Uuid, new_id
from api.identity import MerchantIdentity, merchant
from api.offices import MOST_STORES
from api.pages import Listing, Page, Paged
from api.session_tokens import home_of
from api.state import state_of
from core.errors import Problem
from merchants.merchant import STORE_UNKNOWN
from merchants.reads import find_store

CLIENTS: Final = Listing("clients", (UUID,))

Owner = Annotated[MerchantIdentity, merchant("staff", roles=("owner",))]

router = v1_router("clients")


class ClientBody(Body):
    """A till or server."""

    name: Name = Field(examples=["レジ 1"])
    stores: Annotated[frozenset[Uuid], Field(min_length=1, max_length=MOST_STORES)] | None = Field(
        default=None, description="Absent: every store of the merchant."
    )


class ClientAnswer(Answer):
    """A till or server."""

    client_id: UUID
    name: str = Field(examples=["レジ 1"])
    stores: list[UUID] | None
    """Null: every store of the merchant."""
    made_by: str = Field(examples=["merchant:0192f0c1-2222-7000-8000-000000000001"])
    kept_by: UUID
    """The login that saw its secret last."""
    made_at: datetime
    used_at: datetime | None
    stopped_at: datetime | None
    """Since then that login is no owner any more. Whoever rotates takes the client over."""
    revoked_at: datetime | None


class ClientWithSecret(ClientAnswer):
    """A till or server, and its secret."""

    secret: str | None = Field(examples=["setagaya." + "s" * 43])
    """Shown once: null when the same client is made again. Whoever lost it rotates."""


@router.put(
    "/clients/{client_id}", operation_id="makeClient", summary="Make a client", status_code=201
)
async def make(
    request: Request,
    owner: Owner,
    client_id: Annotated[UUID, new_id("client_id")],
    body: ClientBody,
) -> ClientWithSecret:
    """Its tokens act as role `terminal`, in its stores."""
    home = home_of(owner.region)
    async with state_of(request).database.transaction(home.region_id) as db:
        for store_id in sorted(body.stores or ()):
            found = await find_store(db, home.region_id, owner.merchant_id, store_id)
            if found is None or not owner.may_act_for(store_id):
                raise Problem(STORE_UNKNOWN)
        stores = body.stores if body.stores is not None else owner.stores
        made, secret = await make_client(
            db, home, client_id, owner.merchant_id, stores, body.name, doer_of(owner)
        )
    if secret is None:
        add_header(request, "Idempotent-Replay", "true")
    return _with_secret(owner, made, secret)


@router.get("/clients", operation_id="listClients", summary="Clients, newest first")
async def list_all(request: Request, owner: Owner, paging: Paged) -> Page[ClientAnswer]:
    """Those that were revoked too."""
    start = CLIENTS.start(paging)
    region_id = owner.region.region_id
    async with state_of(request).database.snapshot(region_id) as db:
        rows = await list_clients(
            db, region_id, owner.merchant_id, start[0] if start else None, paging.limit + 1
        )
    return CLIENTS.page(
        rows, paging, lambda row: (row.client_id,), lambda row: ClientAnswer(**_said(owner, row))
    )


@router.get("/clients/{client_id}", operation_id="getClient", summary="One client")
async def get(request: Request, owner: Owner, client_id: Uuid) -> ClientAnswer:
    """As it stands."""
    region_id = owner.region.region_id
    async with state_of(request).database.snapshot(region_id) as db:
        found = await find_client(db, region_id, owner.merchant_id, client_id)
    return ClientAnswer(**_said(owner, found))


@router.post(
    "/clients/{client_id}/rotations", operation_id="rotateClient", summary="Give another secret"
)
async def rotate(request: Request, owner: Owner, client_id: Uuid) -> ClientWithSecret:
    """The old secret, and the tokens that were got with it, end within two seconds.

    Whoever rotates takes the client over: it stops with the post of who saw its secret last, and
    goes on with another one.
    """
    home = home_of(owner.region)
    async with state_of(request).database.transaction(home.region_id) as db:
        rotated, secret = await rotate_client(db, home, client_id, reach_of(owner), doer_of(owner))
    return _with_secret(owner, rotated, secret)


@router.post(
    "/clients/{client_id}/revocations", operation_id="revokeClient", summary="Revoke a client"
)
async def revoke(request: Request, owner: Owner, client_id: Uuid) -> ClientAnswer:
    """For good, with all its tokens, within two seconds. Twice is once."""
    region_id = owner.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        revoked = await revoke_client(db, region_id, client_id, reach_of(owner), doer_of(owner))
    return ClientAnswer(**_said(owner, revoked))


def _with_secret(owner: MerchantIdentity, found: Client, secret: str | None) -> ClientWithSecret:
    return ClientWithSecret(**_said(owner, found), secret=secret)


def _said(owner: MerchantIdentity, found: Client) -> dict[str, Any]:
    region = owner.region
    return {
        "client_id": found.client_id,
        "name": found.name,
        "stores": None if found.stores is None else sorted(found.stores),
        "made_by": found.made_by,
        "kept_by": found.kept_by,
        "made_at": in_zone(found.made_at, region),
        "stopped_at": in_zone_if(found.stopped_at, region),
        "used_at": in_zone_if(found.used_at, region),
        "revoked_at": in_zone_if(found.revoked_at, region),
    }
