"""The OpenAPI page: every operation of /v1 tells the problems that it can answer with."""

from collections.abc import Iterable
from inspect import getdoc
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.examples import Schema, complete_examples, example_of
from api.openapi_parameters import describe_parameters
from api.openapi_tags import SIGN_IN, TAGS
from api.pages import Page
from api.who_may import who_may
from core.errors import REGISTRY, ProblemType

DESCRIPTION: Final = """\
Meguri (巡り) is a backend for regional currencies.

Amounts are whole yen. Times are RFC 3339 with the region's offset. Whoever starts a thing names
it: the id in a `PUT` path is a UUIDv7 made by the client, and the same id with the same body has
the same answer for ever (`Idempotent-Replay: true`). After a lost reply, send it again or `GET`
the same address. Refusals are problems (RFC 9457): switch on `type`, never on `title`.
"""

_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "A refusal (RFC 9457). Further members depend on the type: ids, codes, numbers.",
    "required": ["type", "title", "status", "instance"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "Which refusal this is; programs switch on it. A page at this address.",
            "examples": ["/problems/token-expired"],
        },
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {
            "type": "string",
            "format": "uri",
            "description": "urn:uuid of the request; the Request-Id header has it too.",
        },
        "errors": {
            "type": "array",
            "description": "Of malformed-request: what is wrong where.",
            "items": {
                "type": "object",
                "required": ["pointer", "reason"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "A JSON pointer into the body, or `query:name`; "
                        "an unknown name is told in a campaign's form, else what it stood in.",
                        "examples": ["/amount_yen"],
                    },
                    "reason": {"type": "string", "examples": ["greater-than-equal"]},
                    "known": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "Of extra-forbidden: the names that are known there.",
                    },
                    "choices": {"type": "array", "description": "What may stand there."},
                    "minimum": {"description": "The least that may stand there."},
                    "maximum": {"description": "The most that may stand there."},
                    "says": {"type": "string", "description": "What must be so, in a sentence."},
                },
            },
        },
    },
    "additionalProperties": True,
}

_MEANINGS: Final = {
    401: "No token, or none that is valid now.",
    403: "The token does not reach this.",
    404: "Absent, or not yours.",
    405: "This address has other methods.",
    408: "The body did not arrive in time.",
    409: "A rule refused.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "Malformed.",
    429: "Too many requests.",
    500: "A bug of ours.",
    503: "Not now.",
}
_HEADERS: Final[dict[str, Schema]] = {
    "Retry-After": {
        "description": "Whole seconds.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "Idempotent-Replay": {
        "description": "`true` where this id was known: the first answer again.",
        "schema": {"type": "string", "const": "true"},
    },
    "RateLimit-Policy": {
        "description": "The quota: `q` requests in any `w` seconds (IETF httpapi draft).",
        "schema": {"type": "string", "examples": ['"resident";q=240;w=60']},
    },
    "RateLimit": {
        "description": "`r` requests are left; in `t` seconds the quota is whole again.",
        "schema": {"type": "string", "examples": ['"resident";r=239;t=1']},
    },
}
_QUOTA: Final = ("RateLimit", "RateLimit-Policy")
_HEADERS_OF: Final[dict[int, tuple[str, ...]]] = {
    409: ("Idempotent-Replay",),
    429: ("Retry-After", *_QUOTA),
    503: ("Retry-After",),
}
_OF_JOBS: Final = frozenset(
    {
        *("lot-not-expired", "points-not-due", "mark-not-reached", "campaign-not-due"),
        *("settlement-overtaken", "privacy-budget-spent", "release-missing"),
    }
)
"""Told to a job and to nobody else, so none of our answers, whichever modules are loaded."""
_ALWAYS: Final = (404, 422, 429, 503)
_WITH_TOKEN: Final = (401, 403)
_WITH_BODY: Final = (408, 409, 413, 415)
_SIGNATURE: Final = "webhook-signature"
_JSON: Final = ("application/json", "application/geo+json")
_METHODS: Final = frozenset({"get", "put", "post", "patch", "delete"})


def install_openapi(app: FastAPI) -> None:
    """Let `app` describe itself; the description is made once, when it is first asked for."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _describe(app: FastAPI) -> dict[str, Any]:
    page = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        license_info=app.license_info,
        tags=[{"name": name, "description": said} for name, said in TAGS.items()],
    )
    page = _with_own_names(page)
    components = page.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = _PROBLEM
    complete_examples(schemas)
    components["responses"] = {f"Problem{status}": _response(status) for status in _MEANINGS}
    components["headers"] = _HEADERS
    who = {
        route.operation_id: who_may(route)
        for route in app.routes
        if isinstance(route, APIRoute) and route.operation_id is not None
    }
    for path, operations in page["paths"].items():
        for method in _METHODS & operations.keys():
            operation = operations[method]
            _add_problems(
                operation,
                method,
                is_api=path.startswith(("/v1/", "/seals/", "/open-data/", "/privacy/")),
            )
            operation["description"] += who.get(operation["operationId"], "")
            describe_parameters(operation, path, schemas)
            _add_examples(operation, schemas)
            if operation.get("security"):
                _add_headers(operation, *_QUOTA)
            if method == "put" or _is_signed(operation):
                _add_headers(operation, "Idempotent-Replay")
    return page


def _with_own_names(page: dict[str, Any]) -> dict[str, Any]:
    """The page with its generic schemas called as they call themselves: WalletPage.

    `Page_WalletAnswer_` is pydantic's; generated clients would have to say it all the time.
    """
    schemas: dict[str, Schema] = page["components"]["schemas"]
    pages = {name: schema for name, schema in schemas.items() if name.startswith("Page_")}
    for schema in pages.values():
        schema["description"] = getdoc(Page)
    text = orjson.dumps(page).decode()
    for name, schema in pages.items():
        text = text.replace(f'/{name}"', f'/{schema["title"]}"')
        text = text.replace(f'"{name}":', f'"{schema["title"]}":')
    renamed: dict[str, Any] = orjson.loads(text)
    return renamed


def _add_problems(operation: dict[str, Any], method: str, *, is_api: bool) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for status in _statuses(operation, method) if is_api else ():
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}


def _add_examples(operation: dict[str, Any], schemas: dict[str, Schema]) -> None:
    """Show one whole body that is sent, or each kind of it, and one that is answered."""
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    contents = (body.get("content", {}) for body in bodies)
    for content in (by_type[kind] for by_type in contents for kind in _JSON if kind in by_type):
        kinds = content["schema"].get("oneOf", ())
        if kinds:
            content["examples"] = {
                kind["$ref"].rpartition("/")[2]: {"value": example_of(kind, schemas)}
                for kind in kinds
            }
        elif content["schema"]:
            content["example"] = example_of(content["schema"], schemas)


def _add_headers(operation: dict[str, Any], *names: str) -> None:
    """Headers that an answer of success has too; problems have theirs in `_response`."""
    responses = operation["responses"]
    for status in responses.keys() & {"200", "201"}:
        responses[status].setdefault("headers", {}).update(_references(*names))


def _references(*names: str) -> dict[str, Schema]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _is_signed(operation: dict[str, Any]) -> bool:
    return any(parameter["name"] == _SIGNATURE for parameter in operation.get("parameters", ()))


def _statuses(operation: dict[str, Any], method: str) -> Iterable[int]:
    yield from _ALWAYS
    if operation.get("security"):
        yield from _WITH_TOKEN
    elif _is_signed(operation) or operation.get("tags") == [SIGN_IN]:
        yield 401
    if method != "get":
        yield from _WITH_BODY
    elif "409" in operation["responses"]:
        yield 409


def _response(status: int) -> dict[str, Any]:
    """The problems of one status, each by its slug."""
    examples = {
        slug: {"summary": told.title, "value": _occurrence(told)}
        for slug, told in sorted(REGISTRY.items())
        if told.status == status and slug not in _OF_JOBS
    }
    headers = _references(*_HEADERS_OF.get(status, ()))
    return {
        "description": _MEANINGS[status],
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": examples,
            }
        },
        **({"headers": headers} if headers else {}),
    }


def _occurrence(told: ProblemType) -> dict[str, Any]:
    return {
        "type": told.uri,
        "title": told.title,
        "status": told.status,
        "instance": "urn:uuid:0fa3c1c2-64f3-4b43-8d52-8a4f3f1c7a10",
    }
