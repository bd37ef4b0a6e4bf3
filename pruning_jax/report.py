"""Writes a report of a run: report.html, figures/ and tables/.

  python -m pruning_jax.report --workdir=runs/digits
  python -m pruning_jax.report --workdir=runs/a --workdir=runs/b --out=runs/ab

report.html is one page that needs no network: the verdicts on the four claims, the figures, the
tables, and how it was run. figures/ has each figure as PDF and PNG, and tables/ has the numbers as
CSV. If a run is not finished, or is damaged, the report shows what there is and lists what is
missing. Several workdirs are compared in one report, which needs a directory of its own: --out.
--open shows the page in a browser. --pruned=random asks the claims of this algorithm alone.
--analyses=my_module:name adds the table of an analysis of your own.

Exit status: 0 done; 2 wrong use.
"""

from absl import flags

from pruning_jax import cli
from pruning_jax.errors import printable, require
from pruning_jax.reporting import browser
from pruning_jax.reporting.write import write

flags.DEFINE_multi_string("workdir", [], "the directory of the run; several are compared")
flags.DEFINE_string("out", None, "where the report goes; by default into the workdir")
flags.DEFINE_bool("open", False, "show the page in a browser")
flags.DEFINE_string("pruned", None, "the only algorithm that the claims are asked of")
flags.DEFINE_multi_string("analyses", [], "an analysis of your own, as my_module:name")


def command() -> int:
    """The command."""
    given = flags.FLAGS
    require(
        bool(given.workdir) and all(given.workdir),
        "--workdir is missing, as in --workdir=runs/digits",
    )
    done = write(given.workdir, out=given.out, pruned=given.pruned, analyses=given.analyses)
    print(done)
    if given.open and not browser.shown(done.page):
        print(f"There is no browser here: the page is {printable(browser.address(done.page))}")
    return cli.DONE


if __name__ == "__main__":
    cli.start(command)
