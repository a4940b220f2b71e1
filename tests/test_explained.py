"""A model in the explorer: its weights on each diagram, the shares of all degrees on the atoms, and the same in the still picture."""

import io

import numpy as np
import pytest
from matplotlib.image import imread
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline, make_union

import phwidgets as ph
from phwidgets.widgets.atom_side import diverging
from phwidgets.widgets.weights import saturation


@pytest.fixture(scope="module")
def many():
    return [ph.alpha_persistence(ph.sample(name)) for name in ("silica-glass", "silica-melt", "cristobalite")]


@pytest.fixture(scope="module")
def model(many):
    parts = [ph.PersistenceImage(12, degree=k) for k in (0, 1, 2)]
    return make_pipeline(make_union(*parts), Ridge()).fit(many, [0.0, 1.0, -1.0])


def pixels(png):
    return imread(io.BytesIO(png))[..., :3]


def share_of(picture, color):
    """Pixels of the right half that have a colour."""
    half = picture[:, picture.shape[1] // 2 :]
    return float((np.abs(half - np.array(color)).max(axis=2) < 0.06).mean())


def test_each_diagram_has_its_weights_and_the_atoms_have_all_shares(many, model):
    ex = ph.explore(many[0], degree=1)
    weighed, painted = [], []
    ex.diagram_view.weigh = lambda histogram, label=None: weighed.append(histogram)
    ex.structure_view.paint = painted.append
    e = ex.explain(model)
    assert e.score == pytest.approx(model.predict(many[:1])[0])
    expected = diverging(e.atoms, saturation(e.atoms))
    union, vector = model[0], model[-1].coef_
    for degree in (1, 0, 2):
        ex.select(pairs=[0], degree=degree)
        part = union.transformer_list[degree][1]
        assert np.allclose(weighed[-1][0], part.to_histogram(vector[144 * degree : 144 * (degree + 1)])[0])
        assert np.allclose(painted[-1], expected)
    ex.select(pairs=[0], degree=3)  # the model knows nothing of it
    assert weighed[-1] is painted[-1] is None
    ex.explain()
    assert weighed[-1] is painted[-1] is None


def test_the_picture_shows_the_colours_that_are_painted(many, model):
    ex = ph.explore(many[0], degree=1)
    red = (0.9, 0.05, 0.05)  # oxygen, in the usual colours of the elements
    plain = pixels(ex.picture())
    e = ex.explain(model)
    explained = pixels(ex.picture())
    assert plain.shape == explained.shape
    left = slice(None, plain.shape[1] // 2)
    assert np.abs(plain[:, left] - explained[:, left]).mean() > 0.01  # weights in place of the histogram
    assert share_of(plain, red) > 5 * share_of(explained, red)
    assert abs(e.atoms).max() > 0
    ex.explain()
    assert np.array_equal(pixels(ex.picture()), plain)


def test_the_picture_of_an_image_shows_the_heat_map_and_the_weights():
    x = np.random.default_rng(0).random((24, 24))
    dgms = ph.cubical_persistence(ph.Image(x))
    pi = ph.PersistenceImage(8).fit([dgms[1]])
    ex = ph.explore(dgms, degree=1)
    plain = pixels(ex.picture())
    ex.explain(np.ones(64), pi)
    explained = pixels(ex.picture())
    half = plain.shape[1] // 2
    assert np.abs(plain[:, :half] - explained[:, :half]).mean() > 0.01
    assert np.abs(plain[:, half:] - explained[:, half:]).mean() > 0.01


def test_a_vector_without_its_descriptor_is_refused(many):
    with pytest.raises(ValueError, match="which descriptor"):
        ph.explore(many[0]).explain(np.zeros(5))
