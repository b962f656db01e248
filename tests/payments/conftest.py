"""After every test of the payments the books of its database are right."""

from collections.abc import AsyncIterator

import pytest

from tests.invariants import check_books
from tests.town_builder import Town


@pytest.fixture
async def town(town: Town) -> AsyncIterator[Town]:
    """The town of tests/conftest.py, whose books are checked at the end."""
    yield town
    await check_books(town.place.superuser_url)
