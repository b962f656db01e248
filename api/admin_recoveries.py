"""A person who lost every device comes to the counter: asked for by one, approved by another."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.admin_requests import RequestAnswer, request_answer
from api.answers import Answer
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Reason, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.state import state_of
from residents.my_number import refuse_my_number
from residents.recovery import BY_RECOVERY, PhotoId, ask_for_recovery, show_code

_MINUTES: Final = int(BY_RECOVERY.lasts.total_seconds() // 60)

router = v1_router("administrators: people")

Desk = Annotated[AdminIdentity, administrator("desk")]


class RecoveryBody(Body):
    """Who stands at the counter, and by what that is known."""

    person_id: Uuid
    evidence: PhotoId
    reason: Reason = Field(examples=["電話を失くしたとのこと、窓口で本人を確認"])


class ShownCodeBody(Body):
    """Nothing: who asked for the recovery is known."""


class RecoveryCode(Answer):
    """What is handed over at the counter, on paper or by reading it out. It is shown once."""

    request_id: UUID
    code: str = Field(examples=["7K2M9QXW4HTB"])
    minutes: int = Field(examples=[_MINUTES])
    """How long it can be used."""


@router.put(
    "/admin/recoveries/{request_id}",
    operation_id="askForRecovery",
    summary="Ask for the recovery of a person's account",
    status_code=201,
)
async def put_recovery(
    request: Request,
    desk: Desk,
    request_id: Annotated[UUID, new_id("request_id")],
    body: RecoveryBody,
) -> RequestAnswer:
    """The person's number is told. Another one, at another device, decides on it within a day:
    `POST /v1/admin/requests/{request_id}/decisions`.
    """
    refuse_my_number(body.reason)
    region = desk.region
    async with state_of(request).database.transaction(region.region_id) as db:
        asked = await ask_for_recovery(
            db, region, request_id, doer_of(desk), body.person_id, body.evidence, body.reason
        )
    return request_answer(region, asked)


@router.post(
    "/admin/recoveries/{request_id}/codes",
    operation_id="showRecoveryCode",
    summary="Show the code of an approved recovery",
)
async def post_code(
    request: Request,
    desk: Desk,
    request_id: Uuid,
    body: ShownCodeBody,  # noqa: ARG001  an unknown member is refused
) -> RecoveryCode:
    """To who asked for it alone. A code that was shown before counts no more."""
    state, region = state_of(request), desk.region
    async with state.database.transaction(region.region_id) as db:
        code = await show_code(db, region, state.vault, request_id, doer_of(desk))
    return RecoveryCode(request_id=request_id, code=code, minutes=_MINUTES)
