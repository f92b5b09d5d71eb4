"""Python's search for garbage, kept from holding everything up.

A full search looks at every object of the process, which takes half a second with hundreds of documents in memory; and
what a record becomes is freed without it, since nothing in it points back. Only for processes of our own.
"""

from __future__ import annotations

import gc

_OFTEN = 10_000, 10, 50
"""New objects before a search among the youngest; such searches before one among the older; those before a full one."""


def settled() -> None:
    """What is loaded now stays: no search looks at it any more, and full searches become rare."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_OFTEN)
