"""compute_many: order, errors, interruption, death of workers, and the same bits everywhere."""

import functools
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Sequence

import numpy as np
import pytest

import phwidgets as ph
from phwidgets.batch import compute_many
from phwidgets.batch.call import WorkerDiedError
from phwidgets.persistence.diagram import _COLUMNS
from phwidgets.readers.trajectory import read_trajectory

HOWS = ["serial", "threads", "processes"]


def quiet(*args, **kwargs):
    return compute_many(*args, progress=False, **kwargs)


def equal(a, b):
    """Bit for bit, of all columns of all diagrams."""
    return a.degrees == b.degrees and all(
        getattr(a[k], name).tobytes() == getattr(b[k], name).tobytes() and getattr(a[k], name).dtype == getattr(b[k], name).dtype
        for k in a.degrees
        for name in _COLUMNS
    )


@pytest.mark.parametrize("how", HOWS)
def test_results_are_in_order_and_the_same_bits(clouds, how):
    expected = [ph.alpha_persistence(s) for s in clouds]
    many = quiet(ph.alpha_persistence, clouds, how=how, workers=2)
    assert len(many) == 8
    assert all(map(equal, many, expected))
    assert [d.source == s for d, s in zip(many, clouds, strict=True)] == [True] * 8
    assert many.failures.empty
    assert how in many.how or how == "serial"
    assert equal(many[-1], expected[-1])
    assert len(many[2:5]) == 3


def test_dask_gives_the_same_bits(clouds):
    distributed = pytest.importorskip("distributed")
    expected = [ph.alpha_persistence(s) for s in clouds]
    cluster = distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None)
    with cluster, distributed.Client(cluster) as client:
        many = quiet(ph.alpha_persistence, clouds, client=client)
        assert all(map(equal, many, expected))
        assert "Dask" in many.how
        reported = quiet(picky, range(6), client=client, on_error="report")
        assert list(reported) == [0, 1, 2, None, 4, 5]
        with pytest.raises(KeyError):
            quiet(picky, range(6), client=client)


def test_a_dask_worker_that_is_killed_is_survived(tmp_path):
    distributed = pytest.importorskip("distributed")
    flag = os.fspath(tmp_path / "died")

    def die_once(x):  # in here, so that it travels by value: the workers cannot import a test
        if x == 4 and not os.path.exists(flag):
            with open(flag, "w"):
                pass
            os.kill(os.getpid(), 9)
        return x

    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        many = quiet(die_once, range(8), client=client)
        assert list(many) == list(range(8))


def die_once(flag, where, x):
    """Kill the process at one input, the first time that it comes."""
    if x == where and not os.path.exists(flag):
        with open(flag, "w"):
            pass
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def picky(x):
    """Refuse the number three."""
    if x == 3:
        raise KeyError(f"<b>{x}</b>")
    return x


@pytest.mark.parametrize("how", HOWS)
def test_errors_are_raised_or_reported(how):
    with pytest.raises(KeyError, match="<b>3</b>") as caught:
        quiet(picky, range(6), how=how, workers=2)
    assert "input 3, '3'" in caught.value.__notes__[0]
    many = quiet(picky, range(6), how=how, workers=2, on_error="report", names=list("abcdef"))
    assert list(many) == [0, 1, 2, None, 4, 5]
    assert [name for name, _ in many.items()] == list("abcef")
    failure = many.failures.loc[3]
    assert (failure["name"], failure["error"], failure["message"]) == ("d", "KeyError", "'<b>3</b>'")
    assert "picky" in failure["trace"]
    assert "1 of them failed" in repr(many)


class AwkwardError(Exception):
    """An exception that is pickled and cannot be made again."""

    def __init__(self, one, two):
        super().__init__(one)


def awkward(x):
    raise AwkwardError(x, x)


def test_what_cannot_travel_is_reported():
    many = quiet(awkward, range(2), how="processes", workers=1, on_error="report")
    assert many.failures["message"].tolist() == ["AwkwardError: 0", "AwkwardError: 1"]
    many = quiet(lambda x: threading.Lock(), range(2), how="processes", workers=1, on_error="report")
    assert all("cannot be sent" in text for text in many.failures["message"])
    many = quiet(len, [threading.Lock()], how="processes", workers=1, on_error="report")
    assert "cannot be sent" in many.failures["message"].item()


def test_functions_of_a_notebook_travel():
    factor = 3

    def own(x):
        return factor * x

    assert list(quiet(own, range(4), how="processes", workers=2)) == [0, 3, 6, 9]


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_worker_that_is_killed_in_the_middle_is_survived(tmp_path):
    many = quiet(functools.partial(die_once, os.fspath(tmp_path / "died"), 4), range(8), how="processes", workers=2)
    assert list(many) == list(range(8))

    def deadly(x):
        if x == 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        if x == 5:
            os._exit(7)
        return x

    many = quiet(deadly, range(8), how="processes", workers=2, on_error="report")
    assert list(many) == [0, 1, None, 3, 4, None, 6, 7]
    assert "SIGSEGV" in many.failures.loc[2, "message"]
    assert "ended with code 7" in many.failures.loc[5, "message"]
    with pytest.raises(WorkerDiedError):
        quiet(deadly, range(8), how="processes", workers=2)


def test_a_corrupt_frame_in_a_thousand_is_reported(tmp_path):
    rows = [f"4\nstep={i}\nSi 0 0 0\nSi 2 0 0\nSi 0 2 0\nSi 0 0 {2 + i / 1000}\n" for i in range(1000)]
    rows[617] = rows[617].replace("Si 0 2 0", "Si 0 ? 0")
    path = tmp_path / "run.xyz"
    path.write_text("".join(rows))
    trajectory = read_trajectory(path)
    many = quiet(lambda s: float(s.positions[3, 2]), trajectory, on_error="report")
    assert many.failures.index.tolist() == [617]
    assert "frame 617 of 'run.xyz', which begins in line 3703" in many.failures.loc[617, "message"]
    assert many.names[617] == "run.xyz:617"
    assert [many[i] for i in (0, 616, 618, 999)] == [2.0, 2.616, 2.618, 2.999]
    assert sum(result is None for result in many) == 1


# ---- inputs ----------------------------------------------------------------------------------------------------------------


def test_inputs_are_read_as_they_are_needed_and_let_go():
    alive = weakref.WeakSet()
    most = [0]

    class Thing:
        pass

    def inputs():
        for _ in range(200):
            thing = Thing()
            alive.add(thing)
            most[0] = max(most[0], len(alive))
            yield thing

    for how in ("serial", "threads", "auto"):
        many = quiet(lambda thing: time.sleep(0.0005), inputs(), how=how, workers=2)
        assert len(many) == 200
    assert most[0] <= 10


def test_files_folders_dicts_and_names(tmp_path):
    for name in ("b.txt", "a.txt", ".hidden"):
        (tmp_path / name).write_text(name)
    many = quiet(lambda path: path.read_text(), tmp_path)
    assert (list(many), many.names) == (["a.txt", "b.txt"], ["a.txt", "b.txt"])
    assert quiet(len, {"x": "ab", "y": "c"}).names == ["x", "y"]
    assert quiet(len, ["ab", "c"]).names == ["0", "1"]
    assert list(quiet(len, [])) == []
    for wrong, reason in (
        (tmp_path / "a.txt", "pass a list of files"),
        (ph.Structure(np.eye(3)), "this is one Structure"),
        (3, "this is one int"),
        (tmp_path / "none", "pass a list"),
    ):
        with pytest.raises(ValueError, match=reason):
            quiet(len, wrong)
    for wrong, reason in (
        ({"on_error": "ignore"}, "on_error"),
        ({"how": "gpu"}, "how is"),
        ({"workers": 0}, "workers"),
        ({"client": 3}, "client"),
        ({"names": ["a"]}, "1 names for 2"),
    ):
        with pytest.raises(ValueError, match=reason):
            quiet(len, ["a", "b"], **wrong)
    with pytest.raises(ValueError, match="pipeline is a function"):
        quiet(3, [])


def test_an_element_that_cannot_be_read_is_one_failure():
    class Broken(Sequence):
        def __len__(self):
            return 5

        def __getitem__(self, i):
            if i == 2:
                raise OSError("unreadable")
            return i

    many = quiet(abs, Broken(), on_error="report")
    assert list(many) == [0, 1, None, 3, 4]
    assert many.failures["message"].tolist() == ["unreadable"]


# ---- how -------------------------------------------------------------------------------------------------------------------


def test_the_choice_is_measured_and_said():
    asleep = quiet(lambda x: time.sleep(0.1), range(20), workers=2)  # releases the lock; a busy machine wakes late, but not so late
    assert asleep.how.startswith("2 threads, two at a time ran ")
    short = [quiet(abs, range(50), workers=2).how for _ in range(5)]  # other programs may disturb one measurement
    assert "one after the other, each takes less than 2 ms" in short
    assert quiet(abs, range(2), workers=2).how == "one after the other, there were only few"
    assert quiet(abs, range(9), workers=1).how == "one after the other, as asked"


def test_progress_is_shown_on_request(capsys):
    compute_many(abs, range(3))
    assert "3/3" in capsys.readouterr().err
    quiet(abs, range(3))
    assert capsys.readouterr().err == ""


INTERRUPTED = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts us in the background has it ignored
import sys, time
import phwidgets.batch
def slow(x):
    time.sleep(30)
def main():
    print("go", flush=True)
    phwidgets.batch.compute_many(slow, range(1000), how={how!r}, workers=2, progress=False)
try:
    main()
except KeyboardInterrupt:
    print("interrupted", flush=True)
    import os
    os._exit(0)  # a thread may still be at its input
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("how", HOWS)
def test_ctrl_c_is_heard_within_a_second(tmp_path, how):
    script = tmp_path / "script.py"
    script.write_text(INTERRUPTED.format(how=how))
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert process.stdout.readline() == "go\n"
    time.sleep(3.0)
    start = time.perf_counter()
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "interrupted\n"
    assert time.perf_counter() - start < 5.0  # a second, and what a busy machine adds
    assert process.wait(10) == 0


def test_everything_that_is_sent_can_be_pickled(clouds):
    dgms = ph.alpha_persistence(clouds[0])
    ph.incidence(dgms[1])  # fills what is kept beside the diagram
    copy = pickle.loads(pickle.dumps(dgms))
    assert equal(copy, dgms)
    assert copy.source == dgms.source
    assert copy[1].source is copy.source
