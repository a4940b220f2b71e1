"""From a brush on the diagram to the frame that shows it: ``python -m tests.benchmarks.bench_linked_view [--json FILE]``.

An explorer with 100,000 pairs over a silica-like box of 3,000 and of 20,000 atoms is shown in JupyterLab in a headless Chromium that
draws with the processor (SwiftShader). One drag step after the other selects some 250 atoms, or a third of them. The time runs from the
arrival of the brushed region in the kernel to that of the browser's acknowledgement of the highlight, which it gives after the frame was
drawn and a pixel read back; the second figure runs until all layers (simplices and traced rings too) are acknowledged. "Settled"
is the selection after a drag, "drag" a step of it, both 0.3 s after the last one; "in a row" are steps that come at once, while
the browser still draws the points of the last one on the diagram.
"""

import argparse
import itertools
import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "browser"))

from labkit import SOFTWARE_GL, Lab, Notebook, find_chromium

SETUP = """
import functools, threading, time, numpy as np
import phwidgets as ph

def box(n):
    cells = round((n / 648) ** (1 / 3) + 0.5)
    glass = ph.read_structure(PATH)
    shifts = np.array([(i, j, k) for i in range(cells) for j in range(cells) for k in range(cells)]) @ glass.cell
    x = (glass.positions[None] + shifts[:, None]).reshape(-1, 3)
    keep = np.sort(np.argsort(np.abs(x - x.mean(0)).max(1))[:n])
    return ph.Structure(x[keep], np.tile(glass.species, cells ** 3)[keep])

def diagrams(structure, pairs=100_000):
    # pairs of neighbours, with births that sort them along x: an interval of births is a slab of atoms
    from scipy.spatial import cKDTree
    from phwidgets.persistence.diagrams import Diagrams
    rng = np.random.default_rng(0)
    near = cKDTree(structure.positions).query(structure.positions, k=6)[1]
    first = rng.integers(0, len(structure), pairs)
    other = np.stack([near[first, 1 + rng.integers(0, 2, pairs)], near[first, 3 + rng.integers(0, 2, pairs)]], 1)
    birth = structure.positions[first, 0] / np.ptp(structure.positions[:, 0])
    d = ph.Diagram(1, "Å", birth, birth + rng.exponential(0.1, pairs), np.stack([first, other[:, 0]], 1),
                   np.column_stack([first, other]), source=structure)
    return Diagrams({1: d}, source=structure, unit="Å", resolution=0.0)

class Stopwatch:
    def __init__(self, ex, share, rounds, pause, passing):
        self.ex, self.view, self.share, self.times, self.all_times, self.sizes = ex, ex.structure_view, share, [], [], []
        self.rng, self.left, self.pause, self.passing = np.random.default_rng(1), rounds, pause, passing
        self.view.on_ack(self.stop)
        self.start()

    def start(self):
        time.sleep(self.pause)
        low = self.rng.uniform(0, 1 - self.share) + self.ex.diagrams[1].birth.min()
        self.shown = False
        self.begin = time.perf_counter()
        self.ex._region_brushed(((low, low + self.share), (-10.0, 10.0)), self.passing)
        self.sizes.append(len(self.ex.selected_atoms))

    def stop(self, layer, number, milliseconds):
        if self.left <= 0:
            return
        now = 1e3 * (time.perf_counter() - self.begin)
        if layer == 'highlight' and not self.shown:
            self.times.append(now)
            self.shown = True
        if self.shown and self.view.counts['sent'] == self.view.counts['acknowledged']:
            self.all_times.append(now)
            self.left -= 1
            if self.left:
                threading.Thread(target=self.start).start()
"""


STEPS = (("settled", 0.3, False), ("drag", 0.3, True), ("in a row", 0, True))  # name, seconds of rest before it, still dragging


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
                setup = f"PATH = {str(sample)!r}\n{SETUP}\nex = ph.explore(diagrams(box({n}))); sv = ex.structure_view"
                notebook = Notebook(page, lab, lab.new_file([setup, "ex"]))
                notebook.run(0, 1)
                notebook.until("sv.ready.is_set() and sv.counts['sent'] == sv.counts['acknowledged']", 120)
                notebook.exec("sv.highlight = functools.partial(sv.highlight, sync=True)")
                for share, (when, pause, passing) in itertools.product((250 / n, 1 / 3), STEPS):
                    notebook.exec(f"watch = Stopwatch(ex, {share}, {rounds}, {pause}, {passing})")
                    notebook.wait(1000)  # asking the kernel would disturb it
                    notebook.until("watch.left <= 0", 300)
                    found = notebook.py("dict(highlighted=float(np.median(watch.sizes)), median=float(np.median(watch.times)), "
                                        "p90=float(np.quantile(watch.times, 0.9)), all=float(np.median(watch.all_times)))")  # fmt: skip
                    found = {key: round(value, 1) for key, value in found.items()}
                    rows.append({"atoms": n, "when": when, **found})
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
    print("  atoms  highlighted       when  median ms  90 % ms  all layers, median ms")
    for row in rows:
        times = f"{row['median']:9.1f}  {row['p90']:7.1f}  {row['all']:21.1f}"
        print(f"{row['atoms']:7,d}  {row['highlighted']:11,.0f}  {row['when']:>9s}  {times}")
    print(json.dumps(rows))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
