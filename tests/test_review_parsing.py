from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from critparse.errors import EmptyInput, ParserBusy, ParserFailed, ParseTimeout
from critparse.review.parsing import Parse, Pool, Source
from critparse.review.parsing.jobs import Options

pytestmark = pytest.mark.slow  # each process loads everything


class Sleep(NamedTuple):
    """A record that takes its time."""

    seconds: float

    def run(self, options: Options) -> str:
        """Sleep."""
        time.sleep(self.seconds)
        return "slept"


class Priority(NamedTuple):
    """A record that wants to know who comes first."""

    def run(self, options: Options) -> int:
        """How nice the process is to others."""
        return os.nice(0)


class Die(NamedTuple):
    """A record that kills whoever reads it."""

    def run(self, options: Options) -> None:
        """Die."""
        os.kill(os.getpid(), signal.SIGKILL)


class Break(NamedTuple):
    """A record that meets a fault of ours."""

    def run(self, options: Options) -> None:
        """Fail."""
        raise RuntimeError("secret")


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """One process, at most three jobs, two seconds each."""
    found = Pool(1, Options(model=False), timeout=2.0, most=3)
    yield found
    found.close()


def run(pool: Pool, job: Any) -> Any:
    """The answer to a job."""
    return asyncio.run(pool.run(job))


def test_a_record_that_takes_too_long_is_cut_off(pool: Pool) -> None:
    """It is reported after the time that was given, and the next record is read by a new process."""
    document = run(pool, Parse(Source.of("Inclusion Criteria:\n* Age over 18 years")))
    started = time.monotonic()
    with pytest.raises(ParseTimeout, match="within 2 seconds"):
        run(pool, Sleep(3600))
    assert 2 <= time.monotonic() - started < 10
    assert run(pool, Parse(Source.of("Inclusion Criteria:\n* Age over 18 years"))) == document


def test_processes_stand_back_from_the_server(pool: Pool) -> None:
    """Pages are answered first where both want the same core; 19 is the most there is."""
    assert run(pool, Priority()) == min(os.nice(0) + 10, 19)


def test_a_process_that_dies_is_replaced(pool: Pool) -> None:
    """The record it died over is an error, the next is read."""
    with pytest.raises(ParserFailed, match="died"):
        run(pool, Die())
    assert run(pool, Sleep(0)) == "slept"


def test_errors_come_back_as_they_are(pool: Pool) -> None:
    """Ours with their details; faults without telling what is inside."""
    with pytest.raises(EmptyInput):
        run(pool, Parse(Source.of(" ")))
    with pytest.raises(ParserFailed, match=r"internal error: RuntimeError$"):
        run(pool, Break())


def test_too_many_records_are_refused(pool: Pool) -> None:
    """Those beyond the bound at once; the others are read."""

    async def ask() -> list[Any]:
        return await asyncio.gather(*(pool.run(Sleep(0.2)) for _ in range(5)), return_exceptions=True)

    answers = asyncio.run(ask())
    assert answers[:3] == ["slept"] * 3
    assert [type(answer) for answer in answers[3:]] == [ParserBusy] * 2
    assert pool.waiting() == 0
