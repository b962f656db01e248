"""The log: classes and lines of an exception, never its message."""

import logging.config
import subprocess
import sys

from core.logs import QuietFormatter

SPEAKS = """
import logging.config
from core.logs import LOGGING
logging.config.dictConfig(LOGGING)
try:
    raise ValueError("Yamada Taro owes 500 yen")
except ValueError:
    logging.getLogger("meguri.test").exception("it failed")
logging.getLogger("alembic.runtime.plugins").info("setup plugin")
"""


def test_an_exception_is_told_in_one_line_without_its_message():
    told = subprocess.run(
        [sys.executable, "-c", SPEAKS], capture_output=True, text=True, check=True
    ).stderr
    assert told.count("\n") == 2, told  # the line, and the trace below it
    assert "ERROR meguri.test: it failed" in told
    assert "builtins.ValueError" in told
    assert "Yamada" not in told


def test_an_event_without_an_exception_has_no_trace():
    record = logging.LogRecord("a", logging.INFO, "a.py", 1, "said", (), (None, None, None))
    assert QuietFormatter("%(message)s").format(record).strip() == "said"
