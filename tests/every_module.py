"""Load every module of every package: then whatever a module registers stands there."""

import importlib
import pkgutil

PACKAGES = (
    "archives",
    "core",
    "ledger",
    "access",
    "campaigns",
    "merchants",
    "residents",
    "seals",
    "payments",
    "insights",
    "notifications",
    "simulations",
    "api",
    "worker",
    "town",
    "cli",
)


def load_every_module() -> None:
    """Import all that is deployed, so that no test depends on what an earlier one has imported."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(module.name)
