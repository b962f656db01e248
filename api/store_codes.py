"""A store's code as a picture: SVG and PNG for screens, and a stand in A5 to be printed."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from api.attachments import binary
from api.closed_route import v1_router
from api.drawn import drawn
from api.fields import Uuid
from api.identity import MerchantIdentity
from api.merchants import Staff, find_own_store
from api.state import state_of
from core.errors import Problem
from merchants.draw_code import draw_png, draw_stand, draw_svg
from merchants.merchant import STORE_UNKNOWN
from merchants.qr import LONGEST_LABEL, StoreQr, encode, is_label
from merchants.terminals import check_label

router = v1_router("merchants")


def _label(text: str) -> str:
    if not is_label(text):
        raise PydanticCustomError("label", "printable ASCII characters are needed")
    return text


Label = Annotated[
    str, Field(strict=True, min_length=1, max_length=LONGEST_LABEL), AfterValidator(_label)
]
"""What a code can say of a till or a bill: 1 to 25 printable characters of ASCII."""
Terminal = Annotated[
    Label | None,
    Query(description="Which till or table it stands at, by its label.", examples=["TILL-1"]),
]


async def code_of(
    request: Request, staff: MerchantIdentity, store_id: UUID, terminal: str | None
) -> StoreQr:
    """What the code of a store says at this terminal.

    Raises store-unknown, terminal-unknown and terminal-closed.
    """
    region = staff.region
    async with state_of(request).database.snapshot(region.region_id) as session:
        store = await find_own_store(session, staff, store_id)
        if store is None:
            raise Problem(STORE_UNKNOWN)
        if terminal is not None:
            await check_label(session, region.region_id, store_id, terminal)
    return StoreQr(store.store_id, store.name, region.code.upper(), terminal or "")


@router.get(
    "/stores/{store_id}/code.svg",
    operation_id="drawStoreCodeAsSvg",
    summary="A store's code as SVG",
    response_class=Response,
    responses=binary("image/svg+xml", "<svg …>"),
)
async def get_svg(
    request: Request, staff: Staff, store_id: Uuid, terminal: Terminal = None
) -> Response:
    """The same code as in the list of stores; with `terminal`, each sale there tells which till."""
    code = await code_of(request, staff, store_id, terminal)
    return Response(draw_svg(encode(code)), media_type="image/svg+xml")


@router.get(
    "/stores/{store_id}/code.png",
    operation_id="drawStoreCodeAsPng",
    summary="A store's code as PNG",
    response_class=Response,
    responses=binary("image/png", "‰PNG…"),
)
async def get_png(
    request: Request, staff: Staff, store_id: Uuid, terminal: Terminal = None
) -> Response:
    """Twelve pixels a module, black on white."""
    code = await code_of(request, staff, store_id, terminal)
    return Response(draw_png(encode(code)), media_type="image/png")


@router.get(
    "/stores/{store_id}/stand.pdf",
    operation_id="drawStoreStand",
    summary="A stand with a store's code, to be printed",
    response_class=Response,
    responses=binary("application/pdf", "%PDF-1.7…"),
)
async def get_stand(
    request: Request, staff: Staff, store_id: Uuid, terminal: Terminal = None
) -> Response:
    """One page of A5 with the store's name in Japanese; its font is part of the file."""
    code = await code_of(request, staff, store_id, terminal)
    page = await drawn(partial(draw_stand, encode(code), code.name, code.terminal))
    disposition = f'inline; filename="stand-{code.store_id}.pdf"'
    headers = {"content-disposition": disposition}
    return Response(page, media_type="application/pdf", headers=headers)
