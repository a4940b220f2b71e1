"""How much memory a computation will take, a refusal before it starts when the machine does not have as much, and what is kept of it."""

import os
from pathlib import Path

import numpy as np

SMALL = 3e7  # bytes: less is not worth looking
LARGEST_BLOCK = 31 << 20  # bytes: with its header a little less than what glibc takes note of at most


def available() -> float:
    """Bytes that this process may still take: of the machine, or of its control group where that is less; inf where unknown."""
    try:
        free = float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return float("inf")
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemAvailable:"):  # counts what the file cache would give back
            free = float(line.split()[1]) * 1024
    limit, used = _lines("/sys/fs/cgroup/memory.max"), _lines("/sys/fs/cgroup/memory.current")
    if limit and used and limit[0].isdigit():
        free = min(free, float(limit[0]) - float(used[0]))
    return free


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def keep_freed() -> None:
    """Let the next of many computations have the memory of the last one.

    glibc gives back what is free at the end of its heap, page by page, once that is twice as much as the largest block which it ever
    mapped and freed (mallopt(3), M_MMAP_THRESHOLD): here a block of which no page is ever used. Each page that must be mapped again
    takes about two microseconds, those of ten thousand periodic atoms up to a twentieth of the time. Other libraries have no such rule.
    """
    np.empty(LARGEST_BLOCK, np.uint8)


def refuse_hopeless(needed: float, what: str, advice: str) -> None:
    """Raise where a computation that takes ``needed`` bytes cannot fit.

    Raises
    ------
    MemoryError
        With both figures and the advice; nothing has been computed yet.
    """
    if needed < SMALL:
        return
    free = available()
    if needed > free:
        raise MemoryError(f"{what} takes about {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are free: {advice}")
