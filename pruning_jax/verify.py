"""Re-checks a run's invariants from its files alone; it trains nothing.

  python -m pruning_jax.verify --workdir=runs/digits

For each kind of check one line says how many things were looked at; each violation follows
in a line of its own that names the file. A run that is not finished is checked as far as it
goes.

Exit status: 0 all holds; 1 something does not; 2 wrong use.
"""

from pathlib import Path

from absl import flags

from pruning_jax import cli
from pruning_jax.analysis.examine import Findings, examine
from pruning_jax.checks import require

flags.DEFINE_string("workdir", None, "the directory of the run")

VIOLATED = 1


def show(findings: Findings) -> None:
    """Prints a line for each kind of check, and one for each violation."""
    for name, messages in findings.found.items():
        wrong = [message for message in messages if message]
        verdict = f"{len(wrong)} WRONG" if wrong else "ok" if messages else "nothing to check"
        print(f"{name:<28} {len(messages):>6}  {verdict}", *wrong, sep="\n  ")
    if findings.complete < findings.cells:
        print(f"{findings.complete} of {findings.cells} cells are complete and sound")


def command() -> int:
    """The command."""
    given = flags.FLAGS.workdir
    require(given is not None, "--workdir is missing, as in --workdir=runs/digits")
    workdir = Path(given)
    require(workdir.is_dir(), f"workdir {given} is no directory")
    require(
        any((workdir / name).exists() for name in ("config.json", "cells")),
        f"workdir {given} holds no run: it has no config.json",
    )
    findings = examine(workdir)
    show(findings)
    return cli.DONE if findings.holds else VIOLATED


if __name__ == "__main__":
    cli.start(command)
