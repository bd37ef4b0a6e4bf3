"""Says how far a run is: what is done, what is at work and where, and how long the rest takes.

  python -m pruning_jax.status --workdir=runs/digits

It only reads, and may be asked while processes work in the workdir, on this host or on others. For
each algorithm and noise rate it says how many cells are finished, running, waiting for the cells
that decide their examples, or ended with an error; a control that is finished is only counted.
Below it each process has a line, as long as it holds its lock; times are those of the clock here.
--json prints one JSON object instead, with a line for every control and times in UTC.

Exit status: 0 everything is finished; 2 wrong use; 3 something is left to do.
"""

import json
from pathlib import Path

from absl import flags

from pruning_jax import cli, screen
from pruning_jax.errors import require
from pruning_jax.workdir import standing

flags.DEFINE_string("workdir", None, "the directory of the run")
flags.DEFINE_bool("json", False, "print one JSON object")


def command() -> int:
    """The command."""
    given = flags.FLAGS.workdir
    require(bool(given), "--workdir is missing, as in --workdir=runs/digits")
    found = standing.standing(Path(given))
    if flags.FLAGS.json:
        print(json.dumps(found.json()))
    else:
        standing.show(found, screen.console())
    return cli.DONE if found.finished else cli.UNFINISHED


if __name__ == "__main__":
    cli.start(command)
