"""Checks again what must hold in a run, from its files alone; it trains nothing.

  python -m pruning_jax.verify --workdir=runs/digits

Each kind of check has a line that says how many things were looked at and whether all is well.
Below it, each thing that is wrong has a line of its own, which names the file. A run that is not
finished is checked as far as it goes.

Exit status: 0 all is well; 1 something is wrong; 2 wrong use.
"""

from pathlib import Path

from absl import flags

from pruning_jax import cli
from pruning_jax.errors import require
from pruning_jax.workdir import paths
from pruning_jax.workdir.examine import Findings, examine

flags.DEFINE_string("workdir", None, "the directory of the run")

VIOLATED = 1
"""The exit status if something is wrong."""


def show(findings: Findings) -> None:
    """Prints a line for each kind of check, and one for each thing that is wrong."""
    for name, messages in findings.found.items():
        wrong = [message for message in messages if message]
        verdict = f"{len(wrong)} WRONG" if wrong else "ok" if messages else "nothing to check"
        print(f"{name:<36} {len(messages):>7}  {verdict}", *wrong, sep="\n  ")
    if findings.complete < findings.cells:
        print(f"{findings.complete} of {findings.cells} cells are finished and sound")


def command() -> int:
    """The command."""
    given = flags.FLAGS.workdir
    require(given is not None, "--workdir is missing, as in --workdir=runs/digits")
    workdir = Path(given)
    require(workdir.is_dir(), f"workdir {given} is not a directory")
    require(
        paths.config(workdir).exists() or paths.cells(workdir).exists(),
        f"workdir {given} holds no run: it has no config.json",
    )
    findings = examine(workdir)
    show(findings)
    return cli.DONE if findings.holds else VIOLATED


if __name__ == "__main__":
    cli.start(command)
