"""From a brush on the diagram to the frame that shows it: ``python -m tests.benchmarks.bench_linked_view [--json FILE]``.

An explorer with 100,000 pairs over a silica-like box of 3,000 and of 20,000 atoms is shown in JupyterLab in a headless Chromium that
draws with the processor (SwiftShader). Strokes of a rectangle select some 250 atoms, or a third of them: a first step from rest, four
steps more, each 16 ms after the last one was drawn, then the release of the mouse somewhere else, and a second to look at it. The time runs
from the arrival of the brushed region in the kernel to that of the browser's acknowledgement of the highlight, which it gives when the
frame is finished and a pixel was read back; the second figure runs until all layers (simplices and traced rings too) are acknowledged.
"""

import argparse
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

STROKE = ["first step", *4 * ["step"], "release"]

class Stopwatch:
    def __init__(self, ex, share, strokes):
        self.ex, self.view, self.share, self.rows = ex, ex.structure_view, share, []
        self.left = [name for _ in range(strokes) for name in STROKE]
        self.rng, self.at, self.running, self.done = np.random.default_rng(1), 0.0, False, threading.Event()
        self.view.on_ack(self.stop)
        threading.Thread(target=self.start).start()

    def start(self):
        self.name = self.left.pop(0)
        time.sleep(1.0 if self.name == "first step" else 0.016)
        room = 1 - self.share
        self.at = (self.at + room * self.rng.uniform(0.2, 0.8)) % room  # elsewhere: the same atoms again would not be drawn again
        low = self.at + self.ex.diagrams[1].birth.min()
        self.shown, self.running, self.begin = None, True, time.perf_counter()
        self.ex._region_brushed(((low, low + self.share), (-10.0, 10.0)), self.name != "release")

    def stop(self, layer, number, milliseconds):
        if not self.running:  # the layers of one message are acknowledged one after the other
            return
        now = 1e3 * (time.perf_counter() - self.begin)
        if layer == "highlight" and self.shown is None:
            self.shown = now
        if self.shown is not None and self.view.counts["sent"] == self.view.counts["acknowledged"]:
            self.running = False
            self.rows.append((self.name, len(self.ex.selected_atoms), self.shown, now))
            if self.left:
                threading.Thread(target=self.start).start()
            else:
                self.done.set()

    def median(self, name):
        atoms, shown, everything = np.array([row[1:] for row in self.rows if row[0] == name]).T
        return [float(np.median(atoms)), float(np.median(shown)), float(np.quantile(shown, 0.9)), float(np.median(everything))]
"""


def measure(sizes, strokes=12):
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
                for share in (250 / n, 1 / 3):
                    notebook.exec(f"watch = Stopwatch(ex, {share}, {strokes})")
                    notebook.wait(2000 * strokes)  # asking the kernel would disturb it
                    notebook.until("watch.done.is_set()", 300)
                    for when in ("first step", "step", "release"):
                        values = [round(value, 1) for value in notebook.py(f"watch.median({when!r})")]
                        rows.append(dict(zip(("atoms", "when", "highlighted", "median", "p90", "all"), [n, when, *values], strict=True)))
                        times = "{median:9.1f}  {p90:7.1f}  {all:21.1f}".format(**rows[-1])
                        print(f"{n:7,d}  {rows[-1]['highlighted']:11,.0f}  {when:>10s}  {times}", flush=True)
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
    parser.add_argument("--atoms", nargs="*", type=int, default=[3000, 20_000], help="sizes of the structure")
    options = parser.parse_args()
    print("  atoms  highlighted        when  median ms  90 % ms  all layers, median ms")
    rows = measure(options.atoms)
    print(json.dumps(rows))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
