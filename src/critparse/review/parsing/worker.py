"""One process that reads records: asked and answering by way of a pipe, until the server lets go of it."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import Connection, wait

from critparse.errors import CritparseError, ParserFailed
from critparse.review import pauses
from critparse.review.parsing.jobs import Options, Run, loaded

_log = logging.getLogger(__name__)
_BEHIND = 10
"""How far such a process stands back from others that want the same core: people who turn pages come first."""


def serve(pipe: Connection, options: Options) -> None:
    """Answer ``run`` methods of jobs with ``(True, answer)`` or ``(False, CritparseError)``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server decides when we end
    if hasattr(os, "nice"):
        os.nice(_BEHIND)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    settled = False
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        pipe.send(_answer(job.run, options))
        if not settled:  # the first job loads everything
            pauses.settled()
            settled = True


def _answer(run: Run, options: Options) -> tuple[bool, object]:
    try:
        with loaded(options).chunk():  # what is said again and again is read once; rare words are forgotten
            return True, run(options)
    except CritparseError as error:
        return False, error
    except Exception as error:  # noqa: BLE001  the boundary: a fault in one record must not cost the others
        _log.exception("a job failed")
        return False, ParserFailed(reason=f"internal error: {type(error).__name__}")


def _end_with_parent() -> None:
    """Nobody is left behind when the server is killed, not even in the middle of a record."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
