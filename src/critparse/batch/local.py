"""Workers on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from critparse.batch.chunks import Chunk
from critparse.batch.limits import Limits
from critparse.batch.process import Result
from critparse.batch.supervisor import Seen, Supervised, await_news
from critparse.documents import Parser


class Engine(Protocol):
    """Works on chunks in any order, on a few of them at a time: no more are taken than there are workers."""

    def run(self, chunks: Iterator[Chunk], seen: Seen) -> Iterator[Result | None]:
        """The result of each chunk; ``None`` now and then while there is none."""
        ...


class LocalPool:
    """Processes on this machine."""

    def __init__(self, parser: Parser, limits: Limits, workers: int) -> None:
        self._parser, self._limits, self._workers = parser, limits, workers

    def run(self, chunks: Iterator[Chunk], seen: Seen) -> Iterator[Result | None]:
        """See :class:`Engine`. Workers are started as there are chunks for them, and stopped at the end.

        Raises:
            WorkersFailed: workers die without a record to blame.
            CritparseError: as :func:`critparse.batch.process.process`.
        """
        workers: list[Supervised] = []
        try:
            while True:
                self._fill(workers, chunks, seen)
                busy = [worker for worker in workers if not worker.idle]
                if not busy:
                    return
                await_news(busy)
                results = [result for worker in busy if (result := worker.advance()) is not None]
                yield from results
                if not results:
                    yield None
        finally:
            for worker in workers:
                worker.stop()

    def _fill(self, workers: list[Supervised], chunks: Iterator[Chunk], seen: Seen) -> None:
        """Give every worker a chunk, as long as there are any."""
        for number in range(self._workers):
            if number < len(workers) and not workers[number].idle:
                continue
            chunk = next(chunks, None)
            if chunk is None:
                return
            if number == len(workers):
                workers.append(Supervised(self._parser, self._limits, seen))
            workers[number].give(chunk)
