"""pruning_jax: why does pruning a neural network improve its generalization?

    import pruning_jax as pj

    config = pj.config("digits")  # or a file of yours
    config.grid.seeds = (0, 1)
    print(pj.plan(config))
    pj.power(config, spread=0.005).table
    pj.run(config, "runs/digits")
    print(pj.status("runs/digits"))

    run = pj.load("runs/digits")
    run.rows.groupby(["algorithm", "density"]).test_accuracy.mean()
    run.mask(pj.Cell("lrr", noise_rate=0.2, seed=0), round_=5)["Dense_0/kernel"]
    pj.claims(run)
    pj.explore(run, "masks", algorithms=("lrr",))
    pj.report("runs/digits")

What is public: these names, `pruning_jax.testing`, and what docs/extend.md imports. The commands
(`python -m pruning_jax.run`, ...) are thin over these functions. Importing this takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from pruning_jax.analysis.power.power import Power
    from pruning_jax.exchange.export import export as export
    from pruning_jax.experiment.cells import Cell as Cell
    from pruning_jax.experiment.config import Config as Config
    from pruning_jax.experiment.config import defaults as defaults
    from pruning_jax.exploring.door import explore as explore
    from pruning_jax.grid.planpage import Plan
    from pruning_jax.reporting.write import Written
    from pruning_jax.workdir.collect import Run
    from pruning_jax.workdir.examine import Findings
    from pruning_jax.workdir.standing import Standing

__version__ = "0.3.0"

__all__ = [
    "Cell",
    "Config",
    "claims",
    "config",
    "defaults",
    "explore",
    "export",
    "load",
    "plan",
    "power",
    "report",
    "run",
    "status",
    "verify",
]

_ELSEWHERE = {
    "Cell": "experiment.cells",
    "Config": "experiment.config",
    "defaults": "experiment.config",
    "explore": "exploring.door",
    "export": "exchange.export",
}


def config(name: str | Path) -> Config:
    """A configuration, to be changed and then run.

    Args:
      name: of one that comes with the project, or the path of a file that has `get_config()`.

    Raises:
      ValueError: there is none of that name; the message names those that there are.
    """
    from pruning_jax.experiment import files

    return files.load(name)


def plan(config: Config, *, shares: int = 1, measure: bool = False) -> Plan:
    """What a configuration would run: cells, groups, rounds, steps, memory, time.

    Args:
      shares: the number of processes that share the grid.
      measure: time the programs, which takes as long as compiling them, instead of estimating.

    Raises:
      ValueError: something in the configuration is not possible.
    """
    from pruning_jax.grid import planning

    _start()
    return planning.plan(config, shares=shares, measure=measure)


def power(
    config: Config,
    like: Run | pd.DataFrame | str | Path | None = None,
    *,
    spread: float | None = None,
    loss_spread: float | None = None,
    **settings: Any,
) -> Power:
    """The smallest effects that the verdicts on a grid would find, and the seeds that effects need.

    Args:
      like: how much seeds differ is known from this workdir, from what `load` gives, or its rows.
      spread: the standard deviation over seeds of the gain in test accuracy, a fraction.
      loss_spread: of the logarithm of the ratio of training losses; claim 2 needs it.
      settings: those of `pruning_jax.analysis.settings.Settings`, as in `claims`.

    Raises:
      ValueError: something in the configuration, the run or the spreads is not possible.
    """
    from pruning_jax.analysis.power import power
    from pruning_jax.analysis.power import spread as spreads
    from pruning_jax.analysis.settings import Settings
    from pruning_jax.grid import planned, session
    from pruning_jax.workdir.collect import rows_of

    own = Settings(**settings)
    rows = None if like is None else rows_of(like)
    known = spreads.known(rows, spread, loss_spread, own)
    _start()
    experiment, _ = session.checked(config)
    return power.power(planned.rows(experiment), known, own)


def run(config: Config, workdir: str | Path, *, shares: int = 0) -> Run:
    """Trains the grid of a configuration in a workdir, or goes on where it was stopped.

    Interrupting it (in a notebook, or by Control-C) saves where it stands and raises
    KeyboardInterrupt; the same call goes on.

    Args:
      shares: for how many processes that do the same the grid is divided; 0: as it is already.

    Returns:
      What the workdir holds now, as `load` gives it.

    Raises:
      ValueError: something in the configuration, the data or the workdir; one line says what.
    """
    from pruning_jax.grid import session

    _start()
    done = session.run(config, Path(workdir), shares)
    if done.stopped:
        raise KeyboardInterrupt(f"everything is saved; the same call goes on with {workdir}")
    from pruning_jax.reporting import terminal  # here: a second that training need not wait for

    terminal.finished(Path(workdir), done.rows, done.left, done.replicas)
    return load(workdir)


def status(workdir: str | Path) -> Standing:
    """How far a run is, who works on it, and how long the rest takes; printed, it is a page."""
    from pruning_jax.workdir.standing import standing

    return standing(Path(workdir))


def load(workdir: str | Path) -> Run:
    """What a workdir holds: rows as a DataFrame; examples, masks and parameters as arrays.

    An unfinished or damaged run is read as far as it goes; `Run.problems` lists what is missing.

    Raises:
      ValueError: there is no such directory, or it only holds runs; the message names them.
    """
    from pruning_jax.workdir.collect import load

    return load(Path(workdir))


def claims(run: Run | pd.DataFrame | str | Path, **settings: Any) -> pd.DataFrame:
    """The verdicts on the paper's four claims, one row for each claim, algorithm and noise rate.

    Args:
      run: a workdir, what `load` gives, or its rows.
      settings: those of `pruning_jax.analysis.settings.Settings`, such as `delta=0.01` for the
        smallest difference of accuracies that matters, or `pruned="random"` for this algorithm.

    Raises:
      ValueError: a setting is impossible, or rows do not fit together.
    """
    from pruning_jax.analysis.claims.claims import claims
    from pruning_jax.analysis.settings import Settings
    from pruning_jax.workdir.collect import rows_of

    return claims(rows_of(run), Settings(**settings))


def report(workdir: str | Path | Sequence[str | Path], **how: Any) -> Written:
    """Writes report.html, figures/ and tables/ into a workdir, from what is there.

    Args:
      workdir: the run, or several runs that are compared in a directory `out`.
      how: `out`, the directory of the report; `pruned`, the only algorithm that the claims are
        asked of; `analyses`, your own, as ("my_module:name",).

    Raises:
      ValueError: there is nothing to report, or it cannot be written.
    """
    from pruning_jax.reporting import write

    return write.write(workdir, **how)


def verify(workdir: str | Path, *, deep: bool = False, data_dir: str | None = None) -> Findings:
    """Re-checks the invariants of a run from its files; if all is well, verified.json says so.

    Args:
      deep: compute again what needs JAX, the data set in `data_dir` and plug-ins, too.

    Raises:
      ValueError: there is no run; for `deep`, the data set or a plug-in cannot be had.
    """
    from pruning_jax.workdir import examine, stamp

    if not deep:
        return stamp.stamped(Path(workdir), examine.examine(Path(workdir)))
    from pruning_jax.grid.deep import check

    _start()
    return stamp.stamped(Path(workdir), check(Path(workdir), data_dir or ""))


def _start() -> None:
    """Makes every core a device and keeps compiled programs, before JAX is used."""
    from pruning_jax import machine
    from pruning_jax.training import devices

    devices.use_all_cores()
    machine.keep_programs()


def __getattr__(name: str) -> Any:
    """The names that take time to load, and those of configuration files."""
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"pruning_jax.{_ELSEWHERE[name]}"), name)
