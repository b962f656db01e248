"""End a run in order when its process is told to: it is cancelled, and gives back what it holds."""

import asyncio
import signal


def cancel_on(*signals: signal.Signals) -> None:
    """From now on each of `signals` cancels the task that calls this; whoever runs it hears it."""
    task = asyncio.current_task()
    assert task is not None, "a task calls this"
    for each in signals:
        asyncio.get_running_loop().add_signal_handler(each, task.cancel)
