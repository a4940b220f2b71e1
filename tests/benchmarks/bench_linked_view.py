"""From a highlight in the kernel to the frame that shows it: ``python -m tests.benchmarks.bench_linked_view [--json FILE]``.

A silica-like box of 3,000 and of 20,000 atoms is shown in JupyterLab in a headless Chromium that draws with the processor (SwiftShader).
One after the other, random atoms are highlighted; the browser acknowledges after the frame was drawn and a pixel read back. The time
runs from the call of ``highlight`` to the acknowledgement's arrival in the kernel.
"""

import argparse
import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "browser"))

from labkit import SOFTWARE_GL, Lab, Notebook, find_chromium

SETUP = """
import time, numpy as np
import phwidgets as ph
from phwidgets.widgets.structure_view import StructureView

def box(n):
    cells = round((n / 648) ** (1 / 3) + 0.5)
    glass = ph.read_structure(PATH)
    shifts = np.array([(i, j, k) for i in range(cells) for j in range(cells) for k in range(cells)]) @ glass.cell
    x = (glass.positions[None] + shifts[:, None]).reshape(-1, 3)
    keep = np.sort(np.argsort(np.abs(x - x.mean(0)).max(1))[:n])
    return ph.Structure(x[keep], np.tile(glass.species, cells ** 3)[keep])

class Stopwatch:
    def __init__(self, view, atoms, rounds):
        self.view, self.atoms, self.left, self.times, self.frames = view, atoms, rounds, [], []
        self.rng = np.random.default_rng(1)
        view.on_ack(self.stop)
        self.start()

    def start(self):
        n = len(self.view.structure)
        chosen = self.rng.choice(n, self.atoms, replace=False)
        self.begin = time.perf_counter()
        self.view.highlight(chosen, sync=True)

    def stop(self, layer, number, milliseconds):
        if layer != 'highlight' or self.left <= 0:
            return
        self.times.append(1e3 * (time.perf_counter() - self.begin))
        self.frames.append(milliseconds)
        self.left -= 1
        if self.left:
            self.start()
"""


def measure(sizes=(3000, 20_000), rounds=30):
    """One row for each size of structure and of highlight."""
    from playwright.sync_api import sync_playwright

    sample = pathlib.Path(__file__).parents[2] / "phwidgets" / "samples" / "silica-glass.xyz"
    rows = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, sync_playwright() as playwright:
        lab = Lab(pathlib.Path(folder) / "lab")
        try:
            browser = playwright.chromium.launch(executable_path=find_chromium(), headless=True, args=SOFTWARE_GL)
            for n in sizes:
                page = browser.new_page(viewport={"width": 1200, "height": 800})
                setup = f"PATH = {str(sample)!r}\n{SETUP}\nsv = StructureView(box({n}), timeout=60)"
                notebook = Notebook(page, lab, lab.new_file([setup, "sv"]))
                notebook.run(0, 1)
                notebook.until("sv.ready.is_set() and sv.counts['sent'] == sv.counts['acknowledged']", 120)
                for atoms in (250, n // 3):
                    notebook.exec(f"watch = Stopwatch(sv, {atoms}, {rounds})")
                    notebook.wait(1000)  # asking the kernel would disturb it
                    notebook.until("watch.left <= 0", 300)
                    found = notebook.py("dict(median=float(np.median(watch.times)), p90=float(np.quantile(watch.times, 0.9)), "
                                        "browser=float(np.median(watch.frames)))")  # fmt: skip
                    rows.append({"atoms": n, "highlighted": atoms, **{k: round(v, 1) for k, v in found.items()}})
                assert not notebook.errors, notebook.errors
                page.close()
                lab.shut_down_kernels()
        finally:
            lab.stop()
    return rows


def main():
    """Print the table, and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file as well")
    options = parser.parse_args()
    rows = measure()
    print("  atoms  highlighted  median ms  90 % ms  of it in the browser ms")
    for row in rows:
        print(f"{row['atoms']:7,d}  {row['highlighted']:11,d}  {row['median']:9.1f}  {row['p90']:7.1f}  {row['browser']:23.1f}")
    print(json.dumps(rows))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
