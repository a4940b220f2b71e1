"""Volumes one by one: the same ones, stopped at any time, from any thread."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import phwidgets as ph
from phwidgets.inverse import program
from phwidgets.inverse.plan import Plan
from phwidgets.inverse.stream import iter_volumes


@pytest.fixture(scope="module")
def rings():
    return ph.alpha_persistence(np.random.default_rng(0).random((300, 3)) * 7)[1].longest(25)


def key(v):
    return v.pair_id, v.loop.tolist(), v.size, v.certified, v.problem


@pytest.mark.parametrize("degree", [0, 1, 2])
def test_they_are_those_of_the_functions(rings, degree):
    d = ph.alpha_persistence(rings.source)[degree].longest(12)
    assert [key(v) for v in iter_volumes(d)] == [key(v) for v in ph.optimal_volumes(d)]
    assert [key(v) for v in iter_volumes(d, method="stable", epsilon=0.05)] == [key(v) for v in ph.stable_volumes(d, 0.05)]
    if degree == 1:
        assert [key(v) for v in iter_volumes(d, method="shortest")] == [key(v) for v in ph.shortest_cycles(d)]
        assert [key(v) for v in iter_volumes(d, cost="area")] == [key(v) for v in ph.optimal_volumes(d, cost="area")]


def test_it_ends_between_pairs_when_cancelled(rings):
    seen = []
    for v in iter_volumes(rings, cancelled=lambda: len(seen) >= 4):
        seen.append(v.pair_id)
    assert seen == rings.pair_id[:4].tolist()
    assert list(iter_volumes(rings, cancelled=lambda: True)) == []


def endless(monkeypatch):
    """Every search goes on for ever, as one of a huge ring does."""
    solve = program.Model.solve
    monkeypatch.setattr(program.highspy.HighsModelStatus, "kOptimal", None, raising=False)

    def again(self, seconds):
        while True:
            self._highs.clearSolver()
            if (status := solve(self, seconds)) == "never":
                return status

    monkeypatch.setattr(program.Model, "solve", again)


def test_a_long_search_is_cancelled_from_another_thread_within_a_second(rings, monkeypatch):
    monkeypatch.setattr(program, "SLICE", 0.05)
    endless(monkeypatch)
    stop, found = threading.Event(), []
    worker = threading.Thread(target=lambda: found.extend(iter_volumes(rings, cancelled=stop.is_set)))
    worker.start()
    time.sleep(0.5)
    assert worker.is_alive()
    stop.set()
    worker.join(1.0)
    assert not worker.is_alive()
    assert found == []


def test_a_key_stops_a_long_search(rings, monkeypatch):
    endless(monkeypatch)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # processes in the background ignore it
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            list(iter_volumes(rings))
    finally:
        signal.signal(signal.SIGINT, before)


def test_short_slices_give_the_same_volumes(rings, monkeypatch):
    expected = [v.size for v in iter_volumes(rings)]
    monkeypatch.setattr(program, "SLICE", 1e-4)
    assert [v.size for v in iter_volumes(rings)] == expected


def test_a_search_for_whole_numbers_is_cancelled_too(rings):
    plan = Plan.of(rings)
    model = None
    asked = []

    def remember(facets, cancelled=None, made=program.Model):
        nonlocal model
        model = made(facets, lambda: bool(asked))
        return model

    plan.fillings.smallest_chain.__func__.__globals__["Model"], original = remember, program.Model
    try:
        plan.volume(0)
    finally:
        plan.fillings.smallest_chain.__func__.__globals__["Model"] = original
    asked.append(1)
    with pytest.raises(program.CancelledError):
        model.solve_whole(np.inf)


def test_threads_may_run_side_by_side(rings):
    expected = [v.size for v in iter_volumes(rings)]
    found = [[], [], []]
    workers = [threading.Thread(target=lambda out=out: out.extend(v.size for v in iter_volumes(rings))) for out in found]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [expected] * 3


def test_wrong_arguments_are_refused_at_once(rings):
    for wrong in (
        {"method": "best"},
        {"method": "stable"},
        {"method": "stable", "epsilon": -1},
        {"cost": "length"},
        {"time_limit": 0},
        {"method": "shortest", "epsilon": 2},
    ):
        with pytest.raises(ValueError, match=r"method|epsilon|cost|time_limit|tolerance"):
            iter_volumes(rings, **wrong)
