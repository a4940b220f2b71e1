"""What a user hands to a layer, checked, and made into a message with binary buffers."""

import numpy as np

from phwidgets.widgets.structure_geometry import in_space, rgb


def layer_message(layer, kind, arrays, *, color, role=None, parameters=None, text=None, hide=None, now=False, sync=False, **constants):
    """Content and buffers that describe a layer as a whole.

    Parameters
    ----------
    layer : str
        Its name.
    kind : str
        ``"sphere"``, ``"cylinder"``, ``"cone"``, ``"mesh"`` or ``"text"``.
    arrays : dict of array
        One row for each item: ``position`` or ``position1`` and ``position2``, ``radius``, and ``atoms``, the atom that a click on the
        item means.
    color : str or array
        One colour, or one for each item.
    role : str, optional
        ``"base"`` turns pale while anything with the role ``"emphasis"`` is shown.
    parameters : dict, optional
        NGL's own: opacity, side.
    text : list of str, optional
        Labels of kind ``"text"``.
    hide : list of str, optional
        Layers to leave out from now on, until another message says otherwise.
    now : bool
        Draw a frame at once, whatever else is on its way.
    sync : bool
        Acknowledge only after a frame was really drawn.
    **constants : float
        Values common to all items: ``radius``, ``size``.

    Returns
    -------
    dict, list of bytes
    """
    color = rgb(color)
    if color.ndim == 1:
        constants["color"] = color.tolist()
    else:
        count = len(next(iter(arrays.values())))
        if len(color) != count:
            raise ValueError(f"{len(color)} colours were given for {count} items of layer {layer!r}; give one, or one for each.")
        arrays = {**arrays, "color": color}
    buffers = [np.ascontiguousarray(a, np.uint32 if key == "atoms" else np.float32).tobytes() for key, a in arrays.items()]
    content = {"op": "put", "layer": layer, "kind": kind, "keys": list(arrays), "constants": constants, "role": role}
    return content | {"parameters": parameters or {}, "text": text, "hide": hide, "now": now, "sync": sync}, buffers


def atom_indices(atoms, n):
    """Return atoms as an array of indices in the order given, from indices or from a mask of ``n`` bools."""
    index = np.asarray(atoms)
    if index.dtype == bool:
        if index.shape != (n,):
            raise ValueError(f"A mask of atoms has one bool for each of the {n} atoms, not shape {index.shape}.")
        return np.flatnonzero(index)
    if index.size == 0:
        return np.zeros(0, int)
    if index.dtype.kind not in "iu" or index.ndim != 1 or index.min() < 0 or index.max() >= n:
        raise ValueError(f"Atoms are given by their indices, whole numbers from 0 to {n - 1}.")
    return index


def corners(array, k):
    """Coordinates (m, d) for ``k`` = 1 or (m, k, d) as (m, k, 3) float64; d is 2 or 3."""
    array = np.asarray(array, float)
    if array.size == 0:
        return np.zeros((0, k, 3))
    if k == 1 and array.ndim == 2:
        array = array[:, None]
    if array.ndim != 3 or array.shape[1] != k or array.shape[2] not in (2, 3):
        wanted = "(m, d)" if k == 1 else f"(m, {k}, d)"
        raise ValueError(f"Coordinates must have shape {wanted} with d = 2 or 3, not {array.shape}.")
    if not np.isfinite(array).all():
        raise ValueError("Coordinates must be finite numbers.")
    return in_space(array)
