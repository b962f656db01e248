"""A TypeScript client made from the API's description compiles strictly, and works."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from api.state import State
from api.tokens import issue
from cli.openapi import document
from core.settings import Settings
from tests.api.server import serving
from tests.conftest import PROVIDER, PROVIDER_SECRET
from tests.town_builder import Town

PROJECT = Path(__file__).parent / "typescript"
NPM = shutil.which("npm")

pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(NPM is None, reason="there is no npm on this machine"),
]


def npm(folder: Path, *arguments: str, **variables: str) -> str:
    """What an npm command says; all of it is shown where it fails."""
    assert NPM is not None
    done = subprocess.run(
        [NPM, *arguments],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with its packages, the generated types and the compiled walk."""
    folder = tmp_path_factory.mktemp("client") / "typescript"
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("node_modules", "generated"))
    (folder / "openapi.json").write_text(json.dumps(document()))
    npm(folder, "ci", "--no-audit", "--no-fund")
    npm(folder, "run", "generate")
    npm(folder, "run", "compile")
    return folder


async def test_a_generated_client_walks_through_every_face(
    compiled: Path, town: Town, settings: Settings
):
    await town.live_campaign(rebate_bp=3000)
    store = await town.open_store()
    with serving(settings) as (url, app):
        state: State = app.state.meguri
        tokens = {
            "resident": issue(state.keys, "resident", uuid4(), "setagaya"),
            "merchant": issue(
                state.keys, "merchant", uuid4(), "setagaya",
                merchant=store.merchant_id, role="owner",
            ),
            "desk": issue(state.keys, "admin", uuid4(), "setagaya", role="desk"),
            "finance": issue(state.keys, "admin", uuid4(), "setagaya", role="finance"),
        }  # fmt: skip
        world = {"url": url, "tokens": tokens, "store_id": str(store.store_id)}
        secret = {"provider": PROVIDER, "secret": PROVIDER_SECRET}
        said = npm(compiled, "run", "walk", WALK=json.dumps(world | secret))
    assert said.count("\nok ") == 13, said
