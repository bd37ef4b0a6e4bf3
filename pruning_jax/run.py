"""Trains the grid of a configuration, algorithms x noise rates x seeds, round by round.

  python -m pruning_jax.run --config=configs/digits.py --workdir=runs/digits

Any setting can be changed: --config.grid.seeds="(0,1)" --config.epochs=20. To divide the
grid, start this in several processes or jobs with --group=1/8, --group=2/8, ... and the same
workdir. Stopped at any moment, the same command goes on where it was.

Exit status: 0 done; 2 wrong use, damaged data or no room; 75 stopped by a signal, run the same
command again.
"""

import re
from pathlib import Path

from absl import flags

from pruning_jax import cli, machine
from pruning_jax.errors import require
from pruning_jax.grid import interrupt, session
from pruning_jax.grid.session import Share
from pruning_jax.training import devices

cli.define_config()
flags.DEFINE_string("workdir", None, "where the run's files go, and where it resumes from")
flags.DEFINE_string("group", "1/1", "which share of the grid, as in 2/8: the second of eight")


def share(text: str) -> Share:
    """The numbers of --group: (2, 8) of "2/8"."""
    number, _, count = text.partition("/")
    digits = re.fullmatch(r"[0-9]{1,9}/[0-9]{1,9}", text)
    fine = digits and 1 <= int(number) <= int(count)
    require(bool(fine), f"--group {text!r} is not a share such as 2/8, from 1/8 to 8/8")
    return Share(int(number), int(count))


def command() -> int:
    """The command."""
    require(bool(flags.FLAGS.workdir), "--workdir is missing, as in --workdir=runs/digits")
    workdir, mine = Path(flags.FLAGS.workdir), share(flags.FLAGS.group)
    with interrupt.noted() as stopped:
        done = session.run(cli.config(), workdir, mine, stopped)
    if done.stopped:
        print(f"stopped by a signal, everything is saved; the same command goes on with {workdir}")
        return cli.STOPPED
    from pruning_jax.reporting import terminal  # here: a second that training need not wait for

    terminal.finished(workdir, done.rows, done.left, done.replicas)
    return cli.DONE


if __name__ == "__main__":
    devices.use_all_cores()
    machine.keep_programs()
    cli.start(command)
