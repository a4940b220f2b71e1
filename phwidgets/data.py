"""sample(): bundled and downloadable example data.

The silica samples and two images come with the package. Everything else was measured or simulated by other people and is known by
address, size and SHA-256 (``samples/registry.toml``); it is taken from a local folder where there is one, and downloaded once where there
is none.
"""

from __future__ import annotations

import difflib
import hashlib
import io
import os
import tomllib
import zipfile
from dataclasses import replace
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from phwidgets.image import Image
from phwidgets.readers import read_structure
from phwidgets.readers.images import read_image
from phwidgets.readers.trajectory import Trajectory, read_trajectory
from phwidgets.structure import Structure

if TYPE_CHECKING:
    import pandas as pd

_BUNDLED = resources.files("phwidgets") / "samples"
_CHECKOUT = Path(__file__).resolve().parents[1]


def sample(name: str) -> Structure | Image | Trajectory:
    """Return one of the example structures, images or trajectories.

    Parameters
    ----------
    name : str
        ``"silica-glass"``, ``"silica-melt"``, ``"cristobalite"``, ``"silica-quench"``, ``"aromatic-liquid"``, ``"two-phase-micrograph"``
        or ``"porous-glass"``, which come with the package, or the name of data that are found locally or downloaded once, such as
        ``"glass/a_SiO2_speed1e11K.xyz"`` or ``"porous/berea_200.zip"``. `samples` lists them. Of an image in colour the red channel is
        returned.

    Returns
    -------
    Structure, Image or Trajectory

    Raises
    ------
    ValueError
        For an unknown name, a file whose content is not the registered one, or a failed download; and for the sets of images of the
        showcases (``"micrographs"``, ``"porous-media"``, ``"silica-tem"``), which ``numpy.load(sample_path(name))`` reads.

    Notes
    -----
    ``notebooks/make_data/make_silica.py`` makes the three silica samples, 648 atoms each: ideal beta-cristobalite is molten, equilibrated
    at 4000 K (the melt), cooled to 300 K within 0.9 ns and relaxed to the minimum of the potential energy (the glass) [1]_. The rate is
    1e13 K/s, and 1.3e12 K/s from 2600 to 1800 K, where the network freezes: many orders of magnitude faster than in a furnace.
    ``notebooks/make_data/check_silica.py`` prints the first two columns of this table (bonds up to 2.4 Å; distances are maxima of the first
    peaks of the pair distributions):

    ======================  ============  ===========  ==================
    quantity                silica-glass  silica-melt  measured for glass
    ======================  ============  ===========  ==================
    density (g/cm3)         2.231         2.200        2.20
    Si with four O (%)      97.7          70.8         100
    O with two Si (%)       98.4          84.5         100
    mean neighbours of O    1.988         1.859        2
    Si-O (Å)                1.61          1.59         1.61
    O-O (Å)                 2.62          2.66         2.63
    Si-Si (Å)               3.09          3.12         3.08
    O-Si-O (°)              109.6         110.2        109.5
    Si-O-Si (°)             148.4         141.7        144 to 148
    ======================  ============  ===========  ==================

    The literature values are those of X-ray [2]_ and neutron diffraction [3]_ [4]_. Five silicon atoms of the glass lack one oxygen
    neighbour, which is what so fast a quench leaves behind.

    ``notebooks/make_data/make_quench.py`` makes the quench: the melt again, cooled at constant volume from 4000 to 2600 K in 60 ps, to
    1800 K in 360 ps and to 300 K in 80 ps, a frame each 20 ps. ``facts(i)`` of a frame are ``time_ps`` and ``temperature_K``, to which the
    thermostat was set.

    ``notebooks/make_data/make_images.py`` makes the two images: a mixture of two substances separates in a simulation and is then seen with
    blur and noise. The micrograph has bright particles in a dark matrix, 256 × 256 samples of 2 nm; the porous glass is a volume of
    64 × 64 × 64 samples of 5 nm, pores dark.

    ``notebooks/make_data/make_liquid.py`` makes the liquid: 70 molecules of benzene and 40 of naphthalene at 380 K, one atom for each CH.

    References
    ----------
    .. [1] A. Nakano, R. K. Kalia, P. Vashishta, J. Non-Cryst. Solids 171, 157 (1994), the potential.
    .. [2] R. L. Mozzi, B. E. Warren, J. Appl. Cryst. 2, 164 (1969), X-ray diffraction.
    .. [3] D. I. Grimley, A. C. Wright, R. N. Sinclair, J. Non-Cryst. Solids 119, 49 (1990), neutron diffraction.
    .. [4] P. A. V. Johnson, A. C. Wright, R. N. Sinclair, J. Non-Cryst. Solids 58, 109 (1983), neutron diffraction.

    Examples
    --------
    >>> sample("cristobalite")
    Structure(O432Si216, periodic, 648 atoms)
    >>> sample("two-phase-micrograph")
    Image(two-phase-micrograph: 256 × 256 uint8, spacing 2 nm)
    """
    entry = _entry(name)
    if "set" in entry:
        raise ValueError(f"{name!r} is a set of arrays ({entry['what']}): numpy.load(phwidgets.sample_path({name!r})) reads it")
    if "atoms" not in entry:
        return _image(name, entry)
    if "frames" in entry:
        bundled = _bundled(name, entry)
        return read_trajectory({"name": bundled.name, "content": bundled.read_bytes()}, format="extxyz")
    if "path" not in entry:
        return read_structure(_bundled(name, entry).read_bytes(), format="extxyz")
    return read_structure(sample_path(name))


def sample_path(name: str) -> Path:
    """Return a local file with an example, downloading it when it is not there yet.

    A file is looked for in the folder ``$PHWIDGETS_DATA``, then, when the package runs from a checkout, in ``../shared/data`` beside it,
    and then in pooch's cache, which is filled from GitHub.

    Parameters
    ----------
    name : str
        A name that `samples` lists.

    Returns
    -------
    pathlib.Path
        A file with the registered SHA-256.

    Raises
    ------
    ValueError
        For an unknown name, for a local file with other content, or when the download fails.
    """
    entry = _entry(name)
    if "path" not in entry:
        bundled = _bundled(name, entry)
        if isinstance(bundled, Path):
            return bundled
        raise ValueError(f"{name!r} is inside an archive and has no path; sample({name!r}) reads it")
    for folder in _folders():
        path = folder / name
        if path.is_file():
            _check(path, entry)
            return path
    return _downloaded(name, entry)


def samples() -> pd.DataFrame:
    """Return a table of the example data.

    Returns
    -------
    pandas.DataFrame
        Index ``name``; columns ``what``, ``atoms`` (number, missing for images), ``kind`` (``"bundled"`` or ``"download"``), ``source``,
        ``licence``, ``size`` (bytes).
    """
    import pandas as pd

    sources = _registry()["sources"]
    rows = []
    for name, entry in _registry()["files"].items():
        source = sources[entry["source"]]
        bundled = "path" not in entry
        rows.append(
            {
                "name": name,
                "what": entry["what"],
                "atoms": entry.get("atoms"),
                "kind": "bundled" if bundled else "download",
                "source": source["credit"] if bundled else f"github.com/{source['repository']}",
                "licence": source["licence"],
                "size": len(_bundled(name, entry).read_bytes()) if bundled else entry["size"],
            }
        )
    return pd.DataFrame(rows).astype({"atoms": "Int64"}).set_index("name")


@cache
def _registry() -> dict[str, Any]:
    return tomllib.loads((_BUNDLED / "registry.toml").read_text(encoding="utf-8"))


def _entry(name: str) -> dict[str, Any]:
    files: dict[str, dict[str, Any]] = _registry()["files"]
    if isinstance(name, str) and name in files:
        return files[name]
    text = str(name)
    near = (
        difflib.get_close_matches(text, files, n=3, cutoff=0.4) or [known for known in files if text and text.lower() in known.lower()][:3]
    )
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "phwidgets.samples() lists them."
    raise ValueError(f"there is no sample {text[:80]!r}; {hint}")


def _bundled(name: str, entry: dict[str, Any]) -> Traversable:
    return _BUNDLED / str(entry.get("file", f"{name}.xyz"))


def _image(name: str, entry: dict[str, Any]) -> Image:
    content = (sample_path(name) if "path" in entry else _bundled(name, entry)).read_bytes()
    if "member" in entry:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read(entry["member"])
    image = read_image(content, **entry.get("read", {}))
    return replace(image, name=Path(name).stem)


def _folders() -> list[Path]:
    """Return the local data folders, in the order of search."""
    given = os.environ.get("PHWIDGETS_DATA")
    folders = [Path(given).expanduser()] if given else []
    if (_CHECKOUT / "pyproject.toml").is_file():
        folders.append(_CHECKOUT.parent / "shared" / "data")
    return folders


def _check(path: Path, entry: dict[str, Any]) -> None:
    size = path.stat().st_size
    if size == entry["size"]:
        with path.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() == entry["sha256"]:
                return
    advice = "it was changed or is another version; remove it to have it downloaded again"
    raise ValueError(
        f"{str(path)!r} is not the registered file (its {size} bytes do not have the SHA-256 {entry['sha256'][:12]}...): {advice}"
    )


def _urls(entry: dict[str, Any]) -> list[str]:
    source = _registry()["sources"][entry["source"]]
    return [f"https://raw.githubusercontent.com/{source['repository']}/{ref}/{quote(entry['path'])}" for ref in source["ref"]]


def _downloaded(name: str, entry: dict[str, Any]) -> Path:
    import pooch

    target = Path(pooch.os_cache("phwidgets")) / name
    failures = []
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")  # it would announce each attempt in red below the cell, those that fail too
    try:
        for url in _urls(entry):
            try:
                return Path(
                    pooch.retrieve(url, known_hash=f"sha256:{entry['sha256']}", fname=target.name, path=target.parent, progressbar=False)
                )
            except (OSError, ValueError) as error:  # requests' errors are OSErrors; pooch raises ValueError when the hash differs
                failures.append(f"{url}: {str(error)[:200]}")
    finally:
        logger.setLevel(level)
    advice = "without a network, put the file into a folder and name that folder in the environment variable PHWIDGETS_DATA"
    raise ValueError(f"could not download {name!r} ({'; '.join(failures)}); {advice}, as {name!r}")
