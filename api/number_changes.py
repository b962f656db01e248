"""Change my number: a code goes to the new one, then it waits while the old one can object."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from access.challenges import Asked
from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.confirmation import Confirmation, asked_with, confirmed
from api.fields import Body, Uuid
from api.me_devices import MeReader, MeWriter
from api.pages import Listing, Page, Paged
from api.phone_codes import (
    Code,
    CodeAsked,
    PhoneText,
    code_asked,
    guess_refused,
    limits_of,
    usable_phone,
)
from api.sign_in_region import network_of
from api.state import state_of
from ledger.regions import Region
from residents.codes import TO_CHANGE_NUMBER, Guesser, answer_code, send_code
from residents.number_changes import (
    NumberChange,
    begin_change,
    cancel_change,
    check_change,
    settle_person,
    waiting_change,
)
from residents.phone import shown

CHANGES: Final = Listing("number-changes", (UUID,))

router = v1_router("residents: me")


class NumberChangeBody(Body):
    """The new number, and what confirms that it is wanted."""

    phone: PhoneText
    change_id: Uuid = Field(description="A UUIDv7 made for this change.")
    confirmation: Confirmation = Field(
        description="By the PIN, or by a device's signature over `meguri number change`, `region`,"
        " `person_id`, `change_id` and `phone` as it is sent, a line each."
    )


class NumberProofBody(Body):
    """The code that came to the new number."""

    code: Code


class CancellationBody(Body):
    """Nothing: to leave things as they are needs no confirmation."""


class NumberChangeAnswer(Answer):
    """A change that waits."""

    change_id: UUID
    new_number: str = Field(examples=["…5678"])
    """The end of the new number."""
    asked_at: datetime
    holds_from: datetime
    """Until then it can be cancelled, and the old number holds."""


class NumberChangeCancelled(Answer):
    """The number stays as it is."""

    change_id: UUID


@router.post(
    "/me/number-changes", operation_id="askForNumberChange", summary="Ask for another number"
)
async def ask_for_change(request: Request, me: MeWriter, body: NumberChangeBody) -> CodeAsked:
    """A code goes to the new number. Whether somebody has it here is not told."""
    state, region = state_of(request), me.region
    phone = usable_phone(state, body.phone)
    await confirmed(state, me, body.confirmation, "number change", body.change_id, phone=body.phone)
    async with state.database.transaction(region.region_id) as db:
        await settle_person(db, region, me.person_id)
        await check_change(db, region.region_id, me.person_id, phone)
        asked = await send_code(
            db,
            region,
            state.vault,
            TO_CHANGE_NUMBER,
            phone,
            limits_of(request),
            subject_id=me.person_id,
            facts={
                "asked_with": [str(each) for each in await asked_with(db, me, body.confirmation)]
            },
        )
    return code_asked(region, asked)


@router.post(
    "/me/number-changes/{challenge_id}/answers",
    operation_id="proveNewNumber",
    summary="Show that the new number is mine",
)
async def prove(
    request: Request, me: MeWriter, challenge_id: Uuid, body: NumberProofBody
) -> NumberChangeAnswer:
    """From now on it waits, and the old number is told. If the new one is somebody else's when its
    time has come, nothing changes, and the old number is told that.
    """
    state, region = state_of(request), me.region
    wait = timedelta(hours=state.settings.number_change_wait_hours)
    guesser = Guesser(network_of(request), me.person_id.bytes)
    async with state.database.transaction(region.region_id) as db:
        asked = await answer_code(
            db, region, state.vault, TO_CHANGE_NUMBER, challenge_id, body.code, guesser
        )
        if isinstance(asked, Asked) and asked.subject_id == me.person_id:
            await settle_person(db, region, me.person_id)
            both = {UUID(each) for each in asked.facts["asked_with"]} | {*await asked_with(db, me)}
            phone = asked.facts["phone"]
            change = await begin_change(db, region, me.person_id, phone, sorted(both), wait)
            return _answer(region, change)
    # A lost try has to be committed before it is refused.
    raise guess_refused(asked if isinstance(asked, int) else None)


@router.get("/me/number-changes", operation_id="listNumberChanges", summary="My change of number")
async def list_changes(request: Request, me: MeReader, paging: Paged) -> Page[NumberChangeAnswer]:
    """The one that waits, if there is one."""
    region, start = me.region, CHANGES.start(paging)
    async with state_of(request).database.transaction(region.region_id) as db:
        await settle_person(db, region, me.person_id)
        change = await waiting_change(db, region.region_id, me.person_id)
    rows = [] if change is None or start is not None else [change]
    return CHANGES.page(
        rows, paging, lambda row: (row.change_id,), lambda row: _answer(region, row)
    )


@router.post(
    "/me/number-changes/{change_id}/cancellations",
    operation_id="cancelNumberChange",
    summary="Leave my number as it is",
)
async def cancel(
    request: Request,
    me: MeWriter,
    change_id: Uuid,
    body: CancellationBody,  # noqa: ARG001  an unknown member is refused
) -> NumberChangeCancelled:
    """From any device that does not wait, until the change holds."""
    region = me.region
    async with state_of(request).database.transaction(region.region_id) as db:
        await cancel_change(db, region, me.person_id, change_id)
    return NumberChangeCancelled(change_id=change_id)


def _answer(region: Region, change: NumberChange) -> NumberChangeAnswer:
    return NumberChangeAnswer(
        change_id=change.change_id,
        new_number=shown(change.new_phone),
        asked_at=in_zone(change.asked_at, region),
        holds_from=in_zone(change.holds_from, region),
    )
