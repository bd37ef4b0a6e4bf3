"""Writes the tables of docs/files.md and docs/explore.md from the code that writes and reads files.

  python docs/files.py

Only what stands between `<!-- made from ... -->` and `<!-- end -->` is replaced.
"""

import functools
import importlib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pruning_jax.analysis.settings import DEFAULTS
from pruning_jax.experiment.cells import Cell
from pruning_jax.plugins import ANALYSES, EXPLORATIONS
from pruning_jax.workdir import paths, salvage
from pruning_jax.workdir.collect import Run
from pruning_jax.workdir.columns import COLUMNS, EXAMPLE_ARRAYS

PAGE = Path(__file__).with_suffix(".md")
HERE, CELL = Path(), Cell("lrr", 0.15, 3)

FILES = {
    paths.config(HERE): "what was asked for, its hash, and what it ran on",
    paths.union(HERE): "the rows of all cells, made from the cells' own tables",
    paths.rounds(HERE, CELL): "the rows of a cell, one for each complete round",
    paths.examples(HERE, CELL): "what each training example went through in a cell",
    paths.manifest(HERE, CELL): "sums over all that the files of a cell say, round by round",
    paths.mask(HERE, CELL, 5): "the mask under which round 5 was trained",
    paths.params(
        HERE, CELL, 5
    ): "the weights and statistics after round 5, if `config.save.params` is set",
    paths.anchor(HERE, CELL): "the parameters that the cell rewinds to, if these are saved",
    paths.explored(HERE, "masks", "csv"): "the table of an exploration; also as Parquet",
    paths.verified(HERE): "that `verify` found all to be well, and the sum of the run",
    paths.report(HERE): "the page that `report` writes",
    paths.figure(HERE, "test_error", "pdf"): "a figure of the page; also as PNG",
    paths.table(HERE, "claims"): "the table of an analysis",
    paths.checkpoints(HERE) / "...": "what resuming needs, locks, who is at work; it may change",
    paths.log(HERE, "node7", 4711): "what a process printed, with the time",
    paths.profile(HERE) / "...": "traces of the profiler, if `--profile` asks for them",
    paths.mirror(HERE, "tensorboard") / "...": "a mirror of the rows, if `--mirror` asks for it",
}


def table(head: str, lines: Iterable[Iterable[object]]) -> str:
    """A table in Markdown; `head` are its headings, divided by bars."""
    rows = [[cell.strip() for cell in head.split("|")], ["---"] * (head.count("|") + 1)]
    rows += [[str(cell).replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def code(text: object) -> str:
    """Text in the type of code."""
    return f"`{text}`"


def files() -> str:
    """The files of a run."""
    return table("file | what it holds", ((code(path.as_posix()), w) for path, w in FILES.items()))


def columns() -> str:
    """The columns of rounds.parquet."""
    types = {c.name: str(c.type).replace("double", "float64") for c in COLUMNS}  # as in pandas
    lines = ((code(c.name), types[c.name], c.unit, c.meaning) for c in COLUMNS)
    return table("column | type | unit | meaning", lines)


def arrays() -> str:
    """The arrays of examples.npz."""
    lines = (
        (code(a.name), a.type, f"[{', '.join(a.shape)}]", a.unit, a.meaning) for a in EXAMPLE_ARRAYS
    )
    return table("array | type | shape | unit | meaning", lines)


def analyses() -> str:
    """The tables of the analyses; their columns are those of the table of an empty run."""
    nothing = Run(HERE, salvage.frame([]))
    lines = []
    for name in ANALYSES.names:
        made = ANALYSES.find(name)(nothing, DEFAULTS)
        doc = importlib.import_module(f"{ANALYSES.folder}.{name}").__doc__ or ""
        says = f"{doc.strip()} {ANALYSES.find(name).__doc__}"
        lines.append((code(f"{name}.csv"), says, ", ".join(code(c) for c in made.columns)))
    return table("table | what it says | columns", lines)


PARTS = {
    "paths.py": files,
    "COLUMNS": columns,
    "EXAMPLE_ARRAYS": arrays,
    "the analyses": analyses,
}


def exploration(name: str) -> str:
    """The columns of an exploration, but for those that all of them have."""
    lines = ((code(c.name), c.unit, c.meaning) for c in EXPLORATIONS.find(name).columns)
    return table("column | unit | meaning", lines)


EXPLORED = {
    f"the exploration {name}": functools.partial(exploration, name) for name in EXPLORATIONS.names
}

PAGES = {PAGE: PARTS, PAGE.with_name("explore.md"): EXPLORED}
"""Which tables stand on which page."""


def renewed(page: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """A page with its tables made anew."""
    for name, make in parts.items():
        begin = f"<!-- made from {name} by docs/files.py -->"
        part = re.compile(f"{re.escape(begin)}\n.*?<!-- end -->", re.DOTALL)
        if len(part.findall(page)) != 1:
            raise ValueError(f"there is no {begin!r} ... '<!-- end -->', or it is there twice")
        text = f"{begin}\n{make()}\n<!-- end -->"
        page = part.sub(lambda _, text=text: text, page)
    return page


if __name__ == "__main__":
    for path, parts in PAGES.items():
        path.write_text(renewed(path.read_text(), parts))
