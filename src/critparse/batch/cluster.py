"""Workers on a Ray cluster. Needs the extra ``[ray]``, on every machine of it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from critparse import extras
from critparse.batch.chunks import Chunk
from critparse.batch.limits import Limits
from critparse.batch.process import Result
from critparse.batch.supervisor import Seen, Supervised
from critparse.documents import Parser
from critparse.errors import BatchError, CritparseError

LOCAL = "local"
"""The address that stands for a cluster of this machine alone, started for the batch and ended with it."""
_TICK = 1.0  # seconds


class RayActor:
    """What runs on the cluster: it supervises one worker, so that limits hold there as they do here."""

    def __init__(self, parser: Parser, limits: Limits) -> None:
        self._worker = Supervised(parser, limits)

    def work(self, chunk: Chunk) -> Result | CritparseError:
        """The result of a chunk, or the error that ends the batch."""
        try:
            return self._worker.complete(chunk)
        except CritparseError as error:
            return error


class RayCluster:
    """An engine (:class:`critparse.batch.local.Engine`) of Ray actors. Chunks go out and results come back by Ray; only
    the program that runs the batch writes. An actor that is lost is started anew, and its chunk with it.

    ``address``: as Ray has it (``"auto"``, ``"ray://host:10001"``), or ``"local"``; ``workers``: actors of one CPU
    each; as many as the cluster has CPUs, when not given.
    """

    def __init__(self, parser: Parser, limits: Limits, address: str, workers: int | None = None) -> None:
        self._parser, self._limits, self._address, self._workers = parser, limits, address, workers

    def run(self, chunks: Iterator[Chunk], seen: Seen) -> Iterator[Result | None]:
        """See :class:`critparse.batch.local.Engine`; records are not seen before their chunk is done.

        Raises:
            MissingExtra: Ray is not installed.
            BatchError: the cluster cannot be reached, or has failed.
            CritparseError: as :func:`critparse.batch.process.process`.
        """
        with _connected(self._address, self._workers) as ray:
            workers = self._workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
            remote = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=-1)(RayActor)
            idle: list[Any] = []
            working: dict[Any, Any] = {}
            while True:
                while len(working) < workers and (chunk := next(chunks, None)) is not None:
                    actor = idle.pop() if idle else remote.remote(self._parser, self._limits)
                    working[actor.work.remote(chunk)] = actor
                if not working:
                    return
                done, _ = ray.wait(list(working), num_returns=1, timeout=_TICK)
                for reference in done:
                    idle.append(working.pop(reference))
                    result = ray.get(reference)
                    if isinstance(result, CritparseError):
                        raise result
                    yield result
                if not done:
                    yield None


@contextmanager
def _connected(address: str, workers: int | None) -> Iterator[Any]:
    """Ray, connected; what it says against it, as an error of ours."""
    ray = extras.ray()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray reports to its makers, unless told not to
    try:
        quiet = {"log_to_driver": False, "logging_level": logging.WARNING}
        if address == LOCAL:
            ray.init(num_cpus=workers, include_dashboard=False, address="local", **quiet)
        else:
            ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise _unusable(address, error) from error
    try:
        yield ray
    except ray.exceptions.RayError as error:
        raise _unusable(address, error) from error
    finally:
        ray.shutdown()


def _unusable(address: str, error: Exception) -> BatchError:
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    return BatchError(where=f"the Ray cluster {address!r}", reason=reason)
