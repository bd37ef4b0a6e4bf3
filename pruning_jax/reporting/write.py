"""A report of a run: its tables, its figures and the page, from whatever the workdir holds."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pruning_jax import files
from pruning_jax.analysis import answers
from pruning_jax.analysis.answers import Tables
from pruning_jax.analysis.settings import Settings
from pruning_jax.errors import WrongUse, one_of, require
from pruning_jax.reporting import figures, gallery, page, sections
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import facts_of
from pruning_jax.reporting.tabular import pick, records
from pruning_jax.workdir import cellfiles, explored, locks, paths
from pruning_jax.workdir.attempt import attempt
from pruning_jax.workdir.collect import Run, collect


class Written(NamedTuple):
    """The files of a report, and one line for each thing that it lacks."""

    page: Path  # report.html
    figures: list[Path]  # each as PDF and as PNG
    tables: list[Path]  # those that have rows, as CSV
    missing: list[str]  # rounds, files or figures that the report lacks


def write(workdir: Path, *, pruned: str | None = None, analyses: Sequence[str] = ()) -> Written:
    """The files of a report, which are written to the workdir: the page, figures/ and tables/.

    A run that is unfinished or damaged gives what can be shown, and a list of what cannot.

    Args:
      workdir: the directory of the run; its union of rows, rounds.parquet, is made again.
      pruned: the only algorithm that the claims are asked of; by default all that prune.
      analyses: analyses of the user's own, as `my_module:name`. Each gives a table `name`.

    Raises:
      WrongUse: there is nothing to report, an argument is wrong, or the page cannot be written.
    """
    names = answers.named(analyses)  # it complains of a mistake before anything is read
    run = _collected(workdir)
    problems: list[str] = []
    settings = _settings(run.rows, pruned)
    tables = answers.tables(run, problems, settings, analyses)
    tables |= explored.tables(workdir, problems)
    if run.whole:  # the union may hold rows of a cell whose own file is damaged: keep them
        attempt(lambda: _unite(run), "the union rounds.parquet", problems)
    order = [algorithm.name for algorithm in run.experiment.algorithms] if run.experiment else []
    facts = facts_of(run.rows, order)
    charts = gallery.charts(tables, facts, problems)
    table_files = _write_tables(workdir, list(names), tables, problems)
    figure_files = _write_figures(workdir, charts, problems)
    own = [name for name, analysis in names.items() if ":" in analysis]
    content = sections.content(run, tables, facts, charts, problems, own, settings)
    _write_page(paths.report(workdir), page.render(content))
    return Written(paths.report(workdir), figure_files, table_files, content.missing)


def _collected(workdir: Path) -> Run:
    """What the workdir holds, once it is certain that a report can be made of it."""
    require(workdir.is_dir(), f"workdir {workdir} is not a directory")
    require(os.access(workdir, os.W_OK | os.X_OK), f"workdir {workdir} is not writable")
    run = collect(workdir)
    reason = f": {run.problems[0]}" if run.problems else ""
    require(len(run.rows) > 0, f"workdir {workdir} holds no round that can be shown{reason}")
    return run


def _settings(rows: pd.DataFrame, pruned: str | None) -> Settings:
    """The settings of the analyses, with the algorithm that the claims are asked of."""
    if pruned is None:
        return Settings()
    main = pick(records(rows.filter(["algorithm", "control_of", "density"])), control_of="")
    names = sorted({str(row["algorithm"]) for row in main if float(row["density"]) < 1})
    require(bool(names), f"pruned {pruned!r}: no algorithm of this run prunes")
    one_of("pruned", pruned, names)
    return Settings(pruned=pruned)


def _unite(run: Run) -> None:
    """Makes the union of all rows again."""
    paths.checkpoints(run.workdir).mkdir(exist_ok=True)  # the lock lies there
    with locks.exclusive(run.workdir):
        cellfiles.write_rows(paths.union(run.workdir), run.rows.to_dict("records"))


def _write_tables(
    workdir: Path, names: list[str], tables: Tables, problems: list[str]
) -> list[Path]:
    """The tables that have rows, as CSV."""
    written: list[Path] = []
    for name in names:
        path, table = paths.table(workdir, name), tables.get(name)
        attempt(lambda p=path, t=table: _write_table(p, t), f"tables/{name}.csv", problems)
        written += [path] if path.exists() else []
    return written


def _write_table(path: Path, table: pd.DataFrame | None) -> None:
    path.unlink(missing_ok=True)  # of an earlier report, and perhaps no longer true
    if table is not None and len(table):
        text = table.to_csv(index=False).encode()
        files.replace(path, lambda file: file.write(text))


def _write_figures(workdir: Path, charts: dict[str, Chart], problems: list[str]) -> list[Path]:
    """The charts that have frames, as PDF and PNG."""
    written: list[Path] = []
    for name, chart in charts.items():
        formats = [paths.figure(workdir, name, suffix) for suffix in ("pdf", "png")]
        attempt(lambda f=formats, c=chart: _write_figure(f, c), f"figures/{name}", problems)
        written += [path for path in formats if path.exists()]
    return written


def _write_figure(formats: list[Path], chart: Chart) -> None:
    for path in formats:
        path.unlink(missing_ok=True)  # as above
    if chart.frames:
        figures.write(chart, formats)


def _write_page(path: Path, html: str) -> None:
    data = html.encode(errors="replace")  # JSON of a damaged file may hold half a character
    try:
        files.replace(path, lambda file: file.write(data))
    except OSError as error:
        raise WrongUse(f"{path} cannot be written: {error}") from error
