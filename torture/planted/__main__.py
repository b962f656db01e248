"""Starts the program with planted faults: `python -m torture.planted NAME[+NAME…] serve …`."""

import runpy
import sys

from torture.planted import in_api, in_worker

for name in sys.argv.pop(1).split("+"):
    (in_api.PLANTS | in_worker.PLANTS)[name]()
sys.argv[0] = "meguri"
runpy.run_module("cli.main", run_name="__main__", alter_sys=True)
