"""Looks deeper at the networks of a run: sharpness, paths between networks, masks, and more.

  python -m pruning_jax.explore masks --workdir=runs/digits

The first word says what to look at:

  connectivity   barriers between networks of two rounds, seeds or algorithms
  cost           operations and bytes of dense, pruned and compact networks
  distance       how the distance from initialisation goes with the test error
  function       agreement with the dense network, and calibration
  instability    the barrier to a network trained in another order of examples
  masks          the density of each layer, weights on no path, and dead units
  multiverse     the verdicts under every combination of our thresholds
  overlap        what masks have in common, beside what chance gives
  sharpness      eigenvalues, trace and spectrum of the Hessian of the loss

Rows go to explored/ in the workdir, as CSV and Parquet; the report shows them. What is there
already is not made again, so that the same command goes on where it was stopped. --algorithms=lrr,
--noise_rates=0,0.4, --seeds=20,21 and --rounds=0,5,10-20 choose networks; by default it is all
those of algorithms that are no control. --set=steps=30 changes a number that an exploration has.
--data_dir says where a prepared data set lies. An exploration of your own is written
my_module:EXPLORATION.

Exit status: 0 done; 2 wrong use.
"""

import sys
from pathlib import Path

from absl import flags

import pruning_jax
from pruning_jax import cli
from pruning_jax.errors import printable, require
from pruning_jax.exploring import explore as exploring
from pruning_jax.exploring import written
from pruning_jax.plugins import EXPLORATIONS
from pruning_jax.workdir import paths

flags.DEFINE_string("workdir", None, "the directory of the run")
flags.DEFINE_list("algorithms", [], "their names; by default those that are no control")
flags.DEFINE_list("noise_rates", [], "as fractions, such as 0,0.4; by default all")
flags.DEFINE_list("seeds", [], "with ranges, such as 0,5-9; by default all")
flags.DEFINE_list("rounds", [], "with ranges, such as 0,5-9; by default all")
flags.DEFINE_multi_string("set", [], "a number of the exploration, as in --set=steps=30")
flags.DEFINE_string("data_dir", None, "where the prepared data set lies")


def settings() -> dict[str, int | float]:
    """What --set says."""
    made: dict[str, int | float] = {}
    for text in flags.FLAGS.set:
        name, equals, value = text.partition("=")
        require(bool(equals), f"--set={text}: write it as --set=steps=30")
        made[name] = written.number(f"--set={text}", value, "it as --set=steps=30")
    return made


def command(name: str = "") -> int:
    """The command."""
    listed = ", ".join(EXPLORATIONS.names)
    require(bool(name), f"say what to look at, as in `explore masks`; it is one of {listed}")
    given = flags.FLAGS.workdir
    require(bool(given), "--workdir is missing, as in --workdir=runs/digits")
    rows = pruning_jax.explore(
        given,
        name,
        algorithms=flags.FLAGS.algorithms,
        noise_rates=written.rates(flags.FLAGS.noise_rates),
        seeds=written.whole("seeds", flags.FLAGS.seeds),
        rounds=written.whole("rounds", flags.FLAGS.rounds),
        data_dir=flags.FLAGS.data_dir or "",
        **settings(),
    )
    path = paths.explored(Path(given), exploring.table_name(name), "csv")
    print(f"{len(rows)} rows; all that was found so far is in {printable(path)}", file=sys.stdout)
    return cli.DONE


if __name__ == "__main__":
    cli.start(command, words=1, goes_on=True)
