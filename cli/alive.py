"""`meguri alive`: whether the worker of this data folder works, for whoever restarts containers."""

import typer

from cli.deployment import chosen_settings


def alive() -> None:
    """Exit with 0 if a worker has shown a sign of life within two minutes, else with 1."""
    from worker.heartbeat import Heartbeat

    if not Heartbeat(chosen_settings()).is_fresh():
        raise typer.Exit(1)
