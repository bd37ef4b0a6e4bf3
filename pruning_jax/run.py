"""Trains the grid of a configuration, algorithms x noise rates x seeds, round by round.

  python -m pruning_jax.run --config=configs/digits.py --workdir=runs/digits

Any setting can be changed: --config.grid.seeds="(0,1)" --config.epochs=20. To divide the
grid, start this in several processes or jobs with --group=1/8, --group=2/8, ... and the same
workdir. Stopped at any moment, the same command goes on where it was.

Exit status: 0 done; 2 wrong use, damaged data or no room; 75 stopped by a signal, run the same
command again.
"""

import shutil
import signal
from contextlib import suppress
from pathlib import Path

from absl import flags
from rich.console import Console

from pruning_jax import (
    cache,
    cli,
    cost,
    data,
    devices,
    dryrun,
    grid,
    locks,
    replicates,
    results,
    runner,
    snapshots,
    subsets,
    workdir,
)
from pruning_jax import progress as shown
from pruning_jax.checks import WrongUse, require
from pruning_jax.config import Recipe
from pruning_jax.experiment import Experiment
from pruning_jax.grid import Group
from pruning_jax.resolve import resolve

cli.define_config()
flags.DEFINE_string("workdir", None, "where the run's files go, and where it resumes from")
flags.DEFINE_string("group", "1/1", "which share of the grid, as in 2/8: the second of eight")

stopped_by: list[int] = []


def stop(number: int, frame: object) -> None:
    """Takes note of a signal: the next moment saves and ends. A second one ends at once."""
    stopped_by.append(number)
    signal.signal(number, signal.SIG_DFL)


def share(text: str) -> tuple[int, int]:
    """The numbers of --group: (2, 8) of "2/8"."""
    number, slash, count = text.partition("/")
    fine = slash and number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count)
    require(bool(fine), f"--group {text!r} is not a share such as 2/8, from 1/8 to 8/8")
    return int(number), int(count)


def remaining(experiment: Experiment, group: Group, place: Path) -> Group:
    """A group without the replicas of which nothing is left to do. If it stands somewhere, it
    goes on as it is."""
    if snapshots.folder(place, group).exists():
        return group
    left = [b for b in group.bases if unfinished(experiment, group._replace(bases=(b,)), place)]
    return group._replace(bases=tuple(left))


def run_groups(
    experiment: Experiment, groups: list[Group], division: data.Division, place: Path
) -> bool:
    """Runs one group after the other; False if a signal stopped it."""
    speeds: dict[tuple[Recipe, int], cost.Speed] = {}  # groups of one kind are equally fast
    for group in groups:
        kind = group.recipe, len(group.bases)
        speeds[kind] = speeds.get(kind) or cost.measure(
            group.recipe, runner.trial(experiment, group, division)
        )
        if stopped_by:
            return False
    seconds = [speeds[g.recipe, len(g.bases)].training(g) for g in groups]
    with shown.display(sum(seconds)) as display:
        for i, group in enumerate(groups):
            if not all(ready(experiment, group, place)):
                name = group.algorithms[0].name
                print(
                    f"{name} waits for cells that other processes run, or that diverged; "
                    "run this again later"
                )
                continue
            pace = speeds[group.recipe, len(group.bases)].pace(group.recipe)
            minutes = cli.config().checkpoint_minutes
            moments = runner.GroupRun(experiment, group, division, place, minutes, pace).run()
            for at in moments:
                display.show(at, sum(seconds[:i]) + seconds[i] * at.steps / cost.steps(group))
                if stopped_by:
                    moments.close()
                    break
            with locks.exclusive(place):
                results.unite(place)
            if stopped_by:
                return False
    return True


def ready(experiment: Experiment, group: Group, place: Path) -> list[bool]:
    """For each noise rate of a group, whether all is there that decides its examples."""
    rates = {base.noise_rate for base in group.bases}
    return [subsets.ready(experiment, group.algorithms[0], rate, place) for rate in rates]


def unfinished(experiment: Experiment, group: Group, place: Path) -> bool:
    files = {cell: results.CellFiles(place, cell) for cell in group.cells}
    return not all(results.finished(files, c, experiment.algorithm(c.algorithm)) for c in files)


def clear_checkpoints(experiment: Experiment, place: Path) -> None:
    """Removes the checkpoints of a finished run, unless another process still writes some:
    then that one removes them when it ends."""
    with suppress(WrongUse), locks.hold(place, range(len(experiment.cells))):
        for path in (place / "checkpoints").glob("*/"):
            shutil.rmtree(path, ignore_errors=True)


def finish(experiment: Experiment, place: Path) -> None:
    """The union of the rows, the figure and the summary; checkpoints go when all is done."""
    from pruning_jax import figures, tables  # here: a second that training need not wait for

    with locks.exclusive(place):
        rows = results.unite(place)
        main = rows[rows["control_of"] == ""]
        if len(main):
            figures.save(figures.accuracy(main), place / "figures" / "accuracy.png")
        everything = grid.groups(experiment, 1)
        left = sum(unfinished(experiment, group, place) for group in everything)
        if not left:
            replicates.average_el2n(experiment, place)
    if len(main):
        tables.accuracy(main, Console(width=None if Console().is_terminal else 160))
    if not left:
        clear_checkpoints(experiment, place)
    note = f"; {left} of {len(everything)} replicas are not finished" if left else ""
    print(f"{len(rows)} rows in {place / 'rounds.parquet'}, figures in {place / 'figures'}{note}")


def command() -> int:
    """The command."""
    require(bool(flags.FLAGS.workdir), "--workdir is missing, as in --workdir=runs/digits")
    config, place = cli.config(), Path(flags.FLAGS.workdir)
    number, shares = share(flags.FLAGS.group)
    experiment = resolve(config)
    require(
        config.checkpoint_minutes > 0,
        f"checkpoint_minutes {config.checkpoint_minutes} is not above 0",
    )
    require(config.replicas_at_once >= 0, f"replicas_at_once {config.replicas_at_once} is below 0")
    dryrun.check(experiment)
    dryrun.check_machine(experiment.recipe)
    for note in dryrun.notes(experiment):
        print(note, flush=True)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    source = data.load(experiment.data.dataset, config.data_dir)
    division = data.divide(source, experiment.data)
    workdir.prepare(place, experiment)
    spec = data.spec(experiment.data.dataset)
    at_once = workdir.settled_at_once(
        place, config.replicas_at_once, lambda: cost.at_once(experiment, spec)
    )
    mine = grid.groups(experiment, at_once, shares)[number - 1 :: shares]
    cells, mine_cells = experiment.cells, [cell for group in mine for cell in group.cells]
    with locks.hold(place, [cells.index(cell) for cell in mine_cells]):
        print(
            f"{len(mine_cells)} of {len(cells)} cells in {len(mine)} group{'s'[: len(mine) > 1]}, "
            f"up to {max(a.rounds for a in experiment.algorithms)} rounds each",
            flush=True,
        )
        todo = [remaining(experiment, group, place) for group in mine]
        todo = [group for group in todo if unfinished(experiment, group, place)]
        if not run_groups(experiment, todo, division, place):
            print(f"stopped by a signal, all is saved; the same command goes on with {place}")
            return cli.STOPPED
    finish(experiment, place)
    return cli.DONE


if __name__ == "__main__":
    devices.use_all_cores()
    cache.keep_programs()
    cli.start(command)
