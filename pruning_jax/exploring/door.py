"""`pruning_jax.explore`, as a notebook and the command call it."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.progress import Progress

from pruning_jax import machine
from pruning_jax.exploring import explore as exploring
from pruning_jax.exploring.exploration import Choice
from pruning_jax.exploring.explore import Told
from pruning_jax.training import devices
from pruning_jax.workdir.collect import Run, load
from pruning_jax.workdir.explored import Unit

LINE_EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


def explore(
    run: Run | str | Path,
    name: str,
    *,
    algorithms: str | Iterable[str] = (),
    noise_rates: Iterable[float] = (),
    seeds: Iterable[int] = (),
    rounds: Iterable[int] = (),
    data_dir: str = "",
    **settings: int | float,
) -> pd.DataFrame:
    """The rows of an exploration of a run's networks; docs/explore.md says what each looks at.

    What was found earlier is not looked for again. All rows are kept in `explored/` in the workdir,
    as Parquet and CSV, and the report shows them.

    >>> explore("runs/digits", "masks", algorithms=["lrr"], rounds=[0, 5])  # doctest: +SKIP

    Args:
      run: a workdir, or what `load` gives.
      name: of the exploration, or of one of your own, as "my_module:EXPLORATION".
      algorithms: which networks to look at; by default those of algorithms that are no control.
      noise_rates, seeds, rounds: of which noise rates, of which seeds and at the end of which
        rounds; by default of all.
      data_dir: where the prepared data set lies; "" for its usual place.
      settings: numbers that the exploration has, such as `steps=30` for "sharpness".

    Returns:
      A row for each network, or pair of networks, and what belongs to it.

    Raises:
      ValueError: something that is asked for is not there.
    """
    devices.use_all_cores()
    machine.keep_programs()
    own = run if isinstance(run, Run) else load(Path(run))
    names = (algorithms,) if isinstance(algorithms, str) else tuple(algorithms)
    choice = Choice(names, tuple(noise_rates), tuple(seeds), tuple(rounds))
    with _shown() as told:
        return exploring.explore(own, name, choice, settings, data_dir, told)


@contextmanager
def _shown() -> Iterator[Told]:
    """Shows how far an exploration is: a bar in a terminal, else a line now and then."""
    if Console().is_terminal:
        with Progress(transient=True) as bar:
            task = bar.add_task("")

            def drawn(unit: Unit, before: int, all_: int) -> None:
                bar.update(task, completed=before, total=all_, description=words(unit))

            yield drawn
        return
    last = time.monotonic()

    def line(unit: Unit, before: int, all_: int) -> None:
        nonlocal last
        if time.monotonic() - last > LINE_EVERY:
            print(f"{words(unit)}: {before} of {all_} done", file=sys.stderr, flush=True)
            last = time.monotonic()

    yield line


def words(unit: Unit) -> str:
    """Which networks are looked at, in words.

    >>> from pruning_jax.workdir.explored import Network
    >>> words((Network("lrr", 0.4, 20, 5),))
    'lrr, noise 0.4, seed 20, round 5'
    """
    named = (f"{n.algorithm}, noise {n.noise_rate:g}, seed {n.seed}, round {n.round}" for n in unit)
    return " and ".join(named) or "the whole run"
