"""A line on the error stream that counts what is done, for work that takes a while."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 2.0  # seconds without a word
PACE = 0.5  # seconds between words


def counted(items: Iterable[T], total: int, what: str, progress: bool = True, *, each: int = 1) -> Iterator[T]:
    """Yield the items, each of which stands for ``each`` of ``total``; once it takes longer than two seconds, say how many are done."""
    said, start = 0.0, time.perf_counter()
    for number, item in enumerate(items, 1):
        yield item
        now, done = time.perf_counter(), min(each * number, total)
        last = done == total
        if progress and now - start > PATIENCE and (now - said > PACE or last) and (said or not last):
            said = now
            print(f"\rphwidgets: {what} {done:,} of {total:,}", end="\n" if last else "", file=sys.stderr, flush=True)
