"""An image view in a notebook: what it shows, read back from the canvas, and the mouse on it."""

import base64
import zlib

import numpy as np
from labkit import SOFTWARE_GL, Notebook

SETUP = """
import base64, zlib, numpy as np, ipywidgets
from phwidgets.image import Image
from phwidgets.widgets.image_view import ImageView
rng = np.random.default_rng(0)
got, picks, regions = {}, [], []

def keep(answer, buffers):
    got["pixels"] = answer | {"data": base64.b64encode(zlib.compress(bytes(buffers[0]), 1)).decode()}

def view(image, **more):
    v = ImageView(image, **more)
    v.on_pick(lambda *event: picks.append(event))
    v.on_region(lambda voxels, passing: regions.append((voxels, passing)))
    return v
"""
TOP = ".phwidgets-image .phi-top"


def shared_notebook(chromium, lab):
    """One notebook for many tests, the body of a fixture: `started` shows another view in it."""
    page = chromium(SOFTWARE_GL).new_page(viewport={"width": 1200, "height": 900})
    nb = Notebook(page, lab, lab.new_file([SETUP, "v"], "image"))
    nb.run(0)
    yield nb
    page.close()


def started(nb, code):
    """Make a view ``v`` and display it in the place of the one before."""
    nb.errors.clear()
    nb.exec(f"picks.clear(); regions.clear(); {code}")
    nb.run(1)
    nb.until("v.ready.is_set()", 60)
    nb.page.locator(TOP).first.wait_for()
    settle(nb)
    assert nb.py("v._status.value") == ""
    return nb


def opened(notebook, code, *more):
    """A notebook of its own."""
    nb = notebook(SETUP + code, "v", *more)
    nb.run(0, 1)
    nb.until("v.ready.is_set()", 60)
    settle(nb)
    assert nb.py("v._status.value") == ""
    return nb


def settle(nb):
    """Wait until the canvas has drawn what it was sent; each copy acknowledges what was meant for all."""
    nb.until("v.counts['sent'] <= v.counts['acknowledged']")


class Shown:
    """What a panel shows, and where its voxels are."""

    def __init__(self, nb, panel=0, what="image"):
        settle(nb)
        nb.exec(f"got.clear(); v.request('pixels', keep, panel={panel}, what={what!r})")
        nb.until("'pixels' in got")
        answer = nb.py("got['pixels']")
        self.answer = answer
        data = np.frombuffer(zlib.decompress(base64.b64decode(answer["data"])), np.uint8)
        self.rgba = data.reshape(answer["height"], answer["width"], 4).astype(int)
        self.origin, self.scale = np.array(answer["origin"]), np.array(answer["scale"])
        self.ratio = answer["ratio"]

    def place(self, row, col):
        """(x, y) in CSS pixels of voxel coordinates; add 0.5 for the middle of a voxel."""
        y, x = (self.origin + self.scale * [row, col]) / self.ratio
        return float(x), float(y)

    def middles(self, shape):
        """(rows, cols, 3) colours in the middle of all voxels of a slice; -1 where a voxel is not on the canvas."""
        y, x = (np.floor(o + s * (np.arange(n) + 0.5)).astype(int) for o, s, n in zip(self.origin, self.scale, shape, strict=True))
        out = np.full((*shape, 3), -1)
        rows, cols = ((at >= 0) & (at < n) for at, n in zip((y, x), self.rgba.shape, strict=False))
        out[np.ix_(rows, cols)] = self.rgba[np.ix_(y[rows], x[cols])][..., :3]
        return out


def through(values, window, colormap="gray"):
    """Bytes of values in a colour map, as Matplotlib draws them."""
    from matplotlib import colormaps

    low, high = window
    return colormaps[colormap](np.clip((np.asarray(values, float) - low) / (high - low), 0, 1), bytes=True)[..., :3].astype(int)


def blended(base, color, opacity):
    return np.floor(base + (np.array(color) - base) * opacity + 0.5).astype(int)


def array(nb, expression):
    return np.array(nb.py(f"np.asarray({expression}).tolist()"))


def pointer(nb, panel=0):
    box = nb.locate(TOP, panel).bounding_box()
    return lambda place: (box["x"] + place[0], box["y"] + place[1])


def drag(nb, places, panel=0, hold=0):
    """Press, go through places (CSS pixels on the canvas), release."""
    at = pointer(nb, panel)
    nb.page.mouse.move(*at(places[0]))
    nb.page.mouse.down()
    for place in places[1:]:
        nb.page.mouse.move(*at(place), steps=3)
        nb.wait(40)
    nb.wait(hold)
    nb.page.mouse.up()
    nb.until("regions and not regions[-1][1]")


def inside(corners, shape):
    """Flat indices of the pixels whose centre lies inside a polygon, by brute force with the even-odd rule."""
    row, col = (np.indices(shape) + 0.5).reshape(2, -1)
    odd = np.zeros(row.size, bool)
    for (r0, c0), (r1, c1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if r0 != r1:
            odd ^= ((r0 <= row) != (r1 <= row)) & (col < c0 + (row - r0) / (r1 - r0) * (c1 - c0))
    return np.flatnonzero(odd)


def button(nb, name):
    return nb.page.locator(".phwidgets-image").get_by_role("button", name=name, exact=True).first
