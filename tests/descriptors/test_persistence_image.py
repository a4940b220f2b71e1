"""The persistence image against the definition, against persim, and against what moves its points."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr
from sklearn.exceptions import NotFittedError

import phwidgets as ph
from phwidgets.descriptors.distances import wasserstein_distance
from phwidgets.descriptors.histogram import DiagramHistogram
from phwidgets.descriptors.persistence_image import PersistenceImage


def points(seed, n=200, scale=1.0):
    rng = np.random.default_rng(seed)
    birth = scale * rng.random(n)
    return np.column_stack([birth, birth + scale * rng.exponential(0.3, n)])


def by_definition(pi, pairs):
    """The sum of all Gaussians, integrated bin by bin with SciPy's normal distribution."""
    image = np.zeros((len(pi.birth_edges_) - 1, len(pi.death_edges_) - 1))
    for b, d in pairs:
        mass = np.outer(np.diff(ndtr((pi.birth_edges_ - b) / pi.bandwidth_)), np.diff(ndtr((pi.death_edges_ - d) / pi.bandwidth_)))
        image += abs(d - b) * mass
    return image.ravel()


@pytest.mark.parametrize("bandwidth", [0.004, 0.02, 0.1, 0.5, 8.0])
@pytest.mark.parametrize("resolution", [1, (7, 31), 64])
def test_vectors_are_the_integrated_gaussians(bandwidth, resolution):
    pairs = points(0)
    pi = PersistenceImage(resolution, bandwidth).fit([pairs])
    expected = by_definition(pi, pairs)
    assert np.abs(pi.transform([pairs])[0] - expected).max() < 1e-8 * expected.max()


@pytest.mark.parametrize("bandwidth", [0.3, 2.3, 2.45, 9.0, 200.0])
def test_bins_and_nodes_are_as_exact(bandwidth):
    """Bandwidths in bins of the births, on both sides of where nodes take over; the bins of the deaths are three times as wide."""
    step = 2 / 60
    pairs = points(3, n=50)
    pi = PersistenceImage((60, 20), bandwidth * step, range=(0, 2)).fit([pairs])
    assert (pi._plane.births.masses is None, pi._plane.deaths.masses is None) == (bandwidth < 2.4, bandwidth < 7.2)
    with warnings.catch_warnings(action="ignore"):
        ours = pi.transform([pairs])[0]
    expected = by_definition(pi, pairs)
    assert np.abs(ours - expected).max() < 2e-9 * expected.max()
    grid = np.random.default_rng(0).normal(size=1200)
    shares = [by_definition(pi, pair[None]) @ grid for pair in pairs]
    assert np.abs(pi.pair_weights(grid, pairs) - shares).max() < 1e-8 * np.abs(shares).max()


def test_pairs_far_outside_of_the_range_add_what_reaches_into_it():
    pi = PersistenceImage(16, 0.3, range=((0, 1), (0.5, 2))).fit([[[0.2, 0.8]]])
    pairs = np.array([[-0.5, 1.0], [0.5, 2.4], [-40.0, 50.0], [1e6, 2e6]])
    with pytest.warns(UserWarning, match="outside of the range"):
        ours = pi.transform([pairs])[0]
    assert np.abs(ours - by_definition(pi, pairs)).max() < 1e-8


def test_equal_to_persim_on_birth_death_axes():
    persim = pytest.importorskip("persim")
    pairs = points(1)
    theirs = persim.PersistenceImager(
        birth_range=(0.0, 2.0),
        pers_range=(0.0, 2.0),
        pixel_size=0.1,
        weight="persistence",
        kernel_params={"sigma": [[0.0144, 0], [0, 0.0144]]},
    )
    inside = pairs[pairs[:, 1] < 2]
    # persim weighs by its second coordinate, which is the death without skewing: ask for the same weight
    ours = PersistenceImage(20, 0.12, weight=lambda birth, persistence: birth + persistence, range=(0, 2)).fit_transform([inside])[0]
    assert np.allclose(theirs.transform(inside, skew=False).ravel(), ours, atol=1e-8)


def test_gudhi_takes_the_density_at_points():
    """On bins so small that the density is constant in them both give the same picture, times the area of a bin."""
    representations = pytest.importorskip("gudhi.representations")
    pairs, sigma, n = points(2, 30), 0.2, 200
    step = 2.0 / n
    centres = [step / 2, 2.0 - step / 2]
    weight = lambda p: p[1]  # noqa: E731 - gudhi calls it with (birth, persistence)
    theirs = representations.PersistenceImage(bandwidth=sigma, weight=weight, resolution=[n, n], im_range=[*centres, *centres])
    # on birth-persistence axes: give us those as births and deaths, with the weight that is then the second coordinate
    skewed = np.column_stack([pairs[:, 0], pairs[:, 1] - pairs[:, 0] + 10])
    ours = PersistenceImage(n, sigma, weight=lambda b, p: b + p - 10, range=((0, 2), (10, 12)))
    picture = ours.fit_transform([skewed])[0].reshape(n, n)
    density = theirs.fit_transform([pairs])[0].reshape(n, n).T * step**2
    assert np.allclose(picture, density, atol=2e-3 * picture.max())


diagrams = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=0, max_size=12).map(
    lambda rows: np.array([(b, b + p) for b, p in rows]).reshape(-1, 2)
)


@settings(max_examples=60, deadline=None)
@given(diagrams, diagrams, st.floats(0.05, 0.5))
def test_change_of_the_vector_is_bounded_by_the_wasserstein_distance(one, other, bandwidth):
    """|I - J|_1 <= (2 + 2 P / (√π σ)) W_1 for the weight persistence <= P: move one point u to v, |f(u) - f(v)| <= 2 |u - v|_max and
    |g_u - g_v|_1 <= √(2/π) |u - v|_2 / σ <= 2 / √π |u - v|_max / σ."""
    pi = PersistenceImage(24, bandwidth, range=(-2, 4)).fit([one])
    x, y = pi.transform([one, other])
    longest = max(np.ptp(d, axis=1).max(initial=0) for d in (one, other))
    bound = (2 + 2 * longest / (np.sqrt(np.pi) * bandwidth)) * wasserstein_distance(one, other, order=1, delta=1e-3)
    assert np.abs(x - y).sum() <= 1.001 * bound + 1e-9


@pytest.mark.parametrize("weight", ["persistence", "uniform", None, lambda b, p: p**2 * np.exp(-b)])
@pytest.mark.parametrize("kind", [PersistenceImage, DiagramHistogram])
def test_shares_of_the_pairs_add_up_to_the_score(kind, weight):
    d = ph.alpha_persistence(ph.sample("silica-melt"))[1]
    pi = kind(32, weight=weight, normalize="size")
    x = pi.fit_transform([d])[0]
    vector = np.random.default_rng(0).normal(size=len(x))
    shares = pi.pair_weights(vector, d)
    assert shares.shape == (len(d),)
    assert abs(shares.sum() - x @ vector) < 1e-10
    assert not shares[d.is_essential].any()
    assert d.is_essential.any()


def test_share_of_one_pair_is_the_score_of_a_diagram_of_that_pair():
    d = ph.alpha_persistence(ph.sample("silica-glass"))[2]
    pi = PersistenceImage(16).fit([d])
    vector = np.random.default_rng(1).normal(size=256)
    chosen = d.longest(7)
    alone = np.concatenate([pi.transform([chosen.subset([i])])[0] @ vector for i in chosen.pair_id], axis=None)
    assert np.allclose(pi.pair_weights(vector, chosen), alone, atol=1e-12)


def test_picture_lies_on_the_diagram():
    """The same orientation as Diagram.histogram: first axis birth."""
    d = ph.alpha_persistence(ph.sample("silica-glass"))[1]
    counts, births, deaths = d.histogram(40, range=d.range())
    h = DiagramHistogram(40, range=d.range())
    values, birth_edges, death_edges = h.to_histogram(h.fit_transform([d])[0])
    assert np.array_equal(values, counts)
    assert np.array_equal(birth_edges, births)
    assert np.array_equal(death_edges, deaths)
    pi = PersistenceImage(40, 1e-3, weight="uniform", range=d.range())
    smooth, _, _ = pi.to_histogram(pi.fit_transform([d])[0])
    assert np.abs(smooth - counts).max() < 20  # a hardly smoothed histogram: some pairs lie at the edge of a bin
    assert np.corrcoef(smooth.ravel(), counts.ravel())[0, 1] > 0.98


def test_histogram_counts_and_shares_agree_at_the_edges_of_bins():
    pairs = np.array([[0.0, 1.0], [0.0, 2.0], [1.0, 2.0], [2.0, 2.0], [0.5, 1.5]])
    h = DiagramHistogram(2, range=(0, 2))
    x = h.fit_transform([pairs])[0]
    assert x.tolist() == [0.0, 3.0, 0.0, 2.0]
    assert h.pair_weights(x, pairs).sum() == x @ x


def test_range_and_bandwidth_are_learned_from_all_diagrams():
    one, other = [[1.0, 2.0]], [[3.0, 6.0], [2.0, np.inf]]
    pi = PersistenceImage().fit([one, other])
    assert pi.bandwidth_ == pytest.approx(0.02 * 5)
    assert pi.range_ == (pytest.approx((0.7, 6.3)), pytest.approx((0.7, 6.3)))
    assert PersistenceImage(bandwidth=0.5).fit([one, other]).range_[0] == pytest.approx((-0.5, 7.5))
    assert PersistenceImage(range=(0, 10)).fit([one]).bandwidth_ == pytest.approx(0.2)


def test_empty_and_essential_diagrams_are_zero():
    pi = PersistenceImage(8).fit([[[0.0, 1.0]]])
    assert pi.transform([[], np.zeros((0, 2)), [[0.3, np.inf]], ph.Diagram.empty(1, "Å")]).tolist() == [[0.0] * 64] * 4
    nothing = PersistenceImage(8).fit([[]])
    assert nothing.transform([[[0.0, 1.0]]]).sum() == pytest.approx(1.0, abs=0.3)
    assert pi.transform([]).shape == (0, 64)


def test_superlevel_diagrams_are_mirror_images():
    pairs = points(3)
    up = PersistenceImage(16).fit([pairs])
    down = PersistenceImage(16, up.bandwidth_, range=up.range_).fit([pairs[:, ::-1]])
    x, y = up.transform([pairs])[0].reshape(16, 16), down.transform([pairs[:, ::-1]])[0].reshape(16, 16)
    assert np.allclose(x, y.T, atol=1e-12)
    with pytest.raises(ValueError, match="different filtrations"):
        PersistenceImage().fit([pairs, pairs[:, ::-1]])


def test_normalization_makes_a_supercell_equal_to_its_cell():
    s = ph.sample("cristobalite")
    twice = ph.Structure(
        np.concatenate([s.positions, s.positions + s.cell[0]]), list(s.species) * 2, cell=s.cell * np.array([[2.0], [1], [1]])
    )
    d, dd = (ph.alpha_persistence(x)[1].finite for x in (s, twice))
    for by in ("size", "volume"):
        x, y = PersistenceImage(16, normalize=by).fit_transform([d, dd])
        assert np.allclose(x, y, rtol=0.02, atol=0.02 * x.max())
    assert np.allclose(PersistenceImage(4, normalize="size").fit_transform([d]) * len(s), PersistenceImage(4).fit_transform([d]))


def test_diagrams_of_all_degrees_with_a_degree():
    many = [ph.alpha_persistence(ph.sample(name)) for name in ("silica-glass", "silica-melt")]
    x = PersistenceImage(8, degree=1).fit_transform(many)
    assert np.array_equal(x, PersistenceImage(8).fit_transform([dgms[1] for dgms in many]))


@pytest.mark.parametrize(
    ("make", "samples", "message"),
    [
        (PersistenceImage, [], "empty"),
        (PersistenceImage, ph.Diagram.empty(1, "Å"), r"write \[d\]"),
        (PersistenceImage, np.zeros((3, 2)), "not a numeric array"),
        (PersistenceImage, 7, "list of diagrams"),
        (PersistenceImage, [np.zeros((3, 3))], r"diagram 0.*shape \(3, 3\)"),
        (PersistenceImage, [["a", "b"]], "diagram 0"),
        (PersistenceImage, [[[np.nan, 1.0]]], "finite"),
        (PersistenceImage, [[[0.0, 1.0], [1.0, 0.0]]], "mixed"),
        (PersistenceImage, [ph.Diagram.empty(1, "Å"), ph.Diagram.empty(1, "Å²")], "different units"),
        (PersistenceImage, [ph.Diagram.empty(1, "Å"), ph.Diagram.empty(2, "Å")], "different degrees"),
        (lambda: PersistenceImage(0), [[[0, 1]]], "resolution"),
        (lambda: PersistenceImage((8, 8, 8)), [[[0, 1]]], "resolution"),
        (lambda: PersistenceImage(bandwidth=-1.0), [[[0, 1]]], "bandwidth"),
        (lambda: PersistenceImage(bandwidth=1e-9), [[[0, 1]]], "DiagramHistogram"),
        (lambda: PersistenceImage(weight="linear"), [[[0, 1]]], "weight"),
        (lambda: PersistenceImage(weight=lambda b, p: p / 0.0), [[[0, 1]]], "finite numbers"),
        (lambda: PersistenceImage(range=(1, 0)), [[[0, 1]]], "low < high"),
        (lambda: PersistenceImage(range="all"), [[[0, 1]]], "range"),
        (lambda: PersistenceImage(normalize="atoms"), [[[0, 1]]], "normalize"),
        (lambda: PersistenceImage(degree=1), [ph.Diagram.empty(2, "Å")], "degree 1 is needed"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_bad_input_is_refused(make, samples, message):
    with pytest.raises(ValueError, match=message):
        make().fit(samples)


def test_use_after_fit_is_checked():
    pi = PersistenceImage(4)
    with pytest.raises(NotFittedError):
        pi.transform([[[0.0, 1.0]]])
    with pytest.raises(NotFittedError):
        pi.to_histogram(np.zeros(16))
    d = ph.alpha_persistence(ph.sample("cristobalite"))[1]
    pi.fit([d])
    with pytest.raises(ValueError, match="unit"):
        pi.transform([ph.alpha_persistence(ph.sample("cristobalite"), values="squared")[1]])
    with pytest.raises(ValueError, match="16 numbers"):
        pi.to_histogram(np.zeros(15))
    with pytest.raises(ValueError, match="not finite"):
        pi.pair_weights(np.full(16, np.nan), d)
    with pytest.raises(ValueError, match="without its structure"):
        PersistenceImage(4, normalize="size").fit_transform([[[0.0, 1.0]]])
    cluster = ph.alpha_persistence(ph.Structure(ph.sample("cristobalite").positions))[1]
    with pytest.raises(ValueError, match="periodic in all directions"):
        PersistenceImage(4, normalize="volume").fit_transform([cluster])
