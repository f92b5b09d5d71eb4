"""What one record may take: time, which the supervisor watches, and memory, which the worker itself does."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from dataclasses import dataclass
from pathlib import Path

_STATM, _STATUS, _CLEAR = (Path("/proc/self") / name for name in ("statm", "status", "clear_refs"))
_HARD = 1.5  # times the bound: what the system lets a worker have
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """``seconds`` for one record; ``megabytes`` for the process that works on it, some 600 of which are its own."""

    seconds: float = 60.0
    megabytes: int = 2000


def restrict(limits: Limits) -> None:
    """Let the system refuse this process much more memory than the limit, where it can (Linux)."""
    if sys.platform != "linux":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = int(limits.megabytes * _MB * _HARD)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if most < 0 else min(wanted, most), most))


def release() -> None:
    """Give memory that is free back to the system, where it can be told to (glibc): else a process only grows."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def forget_peak() -> None:
    """Let :func:`peak` begin anew, where the system can (Linux)."""
    with contextlib.suppress(OSError):
        _CLEAR.write_text("5", encoding="ascii")


def peak() -> int:
    """The most memory that this process has had since :func:`forget_peak`, in MB; 0 where it cannot be known.

    Read from Linux itself: ``getrusage`` gives a process, to begin with, the peak of the one that started it.
    """
    try:
        status = _STATUS.read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 // _MB
    except (OSError, ValueError, IndexError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return 0
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used // (_MB if sys.platform == "darwin" else 1000)


def resident() -> int:
    """The memory that this process has now, in MB; its peak where that cannot be known."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return peak()
    import resource

    return pages * resource.getpagesize() // _MB
