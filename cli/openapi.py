"""`meguri openapi`: the description of the API, for those who generate clients."""

from typing import Any

import orjson
import typer

from core.settings import load_settings


def openapi() -> None:
    """Print the OpenAPI document as JSON. Needs no server and no settings."""
    typer.echo(orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def document() -> dict[str, Any]:
    """The OpenAPI document of the application that is deployed; it does not depend on settings."""
    from api.app import create_app

    return create_app(load_settings(environment="test")).openapi()
