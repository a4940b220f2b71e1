"""Speed of a large library: ``python -m tests.benchmarks.bench_library [--entries N] [--length M] [--pairs P] [--json FILE]``.

By default 100,000 vectors of 4,096 numbers (a file of 1.7 GB) and 10 million pairs of 2,000 entries. What is given are seconds by the clock
and of the processor, the least of five.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from phwidgets.library import Library


def best(run, times=5):
    """Least seconds by the clock and of the processor."""
    walls, cpus = [], []
    for _ in range(times):
        wall, used = time.perf_counter(), time.process_time()
        run()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - used)
    return {"wall s": min(walls), "cpu s": min(cpus)}


def fill(lib, entries, pairs_per_entry):
    """Entries with random pairs, written as tables: making that many diagrams would take longer than all that is measured."""
    rng = np.random.default_rng(0)
    with lib._store.writing() as con:
        ids = np.arange(entries)
        frame = pd.DataFrame({"id": ids, "name": [f"e{i}" for i in ids], "digest": "", "content": b"", "thumbnail": b""})
        con.register("new", frame)
        con.execute("INSERT INTO entries SELECT id, name, digest, current_localtimestamp(), content, thumbnail FROM new")
        con.execute("ALTER TABLE facts ADD COLUMN density DOUBLE")
        con.register("new_facts", pd.DataFrame({"id": ids, "density": rng.random(entries)}))
        con.execute("INSERT INTO facts SELECT id, density FROM new_facts")
        con.execute("CREATE OR REPLACE VIEW items AS SELECT e.id, e.name, e.added, f.* EXCLUDE (id) FROM entries e JOIN facts f USING (id)")
        n = entries * pairs_per_entry
        for start in range(0, n, 2_000_000):
            place = np.arange(start, min(start + 2_000_000, n))
            birth = rng.random(len(place))
            table = {"id": place // max(pairs_per_entry, 1), "degree": (place % 3).astype(np.int8), "pair_id": place, "birth": birth}
            con.register("new_pairs", pd.DataFrame({**table, "death": birth + rng.random(len(place))}))
            con.execute("INSERT INTO pairs SELECT * FROM new_pairs")


def bench_pairs(folder, pairs):
    """A region among all pairs."""
    lib = Library(folder / "pairs.duckdb")
    fill(lib, 2000, pairs // 2000)
    question = {"birth": (0.2, 0.3), "death": (0.9, 1.1), "at_least": 5}
    return {
        "pairs": pairs,
        "megabytes": lib.path.stat().st_size / 1e6,
        "region": best(lambda: lib.with_pairs(1, **question)),
        "region and facts": best(lambda: lib.with_pairs(1, **question, where="density > 0.5")),
    }


def bench_vectors(folder, entries, length):
    """The nearest of all vectors."""
    lib = Library(folder / "vectors.duckdb")
    fill(lib, entries, 0)
    rng = np.random.default_rng(1)
    start = time.perf_counter()
    for first in range(0, entries, 5000):
        names = [f"e{i}" for i in range(first, min(first + 5000, entries))]
        lib.add_vectors("v", names, rng.random((len(names), length), dtype=np.float32) ** 4)
    found = {"vectors": entries, "length": length, "writing s": time.perf_counter() - start, "megabytes": lib.path.stat().st_size / 1e6}
    start = time.perf_counter()
    lib.similar("e5")
    found["first question s"] = time.perf_counter() - start
    for metric in ("cosine", "euclidean"):
        found[metric] = best(lambda metric=metric: lib.similar("e5", metric=metric))
    found["cosine, half of the entries"] = best(lambda: lib.similar("e5", where="density > 0.5"))
    return found


def main():
    """Run both and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--length", type=int, default=4096)
    parser.add_argument("--pairs", type=int, default=10_000_000)
    parser.add_argument("--json")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {
            "load": os.getloadavg()[0],
            "pairs": bench_pairs(folder, args.pairs),
            "vectors": bench_vectors(folder, args.entries, args.length),
        }
    text = json.dumps(found, indent=2)
    print(text)
    if args.json:
        Path(args.json).write_text(text + "\n")


if __name__ == "__main__":
    main()
