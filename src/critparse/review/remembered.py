"""What was worked out last and never changes, kept for the next who asks."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
_LONG, _REST = 0.05, 20
"""What takes more than so many seconds is not done again for so many times as long."""


class Remembered(Generic[Key, Value]):
    """The values that were used last, as many as weigh no more than ``most`` together.

    Safe for many threads. Values are shared: nobody may change what is handed out. What alone weighs more is not kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._weight = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, tuple[Value, int]] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """The value of a key, if it is still known."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def made(self, key: Key, make: Callable[[], Value], weigh: Callable[[Value], int]) -> Value:
        """The value of a key, made where it is not known. Two who ask at once may both make it."""
        known = self.get(key)
        if known is not None:
            return known
        value = make()
        return self.put(key, value, weigh(value))

    def put(self, key: Key, value: Value, weight: int = 1) -> Value:
        """Remember a value, forget those that were not used for longest; the value."""
        with self._lock:
            self._weight += weight - self._kept.pop(key, (None, 0))[1]
            self._kept[key] = value, weight
            while self._weight > self._most:
                self._weight -= self._kept.popitem(last=False)[1][1]
        return value


class Summary(Generic[Value]):
    """One value that is worked out from everything there is, anew whenever something has changed.

    Where that takes long, it is done for no more than a small share of the time, and the value is some seconds old.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[int, float, Value] | None = None

    def get(self, state: int, work: Callable[[], Value]) -> Value:
        """The value; ``state`` tells whether something has changed, ``work`` works it out."""
        known = self._known
        if known is not None and (known[0] == state or time.monotonic() < known[1]):
            return known[2]
        if not self._lock.acquire(blocking=known is None):
            assert known is not None
            return known[2]  # somebody is at it
        try:
            began = time.monotonic()
            value = work()
            took = time.monotonic() - began
            self._known = state, time.monotonic() + (took * _REST if took > _LONG else 0.0), value
            return value
        finally:
            self._lock.release()
