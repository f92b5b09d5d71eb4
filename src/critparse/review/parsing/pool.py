"""A few processes that read records, each with a pipeline of its own; one that hangs is ended and replaced.

The server itself loads no spaCy. ``fork`` is never used: ONNX Runtime does not survive it.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Protocol, TypeVar, overload

from critparse.errors import CritparseError, ParserBusy, ParserFailed, ParseTimeout
from critparse.review.parsing.jobs import Check, Export, Job, Options, Parse, Read, Ready, Source, Split
from critparse.review.parsing.worker import serve

_log = logging.getLogger(__name__)
_START = 120.0
"""Seconds a process may take to load everything."""
Answer = TypeVar("Answer")


class Parsers(Protocol):
    """What runs jobs: :class:`Pool`, or :class:`Inline` where a process of its own is not worth it."""

    version: str
    """The parser, as events cite it; "" before it is known."""

    @overload
    async def run(self, job: Parse | Check) -> bytes: ...
    @overload
    async def run(self, job: Split) -> list[Source | CritparseError]: ...
    @overload
    async def run(self, job: Read) -> list[bytes]: ...
    @overload
    async def run(self, job: Export) -> tuple[dict[str, str | bytes], list[tuple[str, str, str, str]]]: ...

    async def run(self, job: Job) -> Any:
        """The answer to a job.

        Raises:
            ParserBusy: too many wait already.
            ParseTimeout: it took too long and was cut off.
            ParserFailed: the process failed or died.
            CritparseError: what the job itself raises.
        """

    def ready(self) -> bool:
        """Whether jobs can be run at once."""

    def waiting(self) -> int:
        """How many jobs wait or are being run."""

    def close(self) -> None:
        """Let go of everything."""


class Pool:
    """So many processes. Each has a thread here that hands it one job at a time.

    Args:
        workers: how many.
        options: how they read.
        timeout: seconds for one job.
        most: how many jobs may wait or run; more are refused.
    """

    def __init__(self, workers: int, options: Options, *, timeout: float, most: int) -> None:
        self.version = ""
        self._options, self._timeout, self._most = options, timeout, most
        self._lock = threading.Lock()
        self._pending = 0
        self._up = threading.Event()
        self._closed = False
        self._idle: queue.SimpleQueue[_Process] = queue.SimpleQueue()
        self._all = [_Process(options) for _ in range(workers)]
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="parser")
        for process in self._all:
            self._threads.submit(self._load, process)

    async def run(self, job: Job) -> Any:
        """See :class:`Parsers`."""
        with self._lock:
            if self._pending >= self._most:
                raise ParserBusy(waiting=self._pending)
            self._pending += 1
        future = self._threads.submit(self._run, job)
        future.add_done_callback(self._done)
        return await asyncio.wrap_future(future)

    def ready(self) -> bool:
        """See :class:`Parsers`."""
        return self._up.is_set()

    def waiting(self) -> int:
        """See :class:`Parsers`."""
        return self._pending

    def close(self) -> None:
        """See :class:`Parsers`."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._all:
            process.end()

    def _done(self, _future: object) -> None:
        with self._lock:
            self._pending -= 1

    def _load(self, process: _Process) -> None:
        """Start a process, before its thread takes any job."""
        try:
            self.version = process.ask(Ready(), _START)
            self._up.set()
        except CritparseError:
            _log.exception("a process that reads records cannot be started")
        self._idle.put(process)

    def _run(self, job: Job) -> Any:
        process = self._idle.get()
        try:
            answer = process.ask(job, self._timeout)
            self._up.set()
            return answer
        finally:
            self._idle.put(process)


class _Process:
    """One process; started when it is first asked, and again when it had to be ended."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def ask(self, job: Job | Ready, timeout: float) -> Any:
        """The answer of the process.

        Raises:
            as :meth:`Parsers.run`.
        """
        fresh = self._pipe is None
        pipe = self._pipe or self._start()
        if fresh and not isinstance(job, Ready):
            self.ask(Ready(), _START)  # loading is not the record's fault
        try:
            pipe.send(job)
            if not pipe.poll(timeout):
                self.end()
                raise ParseTimeout(seconds=timeout)
            good, answer = pipe.recv()
        except (EOFError, OSError) as error:
            self.end()
            raise ParserFailed(reason="the process that read it died") from error
        if good:
            return answer
        raise answer

    def end(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.join(5)
        if self._pipe is not None:
            with suppress(OSError):
                self._pipe.close()
        self._process = self._pipe = None

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self._options), daemon=True)
        self._process.start()
        theirs.close()
        return self._pipe


class Inline:
    """Jobs in this process, one at a time: for tests, and for those who embed the application."""

    version = ""

    def __init__(self, options: Options | None = None) -> None:
        self._options = options or Options()
        self._lock = threading.Lock()
        self._pending = 0

    async def run(self, job: Job) -> Any:
        """See :class:`Parsers`; nothing is cut off."""
        return await asyncio.to_thread(self._run, job)

    def ready(self) -> bool:
        """See :class:`Parsers`."""
        return True

    def waiting(self) -> int:
        """See :class:`Parsers`."""
        return self._pending

    def close(self) -> None:
        """See :class:`Parsers`."""

    def _run(self, job: Job) -> Any:
        with self._lock:
            self.version = self.version or Ready().run(self._options)
            return job.run(self._options)
