"""A report of a run: its tables, its figures and the page, from whatever the workdir holds."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pruning_jax import files
from pruning_jax.analysis import answers
from pruning_jax.analysis.settings import Settings
from pruning_jax.errors import WrongUse, one_of, printable, require
from pruning_jax.reporting import figures, gallery, joining, page, parts, sections
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.parts import Part
from pruning_jax.reporting.tabular import pick, records
from pruning_jax.wording import several
from pruning_jax.workdir import cellfiles, explored, given, locks, paths
from pruning_jax.workdir.attempt import attempt
from pruning_jax.workdir.collect import Run, collect


class Written(NamedTuple):
    """The files of a report, and one line for each thing that it lacks; printed, it is a sentence
    or two."""

    page: Path  # report.html
    figures: list[Path]  # each as PDF and as PNG
    tables: list[Path]  # those that have rows, as CSV
    missing: list[str]  # rounds, files or figures that the report lacks

    def __repr__(self) -> str:
        size = f" ({self.page.stat().st_size / 1e6:.1f} MB)" if self.page.is_file() else ""
        done = (
            f"Wrote {printable(self.page)}{size}, "
            f"{several(len({path.stem for path in self.figures}), 'figure')} to figures/ and "
            f"{several(len(self.tables), 'table')} to tables/."
        )
        lacks = f"\nThe page lists {several(len(self.missing), 'thing')} that the report lacks."
        return done + (lacks if self.missing else "")


Workdirs = str | Path | Sequence[str | Path]


def write(
    workdir: Workdirs,
    *,
    out: str | Path | None = None,
    pruned: str | None = None,
    analyses: Sequence[str] = (),
) -> Written:
    """The files of a report: the page, figures/ and tables/.

    A run that is unfinished or damaged gives what can be shown, and a list of what cannot.

    Args:
      workdir: the directory of the run; its union of rows, rounds.parquet, is made again. Or
        those of several runs, which the report compares; nothing is written to them.
      out: the directory that the report is written to; by default the workdir, if it is one.
      pruned: the only algorithm that the claims are asked of; by default all that prune.
      analyses: analyses of the user's own, as `my_module:name`. Each gives a table `name`.

    Raises:
      WrongUse: there is nothing to report, an argument is wrong, or the page cannot be written.
    """
    names = answers.named(analyses)  # it complains of a mistake before anything is read
    many = not isinstance(workdir, str | Path)
    workdirs = [Path(place) for place in workdir] if many else [Path(workdir)]
    place = _place(workdirs, out)
    labels = parts.labels(workdirs)
    runs = [_collected(path) for path in workdirs]
    settings, *_ = [_settings(run.rows, pruned) for run in runs]
    made = [_part(label, run, settings, analyses) for label, run in zip(labels, runs, strict=True)]
    _make(place)
    _make_again(made, place)
    return _written(place, made, names, settings)


def _written(
    place: Path, made: Sequence[Part], names: dict[str, str], settings: Settings
) -> Written:
    """The files of a report of these runs.

    Args:
      names: the names of the tables, and the analysis that makes each.
    """
    facts = parts.shared(made)
    charts = joining.joined(
        {part.label: _charts(part, own) for part, own in zip(made, facts, strict=True)}
    )
    problems: list[str] = []
    table_files = _write_tables(place, [*names, *_explored(made, place)], made, problems)
    figure_files = _write_figures(place, charts, problems)
    own = [name for name, analysis in names.items() if ":" in analysis]
    content = sections.content(made, parts.together(facts), charts, problems, own, settings)
    picture = paths.figure(place, page.FIRST, "png")
    content = content._replace(picture=picture.read_bytes() if picture in figure_files else b"")
    _write_page(paths.report(place), page.render(content))
    return Written(paths.report(place), figure_files, table_files, content.missing)


def _place(workdirs: Sequence[Path], out: str | Path | None) -> Path:
    """The directory of the report.

    In a workdir there is room for the report of its own run, and for nothing else.
    """
    require(bool(workdirs), "workdir: there is none to report")
    for workdir in workdirs:
        given.folder(workdir)
    require(
        out is not None or len(workdirs) == 1,
        f"out is missing: a report of {len(workdirs)} runs needs a directory of its own, as "
        "--out=runs/compared is one",
    )
    place = workdirs[0] if out is None else Path(out)
    writable = not place.is_dir() or os.access(place, os.W_OK | os.X_OK)
    require(writable, f"{'workdir' if out is None else 'out'} {place} is not writable")
    if [path.resolve() for path in workdirs] != [place.resolve()]:
        within = [w for w in workdirs if place.resolve().is_relative_to(w.resolve())]
        require(not within, f"out {place} lies in a workdir, where nothing else may lie")
    return place


def _make(place: Path) -> None:
    """Makes the directory of the report, if it is not there."""
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongUse(f"out {place} cannot be made: {error}") from error


def _part(label: str, run: Run, settings: Settings, analyses: Sequence[str]) -> Part:
    """A run with its tables."""
    problems: list[str] = []
    tables = answers.tables(run, problems, settings, analyses)
    return Part(label, run, tables | explored.tables(run.workdir, problems), problems)


def _make_again(made: Sequence[Part], place: Path) -> None:
    """Makes the union of all rows again, in the workdir of the only run."""
    run = made[0].run
    # The union may hold rows of a cell whose own file is damaged: then it is kept.
    if len(made) == 1 and run.whole and place.resolve() == run.workdir.resolve():
        attempt(lambda: _unite(run), "the union rounds.parquet", made[0].problems)


def _charts(part: Part, facts: Facts) -> dict[str, Chart]:
    """The charts of a run, under the names that its algorithms have in the report."""
    renamed = {name: part.renamed(table) for name, table in part.tables.items()}
    return gallery.charts(renamed, facts, part.problems)


def _collected(workdir: Path) -> Run:
    """What the workdir holds, once it is certain that a report can be made of it."""
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


def _explored(made: Sequence[Part], place: Path) -> list[str]:
    """The tables of explorations; in the workdir of their run they are already."""
    if place.resolve() == made[0].run.workdir.resolve():
        return []
    return sorted({name for part in made for name in part.tables if "/" in name})


def _write_tables(
    place: Path, names: list[str], made: Sequence[Part], problems: list[str]
) -> list[Path]:
    """The tables that have rows, as CSV; those of several runs together, with a column `run`."""
    written: list[Path] = []
    for name in names:
        path = place / page.table_file(name)
        attempt(
            lambda p=path, n=name: _write_table(p, _table(n, made)), page.table_file(name), problems
        )
        written += [path] if path.exists() else []
    return written


def _table(name: str, made: Sequence[Part]) -> pd.DataFrame | None:
    """A table of all runs; None if there is none."""
    tables = {part.label: part.tables[name] for part in made if name in part.tables}
    if len(made) == 1:
        return next(iter(tables.values()), None)
    labelled = []
    for label, table in tables.items():
        labelled.append(table.copy())
        labelled[-1].insert(0, "run", label, allow_duplicates=True)
    return pd.concat(labelled) if labelled else None


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
