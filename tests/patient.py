"""Submits a command as clients do: one that hears `busy` comes again."""

import asyncio

from core.errors import Problem
from ledger.command import Command, Receipt
from ledger.engine import BUSY, Engine


async def submit(engine: Engine, command: Command) -> Receipt:
    """The receipt of any command, refused or not.

    `busy` leaves nothing behind. On a slow machine a thousand commands at once wait longer than an
    engine lets anybody wait, and no test depends on how fast the machine is.
    """
    while True:
        try:
            return await engine.submit(command)
        except Problem as refused:
            if refused.type is not BUSY:
                raise
        await asyncio.sleep(0.1)
