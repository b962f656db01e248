"""docs/OPERATING.md and docker-compose.yml know the same settings and metrics as the code."""

import importlib
import re
import tomllib
from pathlib import Path

import pytest
import typer
import yaml  # type: ignore[import-untyped]
from prometheus_client import REGISTRY

from cli.main import app
from core.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "OPERATING.md").read_text()
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
ROLES = {"meguri_owner", "meguri_app", "meguri_sealer"} | {
    *("meguri_city", "meguri_matcher", "meguri_sender")
}
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("meguri:")]


def first_cells(prefix: str) -> set[str]:
    """What the rows of the page's tables begin with."""
    return set(re.findall(rf"^\| `({prefix}\w+)` \|", PAGE, re.MULTILINE))


def test_every_setting_has_its_row():
    assert first_cells(PREFIX) == {PREFIX + name.upper() for name in Settings.model_fields}


def test_every_metric_has_its_row():
    for module in ("api.metrics", "api.rate_limit", "core.metrics"):
        importlib.import_module(module)
    told = {
        f"{metric.name}_total" if metric.type == "counter" else metric.name
        for metric in REGISTRY.collect()
        if metric.name.startswith("meguri_")
    }
    assert first_cells("meguri_") - ROLES == told


@pytest.mark.parametrize("name", OURS)
def test_a_container_has_a_command_and_settings_that_exist(name: str):
    service = SERVICES[name]
    verb, *words = service["command"]
    commands = typer.main.get_group(app).commands
    commands[verb].make_context(verb, list(words))
    ours = {variable for variable in service["environment"] if variable.startswith(PREFIX)}
    assert ours <= {PREFIX + field.upper() for field in Settings.model_fields}
    assert service["environment"]["MEGURI_ENVIRONMENT"] == "production"


def test_an_image_is_made_of_every_package_that_is_deployed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    ignored = (ROOT / ".dockerignore").read_text()
    assert re.findall(r"^!(\w+)/$", ignored, re.MULTILINE) == packages


def test_only_who_makes_the_keys_and_who_reads_them_can_see_them():
    seen = {name: SERVICES[name].get("volumes", []) for name in OURS}
    assert seen == {
        "migrate": [],
        "keys": ["keys:/keys", "vault:/vault"],
        "seal-keys": ["seal-keys:/seal-keys"],
        "api": ["keys:/keys:ro", "vault:/vault:ro"],
        "worker": ["seal-keys:/seal-keys:ro", "vault:/vault:ro", "published:/published"],
    }


def test_only_the_worker_may_seal():
    told = {name: set(service.get("environment", {})) for name, service in SERVICES.items()}
    assert [name for name in told if "MEGURI_SEALER_DATABASE_URL" in told[name]] == ["worker"]
    assert [name for name in told if "SEALER_PASSWORD" in str(SERVICES[name])] == [
        "postgres",
        "worker",
    ]


def test_a_container_is_given_the_time_that_it_needs_to_end():
    drain = int(SERVICES["api"]["environment"]["MEGURI_DRAIN_SECONDS"])
    assert int(SERVICES["api"]["stop_grace_period"].removesuffix("s")) >= 30 + drain + 5
