"""The types of what comes in: strict, bounded, and the same on every route.

JSON amounts are whole numbers: 1.0, "100" and true are malformed. In a query, where everything
is text, digits alone are a number.
"""

import re
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from api.state import state_of
from core.errors import Problem, problem
from core.ids import is_client_id
from core.legible import is_legible, is_legible_text
from ledger.statement import find_entry

MALFORMED_ID: Final = problem(
    "malformed-id", 422, "A new id must be a UUIDv7 of the last or next 24 hours."
)

MAX_YEN: Final = 10_000_000
"""The technical bound of one amount in a request; what a region allows is lower, and a rule."""
MAX_JSON_INT: Final = 2**53 - 1
REGION_ID: Final = "meguri.region_id"
"""Where in the request's scope the identity leaves the region of its token."""

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DIGITS: Final = re.compile(r"[0-9]{1,15}")


class Body(BaseModel):
    """A request's JSON object: unknown members are malformed, and a parsed one never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def yen_up_to(most: int) -> Any:
    """Bounds of an amount in a JSON body: a whole number of yen from 1 to `most`."""
    assert 1 <= most <= MAX_JSON_INT
    return Field(strict=True, ge=1, le=most)


def _hyphenated(value: object) -> object:
    # The parser also knows braces, urn:uuid: and no hyphens at all; one id has one spelling here.
    if isinstance(value, str) and not _UUID.fullmatch(value):
        raise PydanticCustomError("uuid_parsing", "a UUID with its hyphens is needed")
    return value


def digits(value: object) -> object:
    """Validator for a number in a query: digits and nothing else.

    Stands behind the number's bounds: before them, they would not be said in the description.
    """
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise PydanticCustomError("int_parsing", "digits are needed")
    return value


def _readable(text: str) -> str:
    if not is_legible_text(text):
        raise PydanticCustomError("unreadable_text", "a character cannot be read")
    if text and text.isspace():
        raise PydanticCustomError("blank_text", "the text is blank")
    return text


def legible(text: str) -> str:
    """The text with U+FFFD for each character that cannot be read, or that no database keeps."""
    return "".join(character if is_legible(character) else "\ufffd" for character in text)


def _fits_qr(text: str) -> str:
    if len(text.encode("utf-8", "surrogatepass")) > 512:
        raise PydanticCustomError("too_long", "more than 512 bytes")
    return _readable(text)


Yen = Annotated[int, yen_up_to(MAX_YEN)]
QueryYen = Annotated[int, Field(ge=0, le=MAX_JSON_INT), BeforeValidator(digits)]
Uuid = Annotated[UUID, BeforeValidator(_hyphenated)]
Reason = Annotated[str, Field(strict=True, min_length=1, max_length=200), AfterValidator(_readable)]
Name = Annotated[str, Field(strict=True, min_length=1, max_length=80), AfterValidator(_readable)]
"""What a person calls a thing or is called."""
Label = Annotated[str, Field(strict=True, min_length=1, max_length=100), AfterValidator(_readable)]
QrText = Annotated[str, Field(strict=True, min_length=1, max_length=512), AfterValidator(_fits_qr)]
Flag = Annotated[bool, Field(strict=True)]


def new_id(name: str) -> Any:
    """The id in a PUT path, made by the client: `Annotated[UUID, new_id("payment_id")]`.

    A UUIDv7 within 24 hours of the deployment's clock, or one that stands for something in the
    token's region already: a retry has its first answer however late it comes. Else 422
    malformed-id. `api.openapi` adds the parameter to the description; a Path of its own here would
    cost as much as the token. Stands behind the identity in a route's signature.
    """

    async def check(request: Request) -> UUID:
        given = request.path_params[name]
        if _UUID.fullmatch(given):
            made = UUID(given)
            if is_client_id(made, state_of(request).clock.now()) or await _is_known(request, made):
                return made
        raise Problem(MALFORMED_ID, parameter=name)

    return Depends(check)


async def _is_known(request: Request, made: UUID) -> bool:
    region_id: int | None = request.scope.get(REGION_ID)
    if made.version != 7 or region_id is None:
        return False
    async with state_of(request).database.snapshot(region_id) as session:
        return await find_entry(session, region_id, made) is not None
