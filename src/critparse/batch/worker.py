"""The process that works on chunks. It loads once, says what it begins, and dies with the process that started it."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from multiprocessing import parent_process
from multiprocessing.connection import Connection

from critparse.batch.chunks import Chunk
from critparse.batch.limits import Limits, release, resident, restrict
from critparse.batch.logs import Collected
from critparse.batch.process import Result, process
from critparse.documents import Parser
from critparse.errors import CritparseError

_SPENT = 0.85  # of the memory limit: a worker that holds so much between chunks is replaced


@dataclass(frozen=True, slots=True)
class Task:
    """A chunk to work on, but for the records given up."""

    chunk: Chunk
    given_up: Mapping[int, CritparseError]


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has loaded what it needs."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A record was begun; none: the chunk's tables are being made."""

    ordinal: int | None
    trial_id: str | None


@dataclass(frozen=True, slots=True)
class Impossible:
    """The worker cannot work at all."""

    error: CritparseError


Message = Ready | Begun | Result | Impossible


def main(connection: Connection, parser: Parser, limits: Limits) -> None:
    """Work on tasks from ``connection`` until there are no more; answer with messages."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # which, unlike its own, can be made to release
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the one who started us says when to end
    threading.Thread(target=_die_with_parent, daemon=True).start()
    logs = _collecting()

    def begin(ordinal: int | None, trial_id: str | None) -> None:
        connection.send(Begun(ordinal, trial_id))

    try:
        parse = parser.load()
        restrict(limits)
        connection.send(Ready())
        while (task := connection.recv()) is not None:
            result = process(task.chunk, parse, limits, given_up=task.given_up, begin=begin, logs=logs)
            release()
            memory = resident()
            connection.send(replace(result, memory=memory, spent=memory > _SPENT * limits.megabytes))
    except CritparseError as error:
        connection.send(Impossible(error))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # nobody listens any more


def _collecting() -> Collected:
    logs = Collected()
    logger = logging.getLogger("critparse")
    logger.addHandler(logs)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return logs


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
