"""Metrics of several processes: what a dead one had waiting is forgotten, its counts are not."""

import os
import subprocess
import sys
from pathlib import Path

from api.metrics import _forget_the_dead


def test_the_gauges_of_a_dead_process_are_forgotten(tmp_path: Path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = ("gauge_livesum", "counter")
    for pid in (dead.pid, os.getpid()):
        for name in names:
            (tmp_path / f"{name}_{pid}.db").touch()
    _forget_the_dead(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {
        f"counter_{dead.pid}.db",
        f"counter_{os.getpid()}.db",
        f"gauge_livesum_{os.getpid()}.db",
    }
