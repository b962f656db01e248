"""docs/PROBLEMS.md and the code know the same problems, with the same status and title."""

import re
from pathlib import Path

import pytest

from core.errors import REGISTRY
from tests.every_module import load_every_module

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"\| `([a-z0-9-]+)` \| (\d{3}) \| (.+) \|")
STATUSES = {
    "Who are you?": {401},
    "Not with this token": {403},
    "Not there": {404, 405},
    "A rule refused": {409},
    "A rule about people refused": {409},
    "Malformed": {408, 413, 415, 422},
    "Not now": {429, 503},
    "A bug": {500},
}
"""By section of the page, which says what to do."""


@pytest.fixture(scope="module")
def page() -> dict[str, tuple[int, str]]:
    """Each row of the page: slug -> status and title."""
    lines = (ROOT / "docs" / "PROBLEMS.md").read_text().splitlines()
    rows = [match.groups() for line in lines if (match := ROW.fullmatch(line))]
    # Every line of a table is its head, the rule below it, or such a row.
    assert len(rows) == sum(line.startswith("|") for line in lines) - 2 * _tables(lines)
    assert len({slug for slug, _, _ in rows}) == len(rows), "a slug has two rows"
    return {slug: (int(status), title) for slug, status, title in rows}


@pytest.fixture(scope="module")
def code() -> dict[str, tuple[int, str]]:
    """Each problem type that any module of any package registers."""
    load_every_module()
    return {slug: (told.status, told.title) for slug, told in REGISTRY.items()}


def test_every_slug_has_its_row(page, code):
    assert sorted(code.keys() - page.keys()) == []


def test_no_row_is_without_a_slug(page, code):
    assert sorted(page.keys() - code.keys()) == []


def test_status_and_title_are_the_same(page, code):
    assert {s: page[s] for s in page if s in code} == {s: code[s] for s in page if s in code}


def test_each_slug_stands_where_it_is_said_what_to_do(page):
    told = (ROOT / "docs" / "PROBLEMS.md").read_text()
    for section in told.split("\n## ")[1:]:
        slugs = [match[1] for match in map(ROW.fullmatch, section.splitlines()) if match]
        assert slugs == sorted(slugs)
        assert {page[slug][0] for slug in slugs} <= STATUSES[section.partition("\n")[0]]


def test_a_title_is_a_sentence_and_a_status_is_one_that_the_api_has(code):
    for slug, (status, title) in code.items():
        assert title.endswith("."), slug
        assert status in {401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 429, 500, 503}, slug


def _tables(lines: list[str]) -> int:
    return sum(line == "| slug | status | title |" for line in lines)
