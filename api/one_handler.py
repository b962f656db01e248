"""One handler at several addresses, whose callers differ in how they are known."""

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])


def with_parameter(handler: Handler, name: str, annotation: Any) -> Handler:
    """The handler as a function of its own, whose parameter `name` comes as `annotation` says."""

    @wraps(handler)
    async def route(*args: Any, **kwargs: Any) -> Any:
        return await handler(*args, **kwargs)

    signature = inspect.signature(handler)
    assert name in signature.parameters
    parameters = [
        each.replace(annotation=annotation) if each.name == name else each
        for each in signature.parameters.values()
    ]
    route.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return route  # type: ignore[return-value]
