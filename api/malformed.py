"""What is told of a malformed request: where, which rule it broke, and what the rule allows.

Nothing that the client sent is said back to it: names and bounds are those of our own schemas. Only
of a campaign's form an unknown field is named (`api/form_errors.py`).
"""

import re
from ast import literal_eval
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, get_args

from pydantic_core.core_schema import ErrorType
from starlette.requests import Request

from api.closed_route import ClosedRoute
from api.form_errors import is_of_a_form, sentence_of

MOST_ERRORS: Final = 20

_FIELD: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}|[0-9]{1,6}")
_NAMES_THE_UNKNOWN: Final = frozenset({"extra_forbidden", "json_invalid"})
_BOUNDS: Final = {
    "ge": "minimum",
    "gt": "above",
    "le": "maximum",
    "lt": "below",
    "min_length": "min_length",
    "max_length": "max_length",
}
_CHOICES: Final = ("expected", "expected_tags")
_OF_PYDANTIC: Final = frozenset(get_args(ErrorType))
"""Rules whose own facts say all there is; sentences of other rules are ours, and quote nobody."""
_LISTED: Final = re.compile(r", | or ")

Schema = dict[str, Any]


def told_errors(request: Request, found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The first twenty of what validation found, each as it is told."""
    return [_told(request, error) for error in found[:MOST_ERRORS]]


def _told(request: Request, error: Mapping[str, Any]) -> dict[str, Any]:
    context = error.get("ctx", {})
    is_of_form = is_of_a_form(request, error)
    names_it = is_of_form and error["type"] == "extra_forbidden"
    pointer = _pointer(error, names_it=names_it)
    told = {"pointer": pointer, "reason": error["type"].replace("_", "-")}
    told |= {name: _plain(context[rule]) for rule, name in _BOUNDS.items() if rule in context}
    if error["type"] == "extra_forbidden":
        told["known"] = context["known"] if context else _known(request, error["loc"])
    if error["type"] in {"literal_error", "enum", "union_tag_invalid"}:
        told["choices"] = [
            choice for rule in _CHOICES if rule in context for choice in _choices(context[rule])
        ]
    if "msg" in error and error["type"] not in _OF_PYDANTIC:
        told["says"] = error["msg"]
    elif is_of_form and (sentence := sentence_of(error, told)) is not None:
        told["says"] = sentence
    return told


def _pointer(error: Mapping[str, Any], *, names_it: bool) -> str:
    """Where in the request: a JSON pointer (RFC 6901) into the body, or `query:name` and so on.

    Names that only the client can have chosen are left out, but for those of a form (`names_it`):
    they are input.
    """
    origin, *steps = error["loc"]
    if error["type"] in _NAMES_THE_UNKNOWN and not names_it:
        steps = steps[:-1]
    shown = [str(step) if _FIELD.fullmatch(str(step)) else "*" for step in steps]
    return "".join(f"/{step}" for step in shown) if origin == "body" else ":".join([origin, *shown])


def _plain(bound: object) -> object:
    return bound.isoformat() if isinstance(bound, date) else bound


def _choices(expected: str) -> list[str | int]:
    """What pydantic lists for people: 'open', 'frozen' or 7."""
    return [literal_eval(choice) for choice in _LISTED.split(expected)]


def _known(request: Request, place: Sequence[str | int]) -> list[str]:
    """The members that the object has in which an unknown one stood."""
    route = request.scope.get("route")
    whole = route.body_schema if isinstance(route, ClosedRoute) else {}
    part = _part(whole, whole, place[1:-1])
    return list(part.get("properties", ()))


def _part(part: Schema, whole: Schema, steps: Sequence[str | int]) -> Schema:
    """The part of a schema to which the steps of an error lead; empty where that is not known."""
    if "$ref" in part:
        return _part(whole["$defs"][part["$ref"].rpartition("/")[2]], whole, steps)
    if "anyOf" in part:
        found = (_part(option, whole, steps) for option in part["anyOf"])
        return next((option for option in found if "properties" in option), {})
    if not steps:
        return part
    step = steps[0]
    kinds = part.get("discriminator", {}).get("mapping", {})
    ways = part.get("properties", {}) | {tag: {"$ref": to} for tag, to in kinds.items()}
    following = part.get("items", {}) if isinstance(step, int) else ways.get(step, {})
    return _part(following, whole, steps[1:])
