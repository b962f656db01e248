"""The list of a benefit: brought in parts, put in force whole, and shown by its numbers alone."""

from typing import Annotated, Any, Final, Self
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from access.acts import enter_act
from api.admin_benefits import known_benefit
from api.answers import Answer, accepted
from api.closed_route import v1_router
from api.fields import MALFORMED_ID, Body, Reason, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.phone_codes import PhoneText
from api.state import State, state_of
from campaigns.benefit import BENEFIT_UNKNOWN, ListBenefit, state_wrong
from campaigns.benefit_lists import (
    LIST_IN_FORCE,
    LIST_IN_USE,
    LIST_INCOMPLETE,
    MOST_LINES,
    MOST_OF_A_PART,
    GroupCount,
    Line,
    count_lines,
    forget_other_lists,
    is_made_by,
    lock_lists,
    person_mac,
    phone_mac,
    put_lines,
)
from campaigns.benefit_reads import Benefit, find_benefit
from campaigns.benefit_terms import BenefitTerms
from campaigns.form import Word
from core.errors import Problem
from core.ids import is_client_id
from ledger.post import post
from ledger.statement import find_entry
from payments.prepare import prepare
from residents.my_number import refuse_my_number
from residents.phone import e164

router = v1_router("administrators: benefits")

Desk = Annotated[AdminIdentity, administrator("desk")]
Looker = Annotated[AdminIdentity, administrator("desk", "approver", "finance", "auditor")]

_LIST: Final = "/admin/benefits/{benefit_id}/lists/{list_id}"


class LineBody(Body):
    """One person of the list."""

    reference: Annotated[
        str, Field(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$", examples=["A-000123"])
    ]
    """By what the city knows the line again, when it writes a letter: a code, never a name."""
    phone: PhoneText | None = Field(default=None, examples=["090-1234-5678"])
    """The number that the person signs in with; or `person_id`."""
    person_id: Uuid | None = None
    group: Word | None = Field(default=None, examples=[None])
    """One of the form's groups, where it has any."""

    @model_validator(mode="after")
    def _is_about_one(self) -> Self:
        if (self.phone is None) == (self.person_id is None):
            raise PydanticCustomError("one_of_two", "a phone number or a person_id is needed")
        return self


class PartBody(Body):
    """Lines that follow on each other."""

    first_line: Annotated[int, Field(strict=True, ge=1, le=MOST_LINES, examples=[1])]
    """The number of the first of them; the first of the list is 1."""
    lines: Annotated[
        list[LineBody],
        Field(
            min_length=1,
            max_length=MOST_OF_A_PART,
            examples=[[{"reference": "A-000123", "phone": "090-1234-5678"}]],
        ),
    ]


class ListPart(Answer):
    """A part as it was kept."""

    benefit_id: UUID
    list_id: UUID
    first_line: int = Field(examples=[1])
    lines: int = Field(examples=[500])
    """Of this part."""
    lines_so_far: int = Field(examples=[4500])


class ListBody(Body):
    """How many lines were brought, and why these people."""

    lines: Annotated[int, Field(strict=True, ge=1, le=MOST_LINES, examples=[1])]
    reason: Reason = Field(examples=["住民税非課税世帯、11月1日現在"])


class GroupAnswer(Answer):
    """The lines of one group."""

    group: str | None = Field(examples=[None])
    lines: int = Field(examples=[12_500])
    points: int = Field(examples=[10_000])
    """What each of them may take."""


class ListAnswer(Answer):
    """A list, by its numbers: nobody reads from it who is on it."""

    benefit_id: UUID
    list_id: UUID
    is_in_force: bool
    lines: int = Field(examples=[12_500])
    """Brought so far."""
    last_line: int = Field(examples=[12_500])
    """The largest number of a line so far; where it is not `lines`, a part is missing."""
    needed_yen: int = Field(examples=[125_000_000])
    groups: list[GroupAnswer]
    """Empty in the answer that puts it in force: that one is remembered, and lines are not."""


@router.post(
    _LIST + "/parts", operation_id="bringLines", summary="Bring a part of a benefit's list"
)
async def bring_lines(
    request: Request, desk: Desk, benefit_id: Uuid, list_id: Uuid, body: PartBody
) -> ListPart:
    """Up to 500 lines (and 64 KiB), all of them or none; 200,000 in a list, all by one person.

    The same part again is the same part. Of each line the server keeps the reference, the group and
    a keyed hash of the number or id, and forgets these. A list counts for nothing until it is put
    in force, and does not grow from then on (`list-in-force`).
    """
    state, region_id = state_of(request), desk.region.region_id
    if not is_client_id(list_id, state.clock.now()):
        raise Problem(MALFORMED_ID, parameter="list_id")
    async with state.database.transaction(region_id) as db:
        await lock_lists(db, region_id, benefit_id)
        benefit = await _open_benefit(db, region_id, benefit_id)
        lines = _kept_lines(state, benefit.terms, list_id, body)
        is_new = await put_lines(db, region_id, benefit_id, list_id, desk.admin_id, lines)
        if is_new and benefit.list_id == list_id:
            raise Problem(LIST_IN_FORCE)
        if is_new:
            await enter_act(
                db, region_id, actor=desk.actor, role=desk.role, act="benefit_list.part_brought",
                object_id=list_id, first_line=body.first_line, lines=len(lines),
            )  # fmt: skip
        counts = await count_lines(db, region_id, benefit_id, list_id)
    return ListPart(
        benefit_id=benefit_id, list_id=list_id, first_line=body.first_line, lines=len(lines),
        lines_so_far=sum(each.lines for each in counts),
    )  # fmt: skip


@router.put(
    _LIST,
    operation_id="putBenefitList",
    summary="Put a benefit's list in force",
    status_code=201,
)
async def put_benefit_list(
    request: Request,
    desk: Desk,
    benefit_id: Uuid,
    list_id: Annotated[UUID, new_id("list_id")],
    body: ListBody,
) -> ListAnswer:
    """In place of the one before it, whose lines are deleted. Once it is approved none comes after.

    `list-incomplete` where the lines brought are not exactly 1 to `lines`.
    """
    state, region_id = state_of(request), desk.region.region_id
    async with state.database.transaction(region_id) as db:
        await lock_lists(db, region_id, benefit_id)
        benefit = await find_benefit(db, region_id, benefit_id)
        counts: list[GroupCount] = []
        needed_yen = 0
        if await find_entry(db, region_id, list_id) is None and benefit is not None:
            counts = await count_lines(db, region_id, benefit_id, list_id)
            if not await is_made_by(db, region_id, list_id, desk.admin_id):
                raise Problem(LIST_IN_USE)
            _check_whole(counts, body.lines)
            needed_yen = _needed_yen(benefit.terms, counts)
            if benefit.state in {"draft", "listed"}:
                await forget_other_lists(db, region_id, benefit_id, list_id)
        command = ListBenefit(
            entry_id=list_id, actor=desk.actor, benefit_id=benefit_id, lines=body.lines,
            reason=body.reason, needed_yen=needed_yen,
        )  # fmt: skip
        receipt = await post(db, region_id, command, prepare)
    entry = accepted(request, receipt)
    facts = entry.facts["benefit"]
    return ListAnswer(
        benefit_id=benefit_id, list_id=list_id, is_in_force=True, lines=facts["lines"],
        last_line=facts["lines"], needed_yen=facts["needed_yen"], groups=[],
    )  # fmt: skip


@router.get(_LIST, operation_id="getBenefitList", summary="How far a benefit's list was brought")
async def get_benefit_list(
    request: Request, admin: Looker, benefit_id: Uuid, list_id: Uuid
) -> ListAnswer:
    """By its numbers: how many lines, in which groups, and what they may take together."""
    state, region_id = state_of(request), admin.region.region_id
    benefit = await known_benefit(state, admin, benefit_id)
    async with state.database.snapshot(region_id) as db:
        counts = await count_lines(db, region_id, benefit_id, list_id)
    return ListAnswer(
        benefit_id=benefit_id,
        list_id=list_id,
        is_in_force=benefit.list_id == list_id,
        lines=sum(each.lines for each in counts),
        last_line=max((each.last_line for each in counts), default=0),
        needed_yen=_needed_yen(benefit.terms, counts),
        groups=[
            GroupAnswer(group=each.group, lines=each.lines, points=_points(benefit.terms, each))
            for each in counts
        ],
    )


async def _open_benefit(db: AsyncSession, region_id: int, benefit_id: UUID) -> Benefit:
    benefit = await find_benefit(db, region_id, benefit_id)
    if benefit is None:
        raise Problem(BENEFIT_UNKNOWN)
    if benefit.state not in {"draft", "listed"}:
        raise state_wrong(benefit.state)
    return benefit


def _kept_lines(state: State, terms: BenefitTerms, list_id: UUID, part: PartBody) -> list[Line]:
    """The lines as they are kept. 422 malformed-request by the place of each that does not fit."""
    countries = state.settings.sms_countries.split(",")
    lines: list[Line] = []
    errors: list[dict[str, Any]] = []
    if part.first_line + len(part.lines) - 1 > MOST_LINES:
        errors.append(_error("too_many_lines", f"a list has at most {MOST_LINES} lines", "lines"))
    for place, each in enumerate(part.lines):
        refuse_my_number(each.reference)
        phone = e164(each.phone, countries) if each.phone is not None else None
        if each.phone is not None and phone is None:
            said = "must be the number of a mobile phone, as in 090-1234-5678"
            errors.append(_error("phone_unknown", said, "lines", place, "phone"))
        if terms.points_of(each.group) is None:
            said = "must be one of the groups that the form has, and left out where it has none"
            errors.append(_error("group_unknown", said, "lines", place, "group"))
        if phone is not None:
            mac = phone_mac(state.vault, list_id, phone)
        else:
            mac = person_mac(state.vault, list_id, each.person_id or list_id)
        lines.append(Line(part.first_line + place, each.reference, mac, each.group))
    if errors:
        raise RequestValidationError(errors)
    return lines


def _error(kind: str, said: str, *place: str | int) -> dict[str, Any]:
    return {"type": kind, "loc": ("body", *place), "msg": said}


def _check_whole(counts: list[GroupCount], lines: int) -> None:
    brought = sum(each.lines for each in counts)
    last = max((each.last_line for each in counts), default=0)
    if (brought, last) != (lines, lines):
        raise Problem(LIST_INCOMPLETE, lines=brought, last_line=last)


def _points(terms: BenefitTerms, count: GroupCount) -> int:
    points = terms.points_of(count.group)
    assert points is not None, "a list has groups of its form"
    return points


def _needed_yen(terms: BenefitTerms, counts: list[GroupCount]) -> int:
    return sum(_points(terms, each) * each.lines for each in counts)
