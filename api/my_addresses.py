"""My addresses: by which ways I am told that there is something in my inbox."""

import binascii
from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, Field
from starlette.requests import Request

from api.answers import Answer, in_zone, in_zone_if
from api.closed_route import v1_router
from api.fields import Body, Uuid, new_id
from api.me_devices import MeReader, MeWriter
from api.pages import Listing, Page, Paged
from api.phone_codes import Code
from api.state import state_of
from core.errors import Problem
from ledger.regions import Region
from notifications.addresses import (
    ADDRESS_UNKNOWN,
    ADDRESS_WRONG,
    Address,
    AddressState,
    OwnChannel,
    Wanted,
    add_address,
    addresses_of,
    confirm_address,
    drop_address,
    find_address,
)
from notifications.texts import legible
from residents.codes import CODE_WRONG

ADDRESSES: Final = Listing("my-addresses", (UUID,))

router = v1_router("residents: inbox")

KeyText = Annotated[str, Field(strict=True, min_length=1, max_length=120), AfterValidator(legible)]


class AddressBody(Body):
    """Where I can be told."""

    channel: OwnChannel
    address: Annotated[str, Field(strict=True, max_length=2_000), AfterValidator(legible)] = Field(
        default="", examples=["hanako@example.jp"]
    )
    """A browser's `endpoint`, an app's FCM token, or an e-mail address; nothing for `sms`, which
    goes to my own number."""
    p256dh: KeyText | None = Field(default=None, examples=[None])
    """Of `web_push`: the subscription's key, in base64url."""
    auth: KeyText | None = Field(default=None, examples=[None])
    """Of `web_push`: the subscription's secret, in base64url."""


class AddressCodeBody(Body):
    """The code that came by e-mail."""

    code: Code


class DropBody(Body):
    """Nothing: which one is in the address."""


class AddressAnswer(Answer):
    """An address of mine; its keys are told to nobody."""

    address_id: UUID
    channel: OwnChannel
    address: str = Field(examples=["hanako@example.jp"])
    state: AddressState
    """`unconfirmed`: the code that was sent there is not entered yet."""
    why: str | None = Field(examples=[None])
    """Why it was dropped: `by-its-owner`, `gone`, `refused`."""
    made_at: datetime
    dropped_at: datetime | None


@router.put(
    "/me/addresses/{address_id}",
    operation_id="addAddress",
    summary="Add a way to tell me",
    status_code=201,
)
async def put_address(
    request: Request,
    me: MeWriter,
    address_id: Annotated[UUID, new_id("address_id")],
    body: AddressBody,
) -> AddressAnswer:
    """What goes there says only that there is something in my inbox; an emergency goes by e-mail
    and SMS whole. To an e-mail address a code is sent first.
    """
    state, region = state_of(request), me.region
    wanted = Wanted(body.channel, body.address, _bytes(body.p256dh), _bytes(body.auth))
    async with state.database.transaction(region.region_id) as db:
        made = await add_address(db, region, state.vault, me.person_id, address_id, wanted)
    return _answer(region, made)


@router.get("/me/addresses/{address_id}", operation_id="getAddress", summary="One address of mine")
async def get_address(request: Request, me: MeReader, address_id: Uuid) -> AddressAnswer:
    """A dropped one too."""
    region = me.region
    async with state_of(request).database.snapshot(region.region_id) as db:
        found = await find_address(db, region.region_id, me.person_id, address_id)
    if found is None:
        raise Problem(ADDRESS_UNKNOWN)
    return _answer(region, found)


@router.get("/me/addresses", operation_id="listAddresses", summary="By which ways I am told")
async def list_addresses(
    request: Request,
    me: MeReader,
    paging: Paged,
    *,
    standing: Annotated[bool, Query(description="Only those that are not dropped.")] = False,
) -> Page[AddressAnswer]:
    """Oldest first. Of dropped ones nothing is left but when and why."""
    region, start = me.region, ADDRESSES.start(paging)
    async with state_of(request).database.snapshot(region.region_id) as db:
        found = await addresses_of(
            db, region.region_id, me.person_id, start[0] if start else None, paging.limit + 1,
            is_standing=standing,
        )  # fmt: skip
    return ADDRESSES.page(
        found, paging, lambda each: (each.address_id,), lambda each: _answer(region, each)
    )


@router.post(
    "/me/addresses/{address_id}/confirmation",
    operation_id="confirmAddress",
    summary="Enter the code that came by e-mail",
)
async def post_confirmation(
    request: Request, me: MeWriter, address_id: Uuid, body: AddressCodeBody
) -> AddressAnswer:
    """Within 30 minutes, and five tries."""
    state, region_id = state_of(request), me.region.region_id
    async with state.database.transaction(region_id) as db:
        found = await confirm_address(
            db, region_id, state.vault, me.person_id, address_id, body.code
        )
    if found is None:
        raise Problem(CODE_WRONG)
    return _answer(me.region, found)


@router.post(
    "/me/addresses/{address_id}/drop", operation_id="dropAddress", summary="Tell me there no more"
)
async def post_drop(
    request: Request,
    me: MeWriter,
    address_id: Uuid,
    body: DropBody,  # noqa: ARG001  an unknown member is refused
) -> AddressAnswer:
    """At once; it is forgotten. Twice is once."""
    region_id = me.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        found = await drop_address(db, region_id, me.person_id, address_id)
    return _answer(me.region, found)


def _bytes(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, binascii.Error, ValueError) as error:
        raise Problem(ADDRESS_WRONG) from error


def _answer(region: Region, each: Address) -> AddressAnswer:
    return AddressAnswer(
        address_id=each.address_id,
        channel=each.channel,
        address=each.address,
        state=each.state,
        why=each.why,
        made_at=in_zone(each.made_at, region),
        dropped_at=in_zone_if(each.dropped_at, region),
    )
