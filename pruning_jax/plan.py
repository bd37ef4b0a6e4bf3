"""Shows what a configuration would run: cells, groups, rounds, steps, memory, time.

  python -m pruning_jax.plan --config=configs/digits.py

The time is an estimate. It is made from the operations and bytes of one training step, which is
traced but not compiled, and from a calibration of this machine, which takes some seconds the first
time and is kept in the user's cache. --measure times a few steps of the very programs
that would run; that takes as long as compiling them. Reading images as they are needed is not
counted.

--power says which effects the verdicts on the four claims would find, and how many seeds an effect
needs. How much seeds differ is taken from a finished run, --like=runs/digits, or from a number:
--spread=0.005, the standard deviation over seeds of the difference in test accuracy between a
pruned network and the dense one, and --loss_spread=0.1, the same of the logarithm of the ratio of
their training losses.

--groups lists the groups of replicas that are trained at once, with the memory that each needs.
--json prints one JSON object instead. --shares=8 shows how eight processes would share the grid if
they were started with --shares=8: which groups each would take, and how long all of it takes.

--on=h100 (or h200, a100, v5e, v5e-4, ...) compiles the training programs for a device that is not
here and says what a step would do on it: memory, kernels, bytes, operations, and how long it takes
at least. It is predicted by counting, not measured. It needs pruning_jax[aot-gpu] or [aot-tpu], and
a minute or more for each network: leave out controls of other widths, as by
--config.controls.width_rounds="()", to know soon.
"""

import json
import sys

from absl import flags

import pruning_jax
from pruning_jax import cli, screen
from pruning_jax.ahead import forecast as ahead
from pruning_jax.ahead import predicted
from pruning_jax.analysis.power.power import Power
from pruning_jax.errors import require
from pruning_jax.grid import planpage
from pruning_jax.reporting import power as power_reporting

cli.define_config()
flags.DEFINE_bool("json", False, "print one JSON object")
flags.DEFINE_bool("measure", False, "time the programs that would run, instead of estimating")
flags.DEFINE_bool("groups", False, "list the groups of replicas that are trained at once, too")
flags.DEFINE_integer("shares", 1, "the number of processes that share the grid", lower_bound=1)
flags.DEFINE_string("on", None, "compile for devices that are not here, such as h100 or v5e-4")
flags.DEFINE_bool("power", False, "say which effects the verdicts would find")
flags.DEFINE_string("like", None, "for --power: the directory of a run whose seeds differ as much")
flags.DEFINE_float("spread", None, "for --power: how much seeds differ, a fraction of accuracy")
flags.DEFINE_float("loss_spread", None, "for --power: how much log training losses differ")


def power() -> Power | None:
    """What --power asks for.

    Raises:
      WrongUse: it is not said how much seeds differ, or said twice.
    """
    given = {name: flags.FLAGS[name].value for name in ("like", "spread", "loss_spread")}
    if not flags.FLAGS.power:
        said = [f"--{name}" for name, value in given.items() if value is not None]
        require(not said, f"{', '.join(said)}: only with --power")
        return None
    require(
        (given["like"] is None) == (given["spread"] is not None),
        "--power needs to know how much seeds differ: either from a run, --like=runs/digits, or as "
        "a number, --spread=0.005",
    )
    return pruning_jax.power(cli.config(), **given)


def forecast(on: str) -> int:
    """What --on asks for.

    Raises:
      WrongUse: it is asked for together with what is estimated for this machine.
    """
    others = {"power": False, "measure": False, "shares": 1}
    said = [f"--{name}" for name, plain in others.items() if flags.FLAGS[name].value != plain]
    require(not said, f"{', '.join(said)}: not together with --on")
    told: list[str] = []

    def tell(line: str) -> None:
        if line not in told:
            print(line, file=sys.stderr)
        told.append(line)

    found = ahead.forecast(cli.config(), on, tell)
    if flags.FLAGS.json:
        print(json.dumps(found.json()))
    else:
        predicted.show(found, screen.console())
    for note in found.notes:
        tell(note)
    return cli.DONE


def command() -> int:
    """The command."""
    if flags.FLAGS.on is not None:
        return forecast(flags.FLAGS.on)
    found = power()
    plan = pruning_jax.plan(cli.config(), shares=flags.FLAGS.shares, measure=flags.FLAGS.measure)
    for note in plan.notes:
        print(note, file=sys.stderr)
    if flags.FLAGS.json:
        print(json.dumps(plan.json() | ({"power": found.json()} if found else {})))
    else:
        planpage.show(plan, screen.console(), groups=flags.FLAGS.groups)
        if found:
            power_reporting.show(found, screen.console())
    return cli.DONE


if __name__ == "__main__":
    cli.start(command)
