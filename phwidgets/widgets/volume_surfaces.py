"""Surfaces of regions of a volume, in three dimensions."""

import base64

import ipywidgets
import numpy as np

from phwidgets.image import as_image
from phwidgets.structure import Structure
from phwidgets.widgets.image_samples import as_mask
from phwidgets.widgets.structure_geometry import cell_edges, rgb
from phwidgets.widgets.structure_view import StructureView
from phwidgets.widgets.surface_picture import surface_picture

TRIANGLES = 200_000  # of one surface; what would have more is drawn coarser
_EDGE = 100.0  # length of the longest edge of the box as it is drawn, so that no unit is too large or too small for the camera
_AXES = (("plane", "#0072b2"), ("row", "#009e73"), ("column", "#d55e00"))


class SurfaceView(ipywidgets.VBox):
    """A volume as a box with surfaces of some of its regions in it.

    Drawn with nglview, like the atoms: its layers of raw triangles are fast enough for some hundred thousand, it is installed already,
    works offline, and turns and zooms as the user knows it from the atoms. A second 3D library (K3D, PyVista with trame, ipyvolume)
    would bring its own front end and its own ways to fail; VTK alone is larger than everything else together. Voxel (0, 0, 0) is at the
    upper left in front, columns run to the right, rows down and planes away from the viewer, as in the slices.

    A page holds about 16 WebGL contexts. Nothing of 3D is made before `show` is called; one view is used for all images. Where the browser
    has no WebGL, or no 3D view starts, a still picture and a sentence stand in its place; the picture follows what is drawn.

    Parameters
    ----------
    image : Image or (planes, rows, cols) array, optional
        Shown at once; otherwise call `show`.
    height : str
        CSS height.
    words : Words, optional
        What is said under the view, and in which language.

    Examples
    --------
    >>> ball = np.linalg.norm(np.indices((20, 20, 20)) - 10, axis=0) < 6
    >>> view = SurfaceView(ball)
    >>> view.surface("ball", ball)
    >>> view
    SurfaceView(20 × 20 × 20, 1 surface)
    """

    def __init__(self, image=None, *, height="420px", words=None):
        self.image, self.view = None, None
        self._height, self._words = height, words
        self._surfaces = {}  # triangles, colour and opacity by name
        self._notes = {}
        self._note = ipywidgets.Label()
        super().__init__([])
        self.add_class("phwidgets-surfaces")
        if image is not None:
            self.show(image)

    def __repr__(self):
        if self.image is None:
            return "SurfaceView()"
        count = len(self._surfaces)
        return f"SurfaceView({' × '.join(map(str, self.image.shape))}, {count} surface{'s' if count != 1 else ''})"

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle and self.image is not None:
            bundle["image/png"] = base64.b64encode(self.picture()).decode("ascii")  # what a reader without kernel or widgets sees
        return bundle

    def show(self, image):
        """Show the box of another volume; surfaces of the former one are dropped.

        Raises
        ------
        ValueError
            For a two-dimensional image.
        """
        image = as_image(image)
        if image.ndim != 3:
            raise ValueError(f"Surfaces need a volume (planes, rows, cols), not a two-dimensional image of shape {image.shape}.")
        self.image = image
        size = np.array(image.shape) * image.spacing
        self._scale = _EDGE / size.max()
        self._box = in_box(np.array([[0.0, 0, 0], image.shape]), image.spacing) * self._scale
        if self.view is None:
            self.view = _Box(self._box, height=self._height, words=self._words, fallback=self.picture)
            self.children = [self.view, self._note]
        else:
            for name in list(self._surfaces):
                self.surface(name, None)
            self.view.frame(self._box)
            self.view.renew_picture()

    def surface(self, name, mask, color="#cc79a7", opacity=0.6):
        """Draw the surface of a region.

        Parameters
        ----------
        name : str
            Several surfaces can be shown at once under different names.
        mask : array or None
            Bool array of the volume's shape, or flat indices in C order; None removes the surface of this name.
        color : str
        opacity : float
            From 0 to 1.
        """
        if self.image is None:
            raise ValueError("Show a volume first: view.show(image).")
        if not 0 <= opacity <= 1:
            raise ValueError(f"opacity is a number from 0 to 1, not {opacity!r}")
        color = rgb(color)
        triangles, factor = np.zeros((0, 3, 3)), 1
        if mask is not None:
            triangles, factor = surface_triangles(as_mask(mask, self.image.shape), self.image.spacing)
        layer = f"surface:{name}"
        if len(triangles):
            self._surfaces[name] = triangles * self._scale, color, opacity
            self.view.draw_triangles(layer, *self._surfaces[name])
        elif self._surfaces.pop(name, None) is not None:
            self.view.clear(layer)
        self.view.renew_picture()
        self._notes[name] = f"{name}: drawn in steps of {factor} voxels." if factor > 1 else ""
        self._note.value = " ".join(filter(None, self._notes.values()))

    def picture(self):
        """PNG of the box and its surfaces, made without a browser; raises ValueError before there is a volume."""
        if self.image is None:
            raise ValueError("Show a volume first: view.show(image).")
        return surface_picture(self._box, _AXES, list(self._surfaces.values()))


class _Box(StructureView):
    """The 3D view of an empty box. Its corners are what nglview takes for atoms; they set the camera and are not drawn."""

    no_webgl = "no webgl, surfaces"

    def __init__(self, box, **more):
        super().__init__(Structure(_corners(box)), **more)
        self.frame(box)

    def paint(self, colors=None, *, sync=False):
        """Draw no atoms."""

    def frame(self, box):
        """Draw the edges of a box (2, 3), its first and last corner, with the directions of the axes, and look at it."""
        self._x = _corners(box)
        self.reset_camera()
        first, last = box
        edges = cell_edges(np.diag(last - first)) + first
        self.draw_segments("box", edges, "#555555", 0.25)
        planes, rows, cols = (np.zeros(3) for _ in range(3))
        planes[2], rows[1], cols[0] = (last - first)[::-1]
        start = np.broadcast_to(first, (3, 3))
        ends = first + 0.2 * _EDGE * np.array([v / np.linalg.norm(v) for v in (planes, rows, cols)])
        colors = rgb([color for _, color in _AXES])
        self._put("directions", "cylinder", {"position1": start, "position2": ends}, color=colors, radius=0.6)
        label = {"fixedSize": True, "attachment": "middle-center"}
        aside = 0.06 * _EDGE * np.array([[-2, 0, 0], [-1, 0, 0], [0, 1, 0]])  # not on the edges
        places = first + 1.1 * (ends - first) + aside
        names = [name for name, _ in _AXES]
        self._put("directions/labels", "text", {"position": places}, color=colors, text=names, size=1.6, parameters=label)


def _corners(box):
    return np.array(np.meshgrid(*np.asarray(box).T, indexing="ij")).reshape(3, -1).T


def in_box(voxels, spacing):
    """(n, 3) coordinates x, y, z of voxel coordinates (plane, row, col): columns to the right, rows down, planes away from the viewer."""
    plane, row, col = (np.asarray(voxels, float) * spacing).T
    return np.column_stack([col, -row, -plane])


def surface_triangles(mask, spacing=(1.0, 1.0, 1.0), most=TRIANGLES):
    """Triangles around a region by marching cubes (Lewiner et al., Journal of Graphics Tools 8 (2003) 1).

    Parameters
    ----------
    mask : (planes, rows, cols) bool array
        Voxel (i, j, k) fills the box from (i, j, k) to (i + 1, j + 1, k + 1).
    spacing : (3,) floats
    most : int
        A region with about more triangles than this is first made coarser: blocks of 2³, 4³, ... voxels belong to it if any voxel does,
        so that nothing vanishes.

    Returns
    -------
    triangles : (m, 3, 3) array
        x, y, z of their corners, see `in_box`.
    factor : int
        Edge of the blocks in voxels, 1 if nothing was made coarser.
    """
    from skimage.measure import marching_cubes

    where = [np.flatnonzero(mask.any(axis=tuple(k for k in range(3) if k != axis))) for axis in range(3)]
    if not len(where[0]):
        return np.zeros((0, 3, 3)), 1
    first = np.array([w[0] for w in where])
    region = np.pad(mask[tuple(slice(w[0], w[-1] + 1) for w in where)], 1)
    factor = 1
    while _triangle_estimate(region) > most:
        region = np.pad(_coarser(region[1:-1, 1:-1, 1:-1]), 1)
        factor *= 2
    corners, faces, _, _ = marching_cubes(region.view(np.uint8), 0.5)
    # sample k of the padded region is the middle of block k - 1
    voxels = first + factor * (corners.astype(float) - 0.5)
    return in_box(voxels, spacing)[faces], factor


def _triangle_estimate(region):
    """Two triangles for each face between a voxel of the region and one outside."""
    return 2 * sum(int((region.take(range(1, n), axis) != region.take(range(n - 1), axis)).sum()) for axis, n in enumerate(region.shape))


def _coarser(region):
    even = np.pad(region, [(0, n % 2) for n in region.shape])
    planes, rows, cols = (n // 2 for n in even.shape)
    return even.reshape(planes, 2, rows, 2, cols, 2).any(axis=(1, 3, 5))
