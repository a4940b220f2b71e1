"""Waiting for what happens on another thread: as long as it takes, on a busy machine too."""

import time


def until(condition, seconds=60):
    """Wait until ``condition()`` is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def settled(explorer, seconds=60):
    """Wait for the shapes that an explorer searches for in the background, and until they are drawn."""
    until(lambda: not explorer._links.shapes.busy, seconds)
    time.sleep(0.25)  # the last report is on its way
