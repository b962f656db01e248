"""Failpoints: off unless ordered, refused where money is real, each point somewhere in the code."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core import failpoints
from core.failpoints import POINTS, RealMoneyError, read_orders
from core.settings import Settings, SettingsError, load_settings

ROOT = Path(__file__).parents[2]


def test_every_point_stands_in_the_code():
    found = {
        name
        for package in ("api", "core", "insights", "ledger", "notifications")
        for file in (ROOT / package).rglob("*.py")
        for name in re.findall(r'failpoints\.reach\("([\w.]+)"\)', file.read_text())
    }
    assert found == POINTS
    assert len(POINTS) == 27


def test_an_order_kills_at_the_time_that_it_names():
    script = (
        "from core import failpoints\n"
        "failpoints.arm('engine.after_commit=kill@2', is_demo=True)\n"
        "for n in range(3):\n"
        "    failpoints.reach('engine.before_commit')\n"
        "    print(n, flush=True)\n"
        "    failpoints.reach('engine.after_commit')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "0\n1\n")


@pytest.mark.parametrize(
    "text", ["engine=kill@1", "engine.after_lock=kill", "engine.after_lock=kill@0",
             "engine.after_lock=sleep@1", "engine.after_lock=stall:60001@1"],
)  # fmt: skip
def test_what_is_no_order_is_refused(text: str):
    with pytest.raises(ValueError, match=r"failpoint|stands still"):
        read_orders(text)


def test_production_refuses_to_start_with_failpoints(tmp_path: Path):
    with pytest.raises(SettingsError, match="MEGURI_FAILPOINTS"):
        load_settings(keys_file=tmp_path / "keys", failpoints="engine.after_lock=kill@1")


def test_a_malformed_order_is_a_wrong_setting():
    with pytest.raises(SettingsError, match="is no order for a failpoint"):
        load_settings(environment="test", failpoints="engine.after_lock")


def test_a_database_that_is_no_demo_refuses_them():
    with pytest.raises(RealMoneyError, match="not marked as a demo"):
        failpoints.arm("engine.after_lock=kill@1", is_demo=False)
    assert failpoints._orders == {}
    failpoints.arm("", is_demo=False)


def test_settings_order_nothing_by_default():
    assert Settings(environment="test").failpoints == ""
