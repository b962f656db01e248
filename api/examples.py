"""Examples for the OpenAPI page: one whole JSON value for a schema, from the examples of its parts.

So an example cannot fall behind its model: what a field says of itself is what the page shows.
"""

from typing import Any, Final

Schema = dict[str, Any]

_PREFIX: Final = "#/components/schemas/"
_BY_FORMAT: Final = {
    "uuid": "0192f0c1-2222-7000-8000-000000000001",
    "date": "2026-11-22",
    "date-time": "2026-11-22T12:34:56.789+09:00",
}
_BY_TYPE: Final[dict[str, Any]] = {"boolean": False, "integer": 1, "string": "text", "null": None}


def example_of(schema: Schema, schemas: dict[str, Schema]) -> Any:
    """An example of `schema`; `schemas` are those that it may refer to.

    What it says itself goes first; then its default, its first choice, or a value of its type. A
    schema of another shape than ours have is a bug.
    """
    for word in ("const", "default"):
        if word in schema and "examples" not in schema:
            return schema[word]
    if "examples" in schema:
        return _with_nulls(schema["examples"][0], schema, schemas)
    if "enum" in schema:
        return schema["enum"][0]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].removeprefix(_PREFIX)], schemas)
    if choices := schema.get("oneOf") or schema.get("anyOf"):
        return example_of(choices[0], schemas)
    return _of_type(schema, schemas)


def complete_examples(schemas: dict[str, Schema]) -> None:
    """Give the examples of members their nulls too: programs that imitate an API take these."""
    for schema in schemas.values():
        for part in schema.get("properties", {}).values():
            if "examples" in part:
                part["examples"] = [
                    _with_nulls(example, part, schemas) for example in part["examples"]
                ]


def _with_nulls(example: Any, schema: Schema, schemas: dict[str, Schema]) -> Any:
    """The example with the nulls that FastAPI leaves out wherever it describes something."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].removeprefix(_PREFIX)]
    if isinstance(example, list):
        return [_with_nulls(item, schema.get("items", {}), schemas) for item in example]
    if isinstance(example, dict):
        return dict.fromkeys(schema.get("required", ())) | example
    return example


def _of_type(schema: Schema, schemas: dict[str, Schema]) -> Any:
    if "prefixItems" in schema:
        return [example_of(part, schemas) for part in schema["prefixItems"]]
    if schema["type"] == "array":
        return [example_of(schema["items"], schemas)]
    if schema["type"] == "object":
        parts = schema.get("properties", {})
        return {name: example_of(part, schemas) for name, part in parts.items()}
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE[schema["type"]])
