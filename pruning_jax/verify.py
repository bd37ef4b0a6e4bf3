"""Checks again what must hold in a run, from its files alone; it trains nothing.

  python -m pruning_jax.verify --workdir=runs/digits

Each kind of check has a line that says how many things were looked at and whether all is well.
Below it, each thing that is wrong has a line of its own, which names the file. A run that is not
finished is checked as far as it goes. At the end stands the sum of the run: keep it elsewhere, and
nobody can exchange the run unseen. Where all is well, verified.json says so in the workdir, and the
report shows it.

--deep computes again what needs JAX and the data set, too: labels, random masks, and those of
criteria that look at gradients. --data_dir says where a prepared data set lies.

Exit status: 0 all is well; 1 something is wrong; 2 wrong use; 3 all is well as far as it goes, but
the run is not finished.
"""

from absl import flags

import pruning_jax
from pruning_jax import cli
from pruning_jax.errors import require

flags.DEFINE_string("workdir", None, "the directory of the run")
flags.DEFINE_bool("deep", False, "compute again what needs JAX and the data set, too")
flags.DEFINE_string("data_dir", None, "with --deep: where the prepared data set lies")

VIOLATED, UNFINISHED = 1, 3
"""The exit statuses if something is wrong, and if nothing is, but the run is not finished."""


def command() -> int:
    """The command."""
    given = flags.FLAGS.workdir
    require(bool(given), "--workdir is missing, as in --workdir=runs/digits")
    findings = pruning_jax.verify(given, deep=flags.FLAGS.deep, data_dir=flags.FLAGS.data_dir)
    print(findings)
    if not findings.holds:
        return VIOLATED
    return cli.DONE if findings.finished else UNFINISHED


if __name__ == "__main__":
    cli.start(command)
