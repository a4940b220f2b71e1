"""Make the Japanese notebooks: ``python -m tests.translate_notebooks [--reviewed] [number ...]``.

The code is written once, in ``notebooks/NN_name.ipynb``. The Japanese prose stands in ``notebooks/ja/NN_name.md``, one part for every
markdown cell of the English notebook, each headed by a line ``<!-- cell-id fingerprint -->`` with the fingerprint of the English text that
it translates. From both, this writes ``notebooks/ja/NN_name.ipynb``: the same code and outputs between Japanese prose, and one code cell
more, which chooses the language of the widgets.

A part whose English text has changed is refused, so that no translation goes stale unnoticed: bring it up to date, then run this with
``--reviewed`` to renew the fingerprints. For a new notebook, ``--reviewed`` also appends the English text of cells that have no part yet.
"""

import argparse
import copy
import hashlib
import pathlib
import re
import sys

import nbformat

NOTEBOOKS = pathlib.Path(__file__).resolve().parents[1] / "notebooks"
HEAD = re.compile(r"^<!-- ([\w-]+) ([0-9a-f]{10}) -->$", re.MULTILINE)
WIDE = "\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef"  # Japanese characters and punctuation, which no spaces separate
BROKEN_LINE = re.compile(f"(?<=[{WIDE}])\n *(?=[{WIDE}])")
LANGUAGE_CELL = 'import phwidgets as ph\n\nph.set_language("ja")'


class Untranslated(ValueError):
    """Prose that is missing, left over, or translated from another text."""


def fingerprint(text):
    """Ten characters that change with a text, but not with how its lines are broken."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:10]


def prose(notebook):
    """English texts of the markdown cells by cell id, in order."""
    return {cell["id"]: cell["source"] for cell in notebook.cells if cell["cell_type"] == "markdown"}


def read_parts(text):
    """Parts of a translation: {cell id: (fingerprint, text)}, in order."""
    heads = list(HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    parts = {head[1]: (head[2], text[head.end() : end].strip()) for head, end in zip(heads, ends, strict=True)}
    if len(parts) != len(heads):
        raise Untranslated("a cell is translated twice")
    return parts


def write_parts(parts):
    """Text of a translation."""
    return "\n\n".join(f"<!-- {name} {mark} -->\n\n{text}" for name, (mark, text) in parts.items()) + "\n"


def reviewed(notebook, parts):
    """Parts in the order of the notebook, each with the fingerprint of its English text; English where there is no part yet."""
    return {name: (fingerprint(text), parts[name][1] if name in parts else text) for name, text in prose(notebook).items()}


def translated(notebook, parts):
    """The Japanese notebook; raises Untranslated if the parts are not those of the notebook as it is."""
    texts = prose(notebook)
    if list(parts) != list(texts):
        raise Untranslated(f"the translation has parts for {list(parts)}, the notebook has {list(texts)}")
    changed = [name for name, text in texts.items() if parts[name][0] != fingerprint(text)]
    if changed:
        raise Untranslated(f"the English text of {', '.join(changed)} has changed since it was translated")
    result = copy.deepcopy(notebook)
    for cell in result.cells:
        if cell["cell_type"] == "markdown":
            cell["source"] = BROKEN_LINE.sub("", parts[cell["id"]][1])
    first = next(k for k, cell in enumerate(result.cells) if cell["cell_type"] == "code")
    language = nbformat.v4.new_code_cell(LANGUAGE_CELL, id="language")
    result.cells.insert(first, language)
    return result


def read(path):
    """Notebook of a path."""
    return nbformat.read(path, as_version=4)


def english_of(translation):
    """Path of the English notebook of a translation."""
    return NOTEBOOKS / f"{translation.stem}.ipynb"


def translations():
    """Paths of all translations."""
    return sorted((NOTEBOOKS / "ja").glob("*.md"))


def main(arguments=None):
    """Write the Japanese notebooks, all or some; returns how many were refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("numbers", nargs="*", help="the first characters of the names, such as 01; all if none is given")
    parser.add_argument("--reviewed", action="store_true", help="the Japanese says again what the English says: renew the fingerprints")
    options = parser.parse_args(arguments)
    wanted = tuple(options.numbers) or ("",)
    refused = 0
    new = [NOTEBOOKS / "ja" / f"{path.stem}.md" for path in NOTEBOOKS.glob("*.ipynb")] if options.reviewed and options.numbers else []
    for path in sorted({*translations(), *new}):
        if not path.name.startswith(wanted):
            continue
        notebook = read(english_of(path))
        parts = read_parts(path.read_text(encoding="utf-8")) if path.exists() else {}
        if options.reviewed:
            parts = reviewed(notebook, parts)
            path.write_text(write_parts(parts), encoding="utf-8")
        try:
            nbformat.write(translated(notebook, parts), path.with_suffix(".ipynb"))
            print(path.with_suffix(".ipynb"))
        except Untranslated as error:
            refused += 1
            print(f"{path}: {error}", file=sys.stderr)
    return refused


if __name__ == "__main__":
    sys.exit(main())
