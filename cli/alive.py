"""`meguri alive`: whether the worker of this data folder works, for whoever restarts containers."""

from cli.deployment import chosen_settings, refused


def alive() -> None:
    """Exit with 0 if a worker has shown a sign of life within two minutes, else with 1."""
    from worker.heartbeat import Heartbeat

    settings = chosen_settings()
    if not Heartbeat(settings).is_fresh():
        raise refused(f"no worker of {settings.data_dir} has shown a sign of life lately")
