"""A torture that is told to end leaves nothing running."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shutil import rmtree

import pytest

STARTING_S = 90
ENDING_S = 60
TORTURE = [sys.executable, "-m", "cli.main", "torture", "bank", "--minutes", "3"]

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="Linux tells whose processes they are"
)


@pytest.mark.slow
def test_whoever_is_told_to_end_ends_what_it_started() -> None:
    """SIGTERM in the middle of a run: servers, API and worker end with it."""
    folder = tempfile.mkdtemp(prefix="meguri-ended-")  # short: sockets lie below it
    Path(folder).chmod(0o755)
    run = subprocess.Popen(TORTURE, env=os.environ | {"TMPDIR": folder}, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + STARTING_S
        while not any("serve" in words for words in started(folder, run.pid).values()):
            assert time.monotonic() < until, "the API was not started"
            assert run.poll() is None, "it ended by itself"
            time.sleep(0.1)
        run.send_signal(signal.SIGTERM)
        assert run.wait(ENDING_S) == 128 + signal.SIGTERM
        assert started(folder, run.pid) == {}
    finally:
        run.kill()
        for left in started(folder, run.pid):
            os.kill(left, signal.SIGKILL)
        rmtree(folder, ignore_errors=True)


def started(folder: str, by: int) -> dict[int, list[str]]:
    """The words of each process, by its id, that names the folder, but for `by` itself."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "environ").read_text(errors="replace")
            words = (process / "cmdline").read_text(errors="replace")
        except OSError:  # it has ended, or is somebody else's
            continue
        if int(process.name) != by and (folder in told or folder in words):
            found[int(process.name)] = words.split("\0")
    return found
