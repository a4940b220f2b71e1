"""Where the tests find the real data when the installed package, and not this checkout, is tested."""

import os
import pathlib

SHARED = pathlib.Path(__file__).resolve().parents[2] / "shared" / "data"
if SHARED.is_dir():
    os.environ.setdefault("PHWIDGETS_DATA", str(SHARED))
