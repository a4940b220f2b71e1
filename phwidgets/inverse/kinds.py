"""Sort shapes into kinds, by what they are made of and by their form, without being told what to look for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .arguments import checked_shapes
from .statistics import composition, in_space, table
from .volume import Volume

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)  # quantiles of distances that describe a form
LARGEST = 60  # atoms up to which all distances are compared; larger shapes are described by their widths
AXES = 3  # principal axes of the forms of one type that are looked at
MOST = 6  # forms of one type that are told apart
FEWEST = 5  # shapes for each form that is told apart
ALIKE = 0.1  # Å: forms whose distances differ by less are not told apart
EQUAL = 1e-6  # of the largest distance: forms as near to the middle as this are equal, and the first stands for them
FLAT, BENT, ROUND = 0.9, 0.7, 0.75  # planarity, planarity and ratio of widths, for the words in the names
NO_SHAPE, WINDING = "no shape", "winds around the cell"
MEANS = ("perimeter (Å)", "mean radius (Å)", "planarity", "enclosed volume (Å³)", "sphericity", "hull volume (Å³)")


class ShapeKinds(NamedTuple):
    """What ``group_shapes`` finds; ``table, labels = group_shapes(volumes)`` takes it apart.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per kind, the most frequent first, indexed by ``kind``: count, share, representative (the pair nearest to the middle
        of the kind, of equal ones the first), atoms, composition, sequence, and the means of the statistics of ``Volumes.to_frame``.
    labels : pandas.Series
        The kind of each volume, indexed by ``pair_id``, in the order given.
    """

    table: pd.DataFrame
    labels: pd.Series

    def _repr_html_(self) -> str:
        return str(self.table.to_html(float_format="{:.3g}".format))


def group_shapes(volumes: Sequence[Volume]) -> ShapeKinds:
    """Sort rings, cavities or components into kinds: first by what they are made of, then by their form.

    Parameters
    ----------
    volumes : Volumes

    Returns
    -------
    ShapeKinds
        ``table`` of the kinds and ``labels``, the kind of each volume. Kinds have names that say what they are, as
        "12-atom ring (O-Si)×6, puckered"; where several forms of one type would share a name they are numbered, the most frequent
        first. Volumes that failed and rings that run around the cell are kinds of their own: nothing is left out.

    Raises
    ------
    ValueError
        For what are no volumes of atoms.

    Notes
    -----
    Two shapes are of one type if the sequence of species around the ring is the same up to start and direction, or (cavities,
    components) the composition of the wall. The form is described by distances only, so that rotation, reflection, the start and the
    direction of a ring do not matter: for every two species and, in a ring, every separation along it, the quantiles 0, 1/4, 1/2, 3/4
    and 1 of the distances between atoms. The forms of one type, along the principal axes of their descriptors, are fitted by mixtures
    of 1 to 6 normal distributions (expectation maximisation, scikit-learn's ``GaussianMixture``); their number is that of the least
    integrated completed likelihood (Biernacki, Celeux and Govaert, IEEE Trans. Pattern Anal. Mach. Intell. 22, 719 (2000)), which
    splits what is well separated and does not split one broad distribution. Forms less than about 0.1 Å apart are one, and unless
    forms are exactly repeated, as in a crystal, there is one for every five shapes at most. Nothing is random: equal input gives
    equal kinds.

    Examples
    --------
    >>> import phwidgets as ph
    >>> from phwidgets.inverse.kinds import group_shapes
    >>> rings = ph.optimal_volumes(ph.alpha_persistence(ph.sample("cristobalite"))[1].finite)
    >>> kinds, label = group_shapes(rings)
    >>> kinds["count"].to_dict()
    {'12-atom ring (O-Si)×6, slightly puckered': 214}
    """
    volumes = checked_shapes(volumes)
    facts = table(volumes)
    types: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for i, v in enumerate(volumes):
        types[_type_of(v)].append(i)
    names: list[str] = [""] * len(volumes)
    middle: dict[str, int] = {}
    for kind, rows in types.items():
        if kind in ((NO_SHAPE,), (WINDING,)):
            for i in rows:
                names[i] = kind[0]
            middle[kind[0]] = rows[0]
            continue
        form = describe_forms([volumes[i] for i in rows])
        label = split_forms(form)
        parts = [np.flatnonzero(label == k) for k in np.argsort(-np.bincount(label), kind="stable")]
        called = [_name(volumes[rows[part[0]]], facts.iloc[[rows[i] for i in part]], [volumes[rows[i]] for i in part]) for part in parts]
        for part, name in zip(parts, _numbered(called), strict=True):
            away = np.linalg.norm(form[part] - np.median(form[part], axis=0), axis=1)
            middle[name] = rows[part[int(np.argmax(away <= away.min() + EQUAL * np.abs(form[part]).max()))]]
            for i in part:
                names[rows[i]] = name
    return _summary(names, middle, facts)


def _type_of(v: Volume) -> tuple[Any, ...]:
    if v.problem:
        return (NO_SHAPE,)
    if v.winds:
        return (WINDING,)
    return (v.degree, v.sequence) if len(v.loop) else (v.degree, len(v.points), composition(v.symbols))


def describe_forms(volumes: Sequence[Volume]) -> Array:
    """Descriptors (n, m) in Å of shapes of one type: the same for a shape that is turned, mirrored or begun elsewhere."""
    first = volumes[0]
    n, ring = len(first.points), len(first.loop) > 0
    if n < 2:
        return np.zeros((len(volumes), 1))
    orders = [_canonical(v) for v in volumes]
    points = in_space([v.points[order] for v, order in zip(volumes, orders, strict=True)]).reshape(len(volumes), n, 3)
    if n > LARGEST:
        centred = points - points.mean(axis=1, keepdims=True)
        return np.asarray(np.linalg.svd(centred, compute_uv=False) / np.sqrt(n))
    species = first.symbols[orders[0]]
    i, j = np.triu_indices(n, 1)
    distance = np.linalg.norm(points[:, i] - points[:, j], axis=2)
    apart = np.minimum(j - i, n - (j - i)) if ring else np.zeros(len(i), int)
    number = np.unique(species, return_inverse=True)[1]
    low, high = np.minimum(number[i], number[j]).tolist(), np.maximum(number[i], number[j]).tolist()
    classes: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for k, name in enumerate(zip(apart.tolist(), low, high, strict=True)):
        classes[name].append(k)
    return np.concatenate([np.quantile(distance[:, columns], LEVELS, axis=1).T for columns in classes.values()], axis=1)


def _canonical(v: Volume) -> Array:
    """An order of the atoms in which all volumes of one type have the same species at the same places."""
    if not len(v.loop):
        return np.argsort(v.symbols, kind="stable")
    names, n = v.symbols.tolist(), len(v.symbols)
    turns = [np.roll(direction, -i) for direction in (np.arange(n), np.arange(n)[::-1]) for i in range(n)]
    return np.asarray(min(turns, key=lambda turn: [names[k] for k in turn]))


def split_forms(form: Array) -> Array:
    """Label (n,) of every descriptor (n, m): which of the well separated groups among them it belongs to."""
    from sklearn.mixture import GaussianMixture

    n = len(form)
    centred = form - form.mean(axis=0)
    if n < 2 or np.abs(centred).max() < ALIKE:
        return np.zeros(n, np.int64)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:AXES]
    # an axis is as long as the typical change of one distance, whatever the number of distances
    place = centred @ axes.T / np.sqrt(form.shape[1])
    # either they fall together in a few points, as in a crystal, or a form has to have some members before it is one
    different = len(np.unique(np.rint(place / ALIKE), axis=0))
    most = different if 2 * different <= n else n // FEWEST
    best: Array = np.zeros(n, np.int64)
    least = np.inf
    for k in range(1, min(MOST, max(most, 1)) + 1):
        model = GaussianMixture(k, covariance_type="diag", reg_covar=(ALIKE / 2) ** 2, n_init=3, random_state=0).fit(place)
        share = model.predict_proba(place)
        doubt = -2 * float(np.sum(share * np.log(np.maximum(share, 1e-300))))
        if model.bic(place) + 2 * doubt < least - 1e-6:
            best, least = np.asarray(model.predict(place), np.int64), model.bic(place) + 2 * doubt
    return np.asarray(np.unique(best, return_inverse=True)[1]).ravel()


def _name(example: Volume, facts: pd.DataFrame, members: Sequence[Volume]) -> str:
    n, made_of = len(example.points), composition(example.symbols)
    if example.degree == 0:
        return "single atom " + made_of[:-1] if n == 1 else f"component of {n} atoms, {made_of}"
    planarity = float(facts["planarity"].mean())
    widths = np.array([np.linalg.svd(v.points - v.points.mean(axis=0), compute_uv=False) for v in members]).mean(axis=0)
    if len(example.loop):
        flat = "" if len(widths) < 3 or n < 4 else "flat" if planarity > FLAT else "slightly puckered" if planarity > BENT else "puckered"
        words = [f"{n}-atom ring {repeated(example.sequence)}", flat, "" if widths[1] > ROUND * widths[0] else "elongated"]
        return ", ".join(word for word in words if word)
    known = {4: "tetrahedral cavity", 6: "octahedral cavity"}
    evenly = widths[2] > ROUND * widths[0] and all(len(v.faces) == 2 * n - 4 for v in members)
    if n in known and evenly:
        return f"{known[n]}, {made_of}"
    word = "round" if widths[2] > ROUND * widths[0] else "oblong"
    return f"{n}-atom cavity {made_of}, {word}"


def repeated(sequence: str) -> str:
    """A sequence of species by its shortest repeating part: "(O-Si)×6"."""
    names = sequence.split("-")
    n = len(names)
    period = next(p for p in range(1, n + 1) if n % p == 0 and names == names[:p] * (n // p))
    return f"({'-'.join(names[:period])})×{n // period}"


def _numbered(names: list[str]) -> list[str]:
    seen: dict[str, int] = defaultdict(int)
    out = []
    for name in names:
        seen[name] += 1
        out.append(f"{name} ({seen[name]})" if names.count(name) > 1 else name)
    return out


def _summary(names: list[str], middle: dict[str, int], facts: pd.DataFrame) -> ShapeKinds:
    import pandas as pd

    labels = pd.Series(names, index=facts.index, name="kind", dtype=object)
    lifetime = next(column for column in facts.columns if column.startswith("lifetime"))
    order = sorted(middle, key=lambda name: (-names.count(name), name))
    rows = []
    for name in order:
        part, chosen = facts[(labels == name).to_numpy()], facts.iloc[middle[name]]
        same = name not in (NO_SHAPE, WINDING)
        about: dict[str, Any] = {"count": len(part), "share": len(part) / len(facts), "representative": int(facts.index[middle[name]])}
        about |= {column: chosen[column] if same else None for column in ("atoms", "composition", "sequence")}
        about |= {f"mean {column.removeprefix('mean ')}": part[column].mean() for column in (*MEANS, lifetime)}
        rows.append(about)
    columns = ["count", "share", "representative", "atoms", "composition", "sequence"]
    columns += [f"mean {column.removeprefix('mean ')}" for column in (*MEANS, lifetime)]
    return ShapeKinds(pd.DataFrame(rows, columns=columns, index=pd.Index(order, name="kind")), labels)
