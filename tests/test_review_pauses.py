from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import gc
from critparse.review import pauses
loaded = [[number] for number in range(50_000)]
pauses.settled()
print(gc.get_freeze_count() > 50_000, len(gc.get_objects()) < 50_000, gc.get_threshold()[2] > 10, gc.isenabled())
"""


def test_what_is_loaded_is_not_looked_through_again() -> None:
    """In a process of its own: what there is is left out of searches for garbage, which go on for what comes later."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"] * 4
