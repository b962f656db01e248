"""An API process that outlives the one that started it ends: nobody else would ever end it."""

import logging
import os
import signal
import threading
from multiprocessing import parent_process

log = logging.getLogger(__name__)


def end_with_parent() -> None:
    """Watch the parent, if this is one of several API processes, and end in order when it is gone.

    A parent that is killed cannot tell its children. They would go on serving on its port, with
    settings and code of which nobody knows any more.
    """
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        log.warning("the process that started this one is gone, so it ends")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()
