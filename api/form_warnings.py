"""Warnings about a form that is a good one, and may not be what was meant."""

from typing import Literal

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import Answer
from campaigns.terms import Terms
from campaigns.unknown_shops import find_unknown_shops


class FormWarning(Answer):
    """What somebody should look at before the form is approved."""

    code: Literal["no-such-shop"] = Field(examples=["no-such-shop"])
    """No shop that is not closed is of this category, area or street, or has this id, by now."""
    field: str = Field(examples=["where.areas"])
    """Where it stands in the terms."""
    value: str = Field(examples=["kitazawa"])


async def warnings_of(db: AsyncSession, region_id: int, terms: Terms) -> list[FormWarning]:
    """As things stand now: a shop that joins later takes its warning away."""
    found = await find_unknown_shops(db, region_id, terms)
    return [FormWarning(code="no-such-shop", field=each.field, value=each.value) for each in found]
