"""A second process does a part of what this one is about to do: compiling keeps one processor busy, and leaves its results on the disk."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 120.0  # s, for a process that is stuck
NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows opens one otherwise


@contextmanager
def beside(module: str, *arguments: str) -> Iterator[None]:
    """``python -m module arguments`` runs during the block, which ends after it.

    Nothing depends on it: where no second processor or no interpreter is there, or it fails, what it would have left behind is missing.
    """
    # -P: no module is found in the working folder that this process would not find there
    process = _start([sys.executable, "-P", "-m", module, *arguments]) if _possible() else None
    try:
        yield
        if process:
            process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        if process and process.poll() is None:
            process.kill()
            process.wait()


def _possible() -> bool:
    """Whether there are two processors, and an interpreter that is known to be one: a program may have Python inside."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return processors > 1 and not hasattr(sys, "frozen") and Path(sys.executable or "").stem.lower().startswith("python")


def _start(command: list[str]) -> "subprocess.Popen[bytes] | None":
    silent = subprocess.DEVNULL
    try:
        # modules are found where this process finds them
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path if isinstance(path, str))}
        return subprocess.Popen(  # noqa: S603 - this interpreter, and a module of ours
            command, env=environment, stdin=silent, stdout=silent, stderr=silent, creationflags=NO_WINDOW
        )
    except (OSError, ValueError):  # such as a working folder that is gone, or a place with a character that none can have
        return None
