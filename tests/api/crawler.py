"""Ask everything of an app as one caller, well and badly formed, and keep all that is answered."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute

_BODIES: Final[tuple[Any, ...]] = ({"reason": "asked"}, {"reason": 1, "unknown": "member"}, {})
"""Of what is no GET: plausible, malformed, empty; the last may do something."""
_QUERIES: Final = ("", "?limit=1", "?limit=x")
_PARAMETER: Final = re.compile(r"{(\w+)(?::\w+)?}")

Names = Callable[[str, str], Any]
"""What a parameter of a path is called in the region that is crawled; None where nobody knows."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What was asked, and all that came back of it: status, headers and body."""

    method: str
    path: str
    route: str
    status: int
    text: str

    def hits(self, needles: Iterable[str]) -> list[str]:
        """Those of the texts that stand in it, and did not stand in the question.

        Whole words: five digits in the middle of a hash are no amount.
        """
        return [
            needle
            for needle in needles
            if needle in self.text  # at once: a search letter by letter held the loop for seconds
            and needle not in self.path
            and re.search(rf"(?<![0-9A-Za-z]){re.escape(needle)}(?![0-9A-Za-z])", self.text)
        ]


async def crawl(
    app: FastAPI, client: httpx.AsyncClient, caller: Callable[[], dict[str, str]], names: Names
) -> list[Answered]:
    """Every operation, GETs first: by what is there, and by what is not. What the caller's role may
    not call is asked once; whoever was refused for asking too much comes again as another.
    """
    answered: list[Answered] = []
    headers = caller()
    for method, route in _operations(app):
        for path, body in _questions(method, route.path, names):
            answer = await client.request(method, path, headers=headers, json=body)
            if answer.status_code == 429:
                headers = caller()
                answer = await client.request(method, path, headers=headers, json=body)
            told = f"{answer.status_code} {dict(answer.headers)} {answer.text}"
            answered.append(Answered(method, path, route.path, answer.status_code, told))
            if answer.status_code == 403:
                break
    return answered


def _questions(method: str, path: str, names: Names) -> Iterator[tuple[str, Any]]:
    real = _filled(path, names)
    if method != "GET":
        yield from ((real, body) for body in _BODIES)
        return
    for filled in dict.fromkeys((real, _filled(path, _nobody_knows))):
        yield from ((filled + query, None) for query in _QUERIES)


def _operations(app: FastAPI) -> Iterator[tuple[str, APIRoute]]:
    found = [
        (method, route)
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in (route.methods or set()) - {"HEAD"}
    ]
    yield from sorted(found, key=lambda one: (one[0] != "GET", one[1].path, one[0]))


def _filled(path: str, names: Names) -> str:
    return _PARAMETER.sub(lambda found: str(names(path, found[1]) or uuid4()), path)


def _nobody_knows(_path: str, _name: str) -> None:
    return None
