"""Sizes that another program finds for the same pairs; ``bench_inverse --against homcloud`` computes them again."""

import numpy as np

import phwidgets as ph

# triangles of HomCloud 5.4.0's optimal_volume() without a cutoff, for the longest pairs
HOMCLOUD = [27, 68, 48, 33, 127, 35, 50, 10, 14, 39, 43, 29, 14, 57, 20, 22, 71, 17, 43, 11]


def test_the_longest_rings_of_a_thousand_points_have_the_sizes_that_homcloud_finds():
    x = np.random.default_rng(0).random((1000, 3)) * 1000 ** (1 / 3)
    volumes = ph.optimal_volumes(ph.alpha_persistence(x)[1].longest(len(HOMCLOUD)))
    assert all(v.certified for v in volumes)
    assert [v.size for v in volumes] == HOMCLOUD
