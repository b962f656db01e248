"""The application of a served process: what lasts is out of the garbage collector's way."""

import subprocess
import sys

from core.garbage import NET_ALLOCATIONS
from tests.cli.served import ROOT

SERVED = """
import gc
from api.app import served_app
served_app()
print(gc.get_freeze_count(), len(gc.get_objects()), gc.get_threshold()[0])
"""


def test_a_full_collection_has_little_to_look_at(settings):
    told = subprocess.run(
        [sys.executable, "-c", SERVED],
        capture_output=True, text=True, check=True, cwd=ROOT,
        env={"MEGURI_ENVIRONMENT": "test", "MEGURI_DATA_DIR": str(settings.data_dir)},
    )  # fmt: skip
    frozen, left, seldom = map(int, told.stdout.split())
    assert frozen > 50_000
    assert left < 1_000
    assert seldom == NET_ALLOCATIONS
