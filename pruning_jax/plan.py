"""Shows what a configuration would run: cells, groups, rounds, steps, memory, time.

  python -m pruning_jax.plan --config=configs/digits.py

The time is an estimate. It is made from the operations and bytes of one training step, which is
traced but not compiled, and from a calibration of this machine, which takes some seconds the first
time and is kept in the user's cache. --measure times a few steps of the very programs
that would run; that takes as long as compiling them. Reading images as they are needed is not
counted.

--json prints one JSON object instead. --shares=8 shows how eight processes would divide the grid
(--group=1/8 and so on).
"""

import json
import sys

from absl import flags
from rich.console import Console

import pruning_jax
from pruning_jax import cli
from pruning_jax.grid import planning

cli.define_config()
flags.DEFINE_bool("json", False, "print one JSON object")
flags.DEFINE_bool("measure", False, "time the programs that would run, instead of estimating")
flags.DEFINE_integer("shares", 1, "the number of processes that divide the grid", lower_bound=1)


def command() -> int:
    """The command."""
    plan = pruning_jax.plan(cli.config(), shares=flags.FLAGS.shares, measure=flags.FLAGS.measure)
    for note in plan.notes:
        print(note, file=sys.stderr)
    if flags.FLAGS.json:
        print(json.dumps(plan.json()))
    else:
        planning.show(plan, Console())
    return cli.DONE


if __name__ == "__main__":
    cli.start(command)
