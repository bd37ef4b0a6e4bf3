"""Trains the grid of a configuration, algorithms x noise rates x seeds, round by round.

  python -m pruning_jax.run --config=configs/digits.py --workdir=runs/digits

Any setting can be changed: --config.grid.seeds="(0,1)" --config.epochs=20. Stopped at any moment,
the same command goes on where it was.

Several processes share a grid: start the same command as often as you like, on one host or on many
that see the same workdir. Each takes the longest group of networks that no other works on, until
nothing is left for it. --shares=8 divides the grid finely enough for eight of them.

Exit status: 0 done, or the rest is with other processes; 2 wrong use, damaged data or no room; 3
something is left that nobody works on; 75 stopped by a signal. After 3 and 75 run the same command
again.
"""

from pruning_jax import interrupt

if __name__ == "__main__":
    interrupt.at_once()  # before what takes seconds to import

import io
from contextlib import nullcontext, redirect_stdout
from pathlib import Path

from absl import flags

from pruning_jax import cli, machine
from pruning_jax.errors import require
from pruning_jax.grid import session
from pruning_jax.mirrors import following
from pruning_jax.training import devices, processes
from pruning_jax.workdir import logbook

cli.define_config()
flags.DEFINE_string("workdir", None, "where the run's files go, and where it resumes from")
flags.DEFINE_integer(
    "shares",
    None,
    "for how many processes the grid is divided: each network and set of examples has at least so "
    "many groups, where there is enough to divide",
    lower_bound=1,
)
flags.DEFINE_bool(
    "distributed",
    False,
    "train each group on the devices of several processes, which were started together by srun, by "
    "mpirun or on the hosts of a TPU slice",
)
flags.DEFINE_bool("log_json", False, "print one JSON object for each event, for other programs")
flags.DEFINE_integer(
    "profile", 0, "trace so many steps with JAX's profiler, into profile/", lower_bound=0
)
flags.DEFINE_multi_string(
    "mirror", [], "show finished rows elsewhere, too: tensorboard, wandb, or my_module:mirror"
)


def command() -> int:
    """The command."""
    require(bool(flags.FLAGS.workdir), "--workdir is missing, as in --workdir=runs/digits")
    if flags.FLAGS.log_json:
        interrupt.AT_ONCE = logbook.as_json("stopped", text=interrupt.AT_ONCE.strip()) + "\n"
    following.check(flags.FLAGS.mirror)
    with logbook.kept(as_events=flags.FLAGS.log_json):
        if flags.FLAGS.distributed:
            processes.join()
        with following.followed(flags.FLAGS.mirror if processes.leads() else ()) as mirrors:
            return trained(Path(flags.FLAGS.workdir), mirrors)


def trained(workdir: Path, mirrors: following.Mirrors) -> int:
    """Trains what is left of the grid; the exit status."""

    def begun() -> None:
        logbook.begin(workdir)
        mirrors.start(workdir)

    shares, profile = flags.FLAGS.shares or 0, flags.FLAGS.profile
    done = session.run(cli.config(), workdir, shares, profile, begun)
    if done.stopped:
        interrupt.over()
        mirrors.grace = following.GRACE_AFTER_SIGNAL
        said = f"stopped by a signal, everything is saved; the same command goes on with {workdir}"
        if not logbook.emit("stopped", text=said):
            print(said)
        return cli.STOPPED
    if not processes.leads():
        return cli.DONE
    from pruning_jax.reporting import terminal  # here: a second that training need not wait for

    shown = redirect_stdout(io.StringIO()) if flags.FLAGS.log_json else nullcontext()
    with shown:  # the tables of the terminal are not for other programs
        terminal.finished(workdir, done.rows, done.left, done.replicas)
    counts = {"rows": len(done.rows), "left": done.left, "replicas": done.replicas}
    logbook.emit("finished", workdir=str(workdir), **counts)
    interrupt.over()
    if done.undone:
        print(
            f"{done.undone} groups are left, and nobody works on them: run the same command again"
        )
        return cli.UNFINISHED
    return cli.DONE


if __name__ == "__main__":
    devices.use_all_cores()
    machine.keep_programs()
    cli.start(command)
