"""The parameters on the OpenAPI page: each says what it is, and shows an example."""

import re
from typing import Any, Final

from api.examples import Schema, example_of

_NEW_ID: Final = "UUIDv7 made by the client, of the last or next 24 hours."
_DESCRIPTIONS: Final = {
    "act": "Only this act, or this kind of entry.",
    "actor": "Who wished it: a face or a job, and an id.",
    "at": "An instant; now, if it is left out.",
    "cursor": "The `next_cursor` of the page before; the first page has none.",
    "date": "A business date of the region; today, if it is left out.",
    "day": "A business date of the region, or `latest`.",
    "from": "The first business date or instant.",
    "holder_id": "Id of a wallet, store, merchant or campaign, on either end.",
    "kind": "Only this kind.",
    "limit": "At most so many items on a page.",
    "max_yen": "The largest amount.",
    "min_yen": "The smallest amount.",
    "provider": "Name of the top-up provider, as the deployment calls it.",
    "purpose": "What the consent is for.",
    "reason": "Why somebody looks; it stands in the journal.",
    "refers_to": "Id of the entry that it is about.",
    "refused": "Only what was refused, or only what was not.",
    "region": "Code of the region.",
    "to": "The last business date or instant.",
}
"""Of the parameters that mean the same wherever they stand, and say nothing themselves."""
_EXAMPLES: Final[dict[str, Any]] = {
    "Last-Event-ID": 4711,
    "cursor": "WzEsIm5hbWUiLDQ3MTFd",
    "max_yen": 10_000,
    "min_yen": 100,
    "provider": "hinode-bank",
}
_IN_PATH: Final = re.compile(r"{(\w+)}")


def describe_parameters(operation: dict[str, Any], path: str, schemas: dict[str, Schema]) -> None:
    """Add the ids that `api.fields.new_id` reads by itself; then say and show what is missing.

    A name that says nothing itself and is neither an id nor known here is a bug.
    """
    parameters = operation.setdefault("parameters", [])
    described = {parameter["name"] for parameter in parameters}
    parameters += [_new_id(name) for name in _IN_PATH.findall(path) if name not in described]
    for parameter in parameters:
        name, schema = parameter["name"], parameter["schema"]
        parameter.setdefault("description", schema.get("description") or _description(name))
        if "examples" not in schema and "example" not in parameter:
            parameter["example"] = _EXAMPLES.get(name, example_of(schema, schemas))
    if not parameters:
        del operation["parameters"]


def _new_id(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": _NEW_ID,
        "schema": {"type": "string", "format": "uuid"},
    }


def _description(name: str) -> str:
    if name in _DESCRIPTIONS:
        return _DESCRIPTIONS[name]
    assert name.endswith("_id"), f"the parameter {name} says nothing of itself"
    return f"Id of the {name.removesuffix('_id').replace('_', '-')}."
