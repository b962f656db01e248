"""The page for people: whole without any other server, and closed to scripts of anybody else."""

import re

import httpx
from fastapi import FastAPI

from tests.api.probe import is_problem


async def test_the_page_names_no_other_server(client: httpx.AsyncClient):
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "//" not in page.text
    assert "<script>" not in page.text
    for name in re.findall(r'(?:src|href)="([^":]+)"', page.text):
        found = await client.get(f"/{name}")
        assert found.status_code == 200, name
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["content-type"].startswith(
            "text/css" if name.endswith(".css") else "text/javascript"
        )
        assert found.headers["cache-control"] == "public, max-age=86400"
    begin = (await client.get("/docs/begin.js")).text
    assert 'url: "openapi.json"' in begin
    assert "validatorUrl: null" in begin


async def test_its_policy_lets_nothing_else_in(client: httpx.AsyncClient):
    headers = (await client.get("/docs")).headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"


async def test_the_bare_address_leads_to_the_page(client: httpx.AsyncClient):
    answer = await client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "docs")
    assert (await client.get("/", follow_redirects=True)).text == (await client.get("/docs")).text


async def test_no_other_file_is_served(client: httpx.AsyncClient):
    for name in ("favicon.png", "..%2f__init__.py", "%2e%2e%2fcore.py", "nothing"):
        is_problem(await client.get(f"/docs/{name}"), 404, "no-such-route")
    is_problem(await client.get("/redoc"), 404, "no-such-route")


async def test_the_description_does_not_describe_its_page(
    served: tuple[FastAPI, httpx.AsyncClient],
):
    paths = served[0].openapi()["paths"]
    assert not [path for path in paths if path.startswith("/docs")]
