"""The network of a round of a cell, as a run saved it."""

import math

from pruning_jax.errors import WrongUse, nearest, printable, require
from pruning_jax.exchange import network as networks
from pruning_jax.exchange.network import PrunedNetwork
from pruning_jax.experiment.cells import Cell
from pruning_jax.workdir.collect import Run
from pruning_jax.workdir.columns import Row
from pruning_jax.workdir.damage import Damaged


def written(cell: Cell) -> str:
    """A cell as one writes it: its folder below that of all cells.

    >>> written(Cell("lrr", 0.4, 20))
    'lrr/noise=0.4/seed=20'
    """
    return cell.folder.removeprefix("cells/")


def find(run: Run, name: str) -> Cell:
    """The cell of a run that is written so, or with the folders above it.

    Raises:
      WrongUse: there is none, or it has no finished round.
    """
    known = {written(cell): cell for cell in run.cells}
    own = "/".join(name.rstrip("/").split("/")[-3:])
    example = next(iter(known), "lrr/noise=0.4/seed=20")
    require(
        own in known,
        f"cell {printable(repr(name))} is none of the {len(known)} of {run.workdir} that have a "
        f"finished round{nearest(own, known)}; one is written as {example}",
    )
    return known[own]


def network(run: Run, cell: Cell, round_: int) -> PrunedNetwork:
    """The network at the end of a round, as `config.save.params` kept it.

    Raises:
      WrongUse: there is no such round, or its arrays were not saved or cannot be read.
    """
    experiment = run.experiment
    if experiment is None:
        raise WrongUse(f"{run.workdir} does not say what was run: {'; '.join(run.problems)}")
    row = _row(run, cell, round_)
    require(
        experiment.save_params,
        f"{run.workdir} has no parameters, because save.params was not set; run the configuration "
        "again with --config.save.params=True, in another workdir",
    )
    try:
        arrays = {
            "params": run.params(cell, round_),
            "mask": run.mask(cell, round_),
            "statistics": run.statistics(cell, round_),
        }
    except Damaged as error:
        raise WrongUse(str(error)) from error
    recipe = experiment.recipe_of(experiment.algorithm(cell.algorithm), cell.noise_rate)
    about = {
        "dataset": experiment.data.dataset,
        "cell": written(cell),
        "round": round_,
        "density": float(row["density"]),
        "weights_remaining": int(row["weights_remaining"]),
        "weights_total": int(row["weights_total"]),
        "test_accuracy": _number(row["test_accuracy"]),
        "experiment": str(run.config.get("hash")),
    }
    return networks.made(recipe, arrays, about | _normalisation(run, recipe.image_shape[-1]))


def _row(run: Run, cell: Cell, round_: int) -> Row:
    """The row of a round.

    Raises:
      WrongUse: there is none.
    """
    rows = run.rows
    own = (rows["algorithm"] == cell.algorithm) & (rows["noise_rate"] == cell.noise_rate)
    own &= rows["seed"] == cell.seed
    rounds = [int(number) for number in rows.loc[own, "round"]]
    require(bool(rounds), f"{written(cell)} has no finished round in {run.workdir}")
    require(
        round_ in rounds,
        f"round {round_} of {written(cell)} is not there; it has the rounds {min(rounds)} to "
        f"{max(rounds)}",
    )
    return rows.loc[own & (rows["round"] == round_), :].to_dict("records")[0]


def _number(value: float) -> float | None:
    """A number as JSON has it, where there is none for what is not finite."""
    return float(value) if math.isfinite(value) else None


def _normalisation(run: Run, channels: int) -> dict[str, list[float]]:
    """By what the images were normalised, `mean` and `std` of each channel in units of a pixel
    (0 to 255), or {} if config.json does not say it."""
    found = run.config.get("normalisation")
    own = found if isinstance(found, dict) else {}
    values = {name: own.get(name) for name in ("mean", "std")}
    fine = all(
        isinstance(value, list)
        and len(value) == channels
        and all(isinstance(v, float) and math.isfinite(v) for v in value)
        for value in values.values()
    )
    return values if fine else {}  # pyright: ignore[reportReturnType]
