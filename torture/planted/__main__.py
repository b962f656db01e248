"""Starts the program with a planted fault: `python -m torture.planted NAME serve …`."""

import runpy
import sys

from torture.planted import plants

name = sys.argv.pop(1)
plants.PLANTS[name]()
sys.argv[0] = "meguri"
runpy.run_module("cli.main", run_name="__main__", alter_sys=True)
