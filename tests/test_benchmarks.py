"""The benchmarks run: what they measure in processes of its own, on inputs of no size, and what peers would be given can be compiled."""

import pytest
from benchmarks import bench_alpha, bench_cubical

TINY = {"tiny": ("smooth((9, 8, 7))", 2)}


def test_atoms_are_measured():
    used, peak = bench_alpha.in_process(bench_alpha.OURS, 120, "periodic")
    assert used > 0
    assert peak >= 0


@pytest.mark.parametrize("code", [bench_cubical.OURS, bench_cubical.REGIONS])
def test_images_are_measured(code):
    options = {"construction": "cell"} if code is bench_cubical.OURS else {}
    used, peak = bench_cubical.in_process(code, "tiny", TINY, **options)
    assert used > 0
    assert peak >= 0


def test_a_failure_is_said_and_has_no_figure(capsys):
    assert bench_cubical.in_process(("", "raise ValueError('no such thing')"), "tiny", TINY) is None
    assert "no such thing" in capsys.readouterr().out


@pytest.mark.parametrize("peer", bench_cubical.PEERS)
def test_code_for_peers_of_images(peer):
    compile(bench_cubical.script(bench_cubical.PEERS[peer], "tiny", TINY), peer, "exec")


@pytest.mark.parametrize("peer", [bench_alpha.HOMCLOUD, bench_alpha.GUDHI])
def test_code_for_peers_of_atoms(peer):
    setup, run = peer
    points = bench_alpha.POINTS.format(n=10, kind="open")
    compile(bench_alpha.MEASURE.format(setup=points + setup, run=run, repeats=3), "peer", "exec")
