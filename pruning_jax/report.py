"""Writes a report of a run: report.html, figures/ and tables/.

  python -m pruning_jax.report --workdir=runs/digits

report.html is one page that needs no network: the verdicts on the four claims, the figures, the
tables, and how it was run. figures/ has each figure as PDF and PNG, and tables/ has the numbers as
CSV. If a run is not finished, or is damaged, the report shows what there is and lists what is
missing. --pruned=random asks the claims of this algorithm alone.
--analyses=my_module:name adds the table of an analysis of your own.

Exit status: 0 done; 2 wrong use.
"""

from pathlib import Path

from absl import flags

from pruning_jax import cli
from pruning_jax.errors import printable, require
from pruning_jax.reporting.wording import several
from pruning_jax.reporting.write import write

flags.DEFINE_string("workdir", None, "the directory of the run")
flags.DEFINE_string("pruned", None, "the only algorithm that the claims are asked of")
flags.DEFINE_multi_string("analyses", [], "an analysis of your own, as my_module:name")


def command() -> int:
    """The command."""
    given = flags.FLAGS.workdir
    require(bool(given), "--workdir is missing, as in --workdir=runs/digits")
    done = write(Path(given), pruned=flags.FLAGS.pruned, analyses=flags.FLAGS.analyses)
    size = done.page.stat().st_size / 1e6
    figures = len({path.stem for path in done.figures})
    print(
        f"Wrote {printable(done.page)} ({size:.1f} MB), {several(figures, 'figure')} to figures/ "
        f"and {several(len(done.tables), 'table')} to tables/."
    )
    if done.missing:
        print(f"The page lists {several(len(done.missing), 'thing')} that the report lacks.")
    return cli.DONE


if __name__ == "__main__":
    cli.start(command)
