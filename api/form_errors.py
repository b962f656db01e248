"""What is wrong with a campaign's form, in a sentence that says what to do, and by the very field.

Elsewhere a name that only the client can have chosen is not said back: it may be about a person.
Whoever drafts a campaign writes about nobody, and looks for a misspelt field among forty.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from starlette.requests import Request

FORM: Final = "terms"
"""The member of a body that is a form."""
_PLACES: Final = tuple(
    f"/v1/admin/{place}/" for place in ("campaigns", "benefits", "simulations", "holds")
)
"""Bodies that are sent there are about campaigns alone: money, lists, states, trials, holds."""

Error = Mapping[str, Any]
_Says = Callable[[Mapping[str, Any]], str]


def is_of_a_form(request: Request, error: Error) -> bool:
    """Whether the error is about a form of a campaign, or what an administrator says beside it."""
    where: Sequence[str | int] = error["loc"]
    is_in_a_form = tuple(where[:2]) == ("body", FORM)
    return is_in_a_form or (where[0] == "body" and request.url.path.startswith(_PLACES))


def sentence_of(error: Error, told: Mapping[str, Any]) -> str | None:
    """What to do about it; None where the rule is ours and has its own sentence, or is not known.

    `told` is what the client is told of the error anyway: what is known there, and the choices.
    """
    say = _SENTENCES.get(error["type"])
    if say is None:
        return None
    sentence = say({**error.get("ctx", {}), **told})
    return f"{sentence}{_RATES}" if _is_a_rate(error) else sentence


_RATES: Final = "; rates are in hundredths of a percent: 3000 is 30 %, 10000 is 100 %"


def _is_a_rate(error: Error) -> bool:
    is_of_a_number = error["type"].startswith(("int_", "greater_", "less_"))
    names = [step for step in error["loc"] if isinstance(step, str)]
    return is_of_a_number and any(name.endswith("_bp") for name in names[-2:])


def _listed(choices: Sequence[object]) -> str:
    return ", ".join(map(str, choices))


_DAY: Final = "must be a day, as in 2026-11-01"
_ID: Final = "must be an id, as in 0192f0c1-2222-7000-8000-000000000001"
_WHOLE: Final = "must be a whole number, without quotes and without a decimal point"
_SENTENCES: Final[dict[str, _Says]] = {
    "extra_forbidden": lambda of: f"is no field here: leave it out, or use {_listed(of['known'])}",
    "missing": lambda _: "must be said",
    "int_type": lambda _: _WHOLE,
    "int_parsing_size": lambda _: "must be a smaller number",
    "bool_type": lambda _: "must be true or false",
    "string_type": lambda _: "must be text, in quotes",
    "less_than_equal": lambda of: f"must be at most {of['maximum']}",
    "greater_than_equal": lambda of: f"must be at least {of['minimum']}",
    "string_too_short": lambda of: (
        "must not be empty"
        if of["min_length"] == 1
        else f"must have at least {of['min_length']} characters"
    ),
    "string_too_long": lambda of: f"must have at most {of['max_length']} characters",
    "too_short": lambda of: f"must list at least {of['min_length']}, or be left out",
    "too_long": lambda of: f"must list at most {of['max_length']}",
    "tuple_type": lambda _: "must be a list",
    "list_type": lambda _: "must be a list",
    "literal_error": lambda of: f"must be one of: {_listed(of['choices'])}",
    "date_type": lambda _: _DAY,
    "date_parsing": lambda _: _DAY,
    "date_from_datetime_parsing": lambda _: _DAY,
    "date_from_datetime_inexact": lambda _: _DAY,
    "time_type": lambda _: "must be hours and minutes, as in 09:30",
    "is_instance_of": lambda _: _ID,
    "uuid_type": lambda _: _ID,
    "uuid_parsing": lambda _: _ID,
    "model_type": lambda _: "must be an object with named fields",
    "model_attributes_type": lambda _: "must be an object with named fields",
    "dict_type": lambda _: "must be an object with named fields",
}
