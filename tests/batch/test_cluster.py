"""A Dask cluster that lacks something, dies, goes away or comes late: an error that says what to do, or another try; never a hang."""

import os
import sys
import threading
import time

import pytest

from phwidgets.batch import cluster as module
from phwidgets.batch import compute_many
from phwidgets.batch.call import WorkerDiedError
from phwidgets.batch.cluster import UnpreparedError

distributed = pytest.importorskip("distributed")


def quiet(*args, **kwargs):
    return compute_many(*args, progress=False, **kwargs)


@pytest.fixture(scope="module")
def client():
    """Two worker processes that know what this one knows now, and nothing that comes later."""
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def near():
    """A cluster in this process, which starts and ends at once."""
    cluster = distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0")
    with cluster, distributed.Client(cluster) as client:
        yield cluster, client


@pytest.fixture
def only_here(tmp_path, monkeypatch):
    """A module that this process can import and the workers cannot."""
    path = tmp_path / "known_here_only.py"
    path.write_text("def double(x):\n    return 2 * x\n\n\nclass Thing:\n    number = 4\n")
    monkeypatch.syspath_prepend(tmp_path)
    import known_here_only

    yield known_here_only, path
    del sys.modules["known_here_only"]


def test_a_module_that_the_workers_lack_is_named_with_what_to_do(client, only_here):
    module, path = only_here
    advice = r"cannot import module 'known_here_only'.*install it there.*client\.upload_file\('known_here_only\.py'\)"
    for on_error in ("raise", "report"):  # nothing at all can be computed, so it is no matter of a single input
        with pytest.raises(UnpreparedError, match=advice):
            quiet(module.double, range(6), client=client, on_error=on_error)
    many = quiet(abs, [1, module.Thing(), 3], client=client, on_error="report")
    assert list(many) == [1, None, 3]
    assert "cannot make this input" in many.failures.loc[1, "message"]
    client.upload_file(os.fspath(path))
    assert list(quiet(module.double, range(6), client=client)) == [0, 2, 4, 6, 8, 10]


def test_a_result_that_this_process_cannot_make_is_one_failure(client, tmp_path):
    (tmp_path / "known_there_only.py").write_text("class Thing:\n    pass\n")
    folder = os.fspath(tmp_path)

    def strange(x):
        import sys

        sys.path.insert(0, folder)
        import known_there_only

        return known_there_only.Thing() if x == 1 else x

    many = quiet(strange, range(3), client=client, on_error="report")
    assert list(many) == [0, None, 2]
    assert "cannot be received" in many.failures.loc[1, "message"]


def test_workers_without_phwidgets_say_so(client):
    def hide():
        import sys

        kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "phwidgets"}
        sys.modules["phwidgets"] = None  # as Python marks what cannot be imported
        sys.hidden = kept

    def show():
        import sys

        del sys.modules["phwidgets"]
        sys.modules.update(sys.hidden)

    client.run(hide)
    try:
        with pytest.raises(UnpreparedError, match=r"cannot import phwidgets.*install this version"):
            quiet(abs, range(4), client=client)
    finally:
        client.run(show)
    assert list(quiet(abs, range(4), client=client)) == [0, 1, 2, 3]


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_an_input_that_kills_its_workers_is_the_only_one_that_is_blamed(client):
    def deadly(x):
        if x == 1:
            os.kill(os.getpid(), 9)
        return x

    many = quiet(deadly, range(5), client=client, on_error="report")
    assert list(many) == [0, None, 2, 3, 4]
    assert many.failures["error"].tolist() == [WorkerDiedError.__name__]
    assert "when it was the only one" in many.failures.loc[1, "message"]


def test_a_client_that_is_closed_is_refused(near):
    _, client = near
    client.close()
    with pytest.raises(ValueError, match="this Dask client is closed: make another one"):
        quiet(abs, range(3), client=client)


@pytest.mark.parametrize("what", ["client", "cluster"])
def test_closing_in_the_middle_ends_the_call(near, what):
    cluster, client = near
    closer = threading.Thread(target=(client if what == "client" else cluster).close)

    def inputs():
        for i in range(10_000):
            if i == 4:
                closer.start()
            yield i

    with pytest.raises(ConnectionError, match=r"closed, or lost its cluster|takes no work"):
        quiet(lambda x: time.sleep(0.1), inputs(), client=client)
    closer.join()


def test_what_was_cancelled_is_given_out_again(near, monkeypatch):
    _, client = near
    started = threading.Event()

    def slow(x):
        time.sleep(0.05)
        return x

    def cancel():
        started.wait(30)
        client.cancel([distributed.Future(key, client) for key in list(client.futures)], force=True)

    canceller = threading.Thread(target=cancel)
    canceller.start()

    def inputs():
        for i in range(12):
            if i == 6:
                started.set()
                canceller.join()
            yield i

    assert list(quiet(slow, inputs(), client=client)) == list(range(12))


def test_a_cluster_without_workers_is_waited_for_and_grows(monkeypatch):
    monkeypatch.setattr(module, "_LOOK", 0.1)
    monkeypatch.setattr(module, "_ALONE", 0.2)
    cluster = distributed.LocalCluster(n_workers=0, threads_per_worker=1, processes=False, dashboard_address=":0")
    with cluster, distributed.Client(cluster) as client:
        threading.Timer(1.5, cluster.scale, [2]).start()
        with pytest.warns(UserWarning, match="has no workers at present"):
            many = quiet(lambda x: time.sleep(0.01), range(100), client=client)
    assert (len(many), many.how) == (100, "Dask cluster, 2 threads")
