"""The forms that administrators fill in, as JSON Schema, for programs that draw them."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import Response

from campaigns.benefit_terms import benefit_schema
from campaigns.terms import terms_schema
from core.json_text import json_bytes

router: Final = APIRouter(tags=["campaigns"])

FORM_AGE_S: Final = 300
"""How long anybody may keep a copy of a form: a new version may know more fields."""
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            "application/schema+json": {
                "schema": {"type": "object", "required": ["$schema", "properties"]},
                "example": {"$schema": _DIALECT, "properties": {"name": {"type": "string"}}},
            }
        }
    }
}


@router.get(
    "/schemas/campaign-form-1.json",
    operation_id="getCampaignForm",
    summary="The form of a campaign, as JSON Schema",
    response_class=Response,
    responses=_ANSWERS,
)
async def campaign_form() -> Response:
    """What `terms` of a campaign may say, for a program that draws the form. For anybody.

    A form that fits may still be refused: an end before its start, tiers with gaps.
    """
    return _published(terms_schema)


@router.get(
    "/schemas/benefit-form-1.json",
    operation_id="getBenefitForm",
    summary="The form of a benefit, as JSON Schema",
    response_class=Response,
    responses=_ANSWERS,
)
async def benefit_form() -> Response:
    """What `terms` of a benefit may say. For anybody.

    A form that fits may still be refused: an amount that is said twice, or not at all.
    """
    return _published(benefit_schema)


@cache
def _written(form: Callable[[], dict[str, Any]]) -> bytes:
    return json_bytes(form())


def _published(form: Callable[[], dict[str, Any]]) -> Response:
    headers = {"Cache-Control": f"public, max-age={FORM_AGE_S}"}
    return Response(_written(form), headers=headers, media_type="application/schema+json")
