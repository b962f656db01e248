"""`meguri worker`: scheduled and queued work, until it is told to stop."""

import logging.config
import os
import signal
import sys
import threading
from typing import Annotated

import typer

from cli.deployment import act, chosen_settings, refused
from cli.wait import refuse_what_others_made
from core.garbage import collect_seldom
from core.logs import LOGGING
from core.settings import Settings, SettingsError


def worker(
    until_input_ends: Annotated[
        bool, typer.Option("--until-input-ends", hidden=True, help="Stop with the parent process.")
    ] = False,
) -> None:
    """Do the work that nobody waits for. Several may run; each job is safe to run twice."""
    from access.vault import BadVaultKeyError
    from seals.keys import BadSealKeysError
    from worker.main import run

    async def work(settings: Settings) -> None:
        await refuse_what_others_made(chosen_settings(), settings.database_url)
        await run(settings)

    if until_input_ends:
        threading.Thread(target=stop_when_input_ends, daemon=True).start()
    logging.config.dictConfig(LOGGING)
    collect_seldom()  # sealing makes thousands of objects a second, all soon given back
    try:
        act(work)
    except SettingsError as error:
        raise refused(str(error), code=2) from None
    except BadVaultKeyError as error:
        raise refused(f"the vault's key cannot be read: {error}") from None
    except (OSError, BadSealKeysError) as error:
        raise refused(f"a key cannot be read: {error}") from None


def stop_when_input_ends() -> None:
    """A parent that was killed cannot stop its child, but its end of the pipe closes."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
