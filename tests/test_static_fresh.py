"""The JavaScript in phwidgets/static is the one that js/src describes."""

import hashlib
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[1]
JS = ROOT / "js"
STATIC = ROOT / "phwidgets" / "static"
BUNDLES = ("structure_view.js", "structure_probe.js", "image_view.js")


def test_bundles_carry_the_hash_of_their_sources():
    digest = hashlib.sha256()
    for name in [*sorted(f"src/{path.name}" for path in (JS / "src").iterdir()), "build.mjs", "package.json", "package-lock.json"]:
        digest.update(name.encode() + b"\0" + (JS / name).read_bytes() + b"\0")
    for bundle in BUNDLES:
        first = (STATIC / bundle).read_text(encoding="utf-8").splitlines()[0]
        assert digest.hexdigest() in first, f"{bundle} is not built from js/src as it is now: run npm ci && npm run build in js/"


def test_bundles_load_nothing_from_elsewhere():
    for bundle in BUNDLES:
        text = (STATIC / bundle).read_text(encoding="utf-8")
        assert not [word for word in ("http://", "https://", "import(", "fetch(", "eval(", "new Function") if word in text]


def test_rebuilding_gives_the_same_bytes(tmp_path):
    if not (JS / "node_modules").is_dir() or shutil.which("npm") is None:
        if os.environ.get("CI", "").lower() in ("1", "true") and shutil.which("npm"):
            subprocess.run(["npm", "ci"], cwd=JS, check=True, timeout=600)
        else:
            pytest.skip("npm or js/node_modules is missing")
    subprocess.run(["node", "build.mjs", str(tmp_path)], cwd=JS, check=True, timeout=120)
    for bundle in BUNDLES:
        assert (tmp_path / bundle).read_bytes() == (STATIC / bundle).read_bytes(), bundle
