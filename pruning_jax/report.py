"""Writes what a run found: report.html, figures/ and tables/, from what is there.

  python -m pruning_jax.report --workdir=runs/digits

report.html is one page that needs no network: the four verdicts, the figures, the tables, and
how it was run. figures/ has each figure as PDF and PNG, tables/ the numbers as CSV. A run that
is not finished, or damaged, gives what can be shown and a list of what cannot. --pruned=random
asks the claims of another algorithm than lrr.

Exit status: 0 done; 2 wrong use.
"""

import os
from pathlib import Path
from typing import Any

from absl import flags

from pruning_jax import checks, cli, figures, locks, page, results, sections
from pruning_jax.analysis import answers
from pruning_jax.analysis.answers import Tables
from pruning_jax.analysis.attempt import attempt
from pruning_jax.analysis.collect import Run, collect
from pruning_jax.analysis.settings import Settings
from pruning_jax.charts import Chart, gallery
from pruning_jax.charts import facts as shared
from pruning_jax.checks import WrongUse, require

flags.DEFINE_string("workdir", None, "the directory of the run")
flags.DEFINE_string("pruned", None, "the algorithm that the claims are about; by default lrr")


def unite(run: Run) -> None:
    """Rebuilds the union of all rows."""
    (run.workdir / "checkpoints").mkdir(exist_ok=True)
    with locks.exclusive(run.workdir):
        results.write_rows(run.workdir / "rounds.parquet", run.rows.to_dict("records"))


def write_tables(run: Run, tables: Tables) -> None:
    """Writes tables/*.csv; one without rows is not there."""
    for name in answers.NAMES:
        path = run.workdir / "tables" / f"{name}.csv"
        path.unlink(missing_ok=True)
        if name in tables and len(tables[name]):
            text = tables[name].to_csv(index=False).encode()
            results.replace(path, lambda file, text=text: file.write(text))


def write_figures(run: Run, charts: list[Chart], problems: list[str]) -> None:
    """Writes figures/*.pdf and *.png; one without data is not there."""
    for chart in charts:
        paths = [run.workdir / "figures" / f"{chart.name}.{kind}" for kind in ("pdf", "png")]
        for path in paths:
            path.unlink(missing_ok=True)
        if chart.panels:
            what = f"figures/{chart.name}"
            attempt(lambda c=chart, p=paths: figures.write(c, p), what, problems)


def settings(rows: Any) -> Settings:
    """The settings of the analyses, with the algorithm of --pruned."""
    name = flags.FLAGS.pruned
    if name is None:
        return Settings()
    pruned = rows[(rows["control_of"] == "") & (rows["density"] < 1)]
    checks.one_of("--pruned: an algorithm of the run that prunes,", name, {*pruned["algorithm"]})
    return Settings(pruned=name)


def command() -> int:
    """The command."""
    given = flags.FLAGS.workdir
    require(bool(given), "--workdir is missing, as in --workdir=runs/digits")
    workdir = Path(given)
    require(workdir.is_dir(), f"workdir {given} is no directory")
    require(os.access(workdir, os.W_OK | os.X_OK), f"workdir {given} is not writable")
    run = collect(workdir)
    reason = f": {run.problems[0]}" if run.problems else ""
    require(len(run.rows) > 0, f"workdir {given} holds no round that can be shown{reason}")
    problems: list[str] = []
    if run.whole:  # else the union may hold what its cells have lost
        attempt(lambda: unite(run), "rounds.parquet anew", problems)
    tables = answers.tables(run, problems, settings(run.rows))
    order = [a.name for a in run.experiment.algorithms] if run.experiment else []
    facts = shared.facts(run.rows, order)
    charts = gallery.charts(tables, facts, problems)
    attempt(lambda: write_tables(run, tables), "tables/", problems)
    write_figures(run, charts, problems)
    html = page.render(sections.content(run, tables, facts, charts, problems))
    data = html.encode(errors="replace")  # JSON may hold half a character
    try:
        results.replace(workdir / "report.html", lambda file: file.write(data))
    except OSError as error:
        raise WrongUse(f"{workdir / 'report.html'} cannot be written: {error}") from error
    lost = len(run.problems) + len(run.unfinished) + len(problems)
    note = f"; {lost} thing{'s' if lost > 1 else ''} missing, see there" if lost else ""
    print(f"{workdir / 'report.html'} ({len(data) / 1e6:.1f} MB), figures/, tables/{note}")
    return cli.DONE


if __name__ == "__main__":
    cli.start(command)
