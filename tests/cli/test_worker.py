"""`meguri worker` says in one line what it lacks to seal history, and what it has too much of."""

from pathlib import Path

import pytest

from seals.keys import create_seal_keys_file
from tests.commands import meguri
from tests.servers import Place, Servers


@pytest.fixture
def production(servers: Servers, place: Place, tmp_path: Path) -> dict[str, str]:
    """The settings of a worker in production but for the one that is its own."""
    create_seal_keys_file(tmp_path / "seal-keys.json")
    return {
        "MEGURI_DATABASE_URL": place.app_url,
        "MEGURI_REDIS_URL": servers.redis_url,
        "MEGURI_KEYS_FILE": str(tmp_path / "keys.json"),
        "MEGURI_SEAL_KEYS_FILE": str(tmp_path / "seal-keys.json"),
        "MEGURI_DATA_DIR": str(tmp_path),
    }


async def test_production_names_the_login_that_seals(production: dict[str, str]):
    code, told = await meguri("worker", **production)
    assert (code, told.count("\n")) == (2, 1)
    assert told.startswith("meguri: MEGURI_SEALER_DATABASE_URL must be set: ")


async def test_in_production_the_application_does_not_seal(production: dict[str, str]):
    same = production["MEGURI_DATABASE_URL"]
    code, told = await meguri("worker", **production, MEGURI_SEALER_DATABASE_URL=same)
    assert (code, told.count("\n")) == (2, 1)
    assert "MEGURI_SEALER_DATABASE_URL must name another login" in told


async def test_a_login_that_may_not_seal_is_refused(production: dict[str, str], place: Place):
    demo = production | {"MEGURI_ENVIRONMENT": "demo"}
    stranger = place.sealer_url.replace(":", ":wrong", 2).replace(":wrong", ":", 1)
    for url in (place.app_url, stranger):
        code, told = await meguri("worker", **demo, MEGURI_SEALER_DATABASE_URL=url)
        assert (code, told.count("\n")) == (2, 1), told
        assert "MEGURI_SEALER_DATABASE_URL may not act as meguri_sealer" in told
    code, told = await meguri("worker", **demo)  # the application's login by default
    assert (code, told.count("\n")) == (2, 1), told
