"""The other end of a worker: starts it, gives it chunks, stops what hangs, and finds out what it died of."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import Any

from critparse.batch.chunks import Chunk
from critparse.batch.limits import Limits
from critparse.batch.process import Result
from critparse.batch.worker import Begun, Impossible, Message, Ready, Task, main
from critparse.documents import Parser
from critparse.errors import CritparseError, RecordKilledWorker, RecordTimeout, WorkersFailed

_log = logging.getLogger(__name__)
_CONTEXT = get_context("spawn")  # spaCy and ONNX Runtime do not survive a fork
_START = 600.0  # seconds to load
_MOST_DEATHS = 5  # without anything done between them
_PATIENCE = 5.0  # seconds to end by itself
_TICK = 1.0  # seconds between looks at a worker, at the most
_STOPPED = 10.0  # seconds after which nobody looked because nobody could: we were stopped, by Ctrl-Z for example

Seen = Callable[[int], None]
"""Told the number of each record that is begun, for progress; again, when the record is."""


class Supervised:
    """A worker that is always there: when it dies or has to be killed, another takes over the chunk.

    A record that takes too long is given up. A record during which the worker died is tried once more, in case it was
    somebody else's doing, and then given up. The chunk goes on without it.
    """

    def __init__(self, parser: Parser, limits: Limits, seen: Seen = lambda ordinal: None) -> None:
        self._parser, self._limits, self._seen = parser, limits, seen
        self._chunk: Chunk | None = None
        self._given_up: dict[int, CritparseError] = {}
        self._suspects: set[int] = set()
        self._deaths = 0
        self._start()

    @property
    def idle(self) -> bool:
        """Whether it has no chunk."""
        return self._chunk is None

    @property
    def pid(self) -> int:
        """The process that works at present."""
        return self._process.pid or 0

    @property
    def sources(self) -> tuple[Any, ...]:
        """What to wait on for news."""
        return self._connection, self._process.sentinel

    @property
    def deadline(self) -> float | None:
        """When, by :func:`time.monotonic`, it is to be looked after without news."""
        return self._deadline

    def give(self, chunk: Chunk) -> None:
        """Let it work on a chunk."""
        assert self._chunk is None
        self._chunk, self._given_up, self._suspects = chunk, {}, set()
        self._looked = time.monotonic()
        self._hand_over()

    def advance(self) -> Result | None:
        """Take in the news; the result, when the chunk is done.

        Raises:
            WorkersFailed: workers die without a record to blame.
            CritparseError: as :func:`critparse.batch.process.process`.
        """
        self._allow_for_stops()
        try:
            while self._connection.poll():
                result = self._take(self._connection.recv())
                if result is not None:
                    return result
        except (EOFError, OSError):
            self._process.join(_PATIENCE)
            self._process.kill()  # should it live without a connection
            self._process.join()
        if not self._process.is_alive():
            self._died()
        elif self._deadline is not None and time.monotonic() > self._deadline:
            self._late()
        return None

    def complete(self, chunk: Chunk) -> Result:
        """Work on a chunk until it is done. Raises as :meth:`advance`."""
        self.give(chunk)
        while True:
            await_news([self])
            if (result := self.advance()) is not None:
                return result

    def _allow_for_stops(self) -> None:
        """The time for which this process was stopped is not the record's."""
        now = time.monotonic()
        since, self._looked = now - self._looked, now
        if since > _STOPPED and self._deadline is not None:
            self._deadline += since

    def stop(self) -> None:
        """End the process, whatever it does."""
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._connection.close()

    def _start(self) -> None:
        self._connection, theirs = _CONTEXT.Pipe()
        self._process: SpawnProcess = _CONTEXT.Process(
            target=main, args=(theirs, self._parser, self._limits), daemon=True, name="critparse batch worker"
        )
        with _without_interrupts():
            self._process.start()
        theirs.close()
        self._ready = False
        self._record: Begun | None = None
        self._looked = time.monotonic()
        self._deadline: float | None = self._looked + _START

    def _take(self, message: Message) -> Result | None:
        match message:
            case Ready():
                self._ready, self._deadline = True, None
                self._hand_over()
                return None
            case Begun(ordinal):
                if ordinal is not None and self._record is not None and self._record.ordinal == ordinal:
                    self._record = message  # the same record, whose trial is known by now
                    return None
                self._record = message
                self._deadline = None if ordinal is None else time.monotonic() + self._limits.seconds
                if ordinal is not None:
                    self._seen(ordinal)
                return None
            case Impossible(error):
                raise error
        self._chunk, self._record, self._deadline, self._deaths = None, None, None, 0
        if message.spent:
            _log.info("a worker with %d MB is replaced", message.memory)
            self.stop()
            self._start()
        return message

    def _late(self) -> None:
        """The deadline is over: kill the process; give up the record, if there is one."""
        self._process.kill()
        self._process.join()
        record = self._record
        if record is None or record.ordinal is None:
            self._died()
            return
        self._give_up(record, RecordTimeout(seconds=self._limits.seconds, trial_id=record.trial_id))
        self._again()

    def _died(self) -> None:
        """Start anew; blame the record at hand, when it is the second time."""
        code = self._process.exitcode
        how = f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit code {code}"
        self._deaths += 1
        record = self._record
        if record is not None and record.ordinal is not None:
            if record.ordinal in self._suspects:
                self._give_up(record, RecordKilledWorker(how=how, trial_id=record.trial_id))
                self._deaths = 0
            self._suspects.add(record.ordinal)
        if self._deaths >= _MOST_DEATHS:
            raise WorkersFailed(reason=f"{_MOST_DEATHS} died one after the other ({how})")
        _log.warning("a worker died (%s) and is replaced", how)
        self._again()

    def _give_up(self, record: Begun, error: CritparseError) -> None:
        assert record.ordinal is not None
        _log.warning("record %d (%s): %s", record.ordinal, record.trial_id or "number not known", error)
        self._given_up[record.ordinal] = error

    def _again(self) -> None:
        """A new process, which gets the chunk when it is ready."""
        self._connection.close()
        self._start()

    def _hand_over(self) -> None:
        """Send the chunk, when there is one and somebody reads: else a long one would block us."""
        if self._chunk is None or not self._ready:
            return
        try:
            self._connection.send(Task(self._chunk, dict(self._given_up)))
        except OSError:
            _log.debug("the worker is gone already; it will be missed")


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """A process started within is never reached by Ctrl-C, not even while it is still importing (POSIX)."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def await_news(workers: list[Supervised], longest: float = _TICK) -> None:
    """Wait until a worker has news or is late, at most ``longest`` seconds."""
    deadlines = [worker.deadline for worker in workers if worker.deadline is not None]
    now = time.monotonic()
    soonest = min((max(0.0, deadline - now) for deadline in deadlines), default=longest)
    wait([source for worker in workers for source in worker.sources], min(soonest, longest))
