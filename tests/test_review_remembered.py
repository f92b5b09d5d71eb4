from __future__ import annotations

import threading
import time

from critparse.review.remembered import Remembered, Summary


def test_what_was_not_used_for_longest_is_forgotten() -> None:
    """Three values of weight 2 where 5 are kept: the one that was asked for stays."""
    kept: Remembered[str, int] = Remembered(5)
    kept.put("a", 1, 2)
    kept.put("b", 2, 2)
    assert kept.get("a") == 1
    kept.put("c", 3, 2)
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (1, None, 3)


def test_what_alone_is_too_heavy_is_handed_back_but_not_kept() -> None:
    """One value of weight 6 where 5 are kept; a value that is put again weighs once."""
    kept: Remembered[str, int] = Remembered(5)
    assert kept.put("heavy", 1, 6) == 1
    assert kept.get("heavy") is None
    for number in range(3):
        kept.put("again", number, 2)
    kept.put("other", 9, 3)
    assert (kept.get("again"), kept.get("other")) == (2, 9)


def test_a_quick_summary_is_worked_out_whenever_something_changed() -> None:
    """By the number of the last event; not again while it is the same."""
    summary: Summary[int] = Summary()
    worked = []

    def work() -> int:
        worked.append(1)
        return len(worked)

    assert [summary.get(state, work) for state in (1, 1, 2, 3, 3)] == [1, 1, 2, 3, 3]


def test_a_slow_summary_is_some_seconds_old_and_keeps_nobody_waiting() -> None:
    """After 0.1 s of work the old value serves for a while, also those who ask while it is being worked out."""
    summary: Summary[int] = Summary()

    def slow() -> int:
        time.sleep(0.1)
        return 1

    assert summary.get(1, slow) == 1
    assert summary.get(2, lambda: 2) == 1
    summary._known = (1, 0.0, 1)  # the while is over
    begun, go = threading.Event(), threading.Event()

    def held() -> int:
        begun.set()
        assert go.wait(5)
        return 3

    worker = threading.Thread(target=lambda: summary.get(3, held))
    worker.start()
    assert begun.wait(5)
    assert summary.get(3, held) == 1
    go.set()
    worker.join(5)
    assert summary.get(3, lambda: 4) == 3
