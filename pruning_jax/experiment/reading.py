"""From a ConfigDict to descriptions: the one place that reads a configuration."""

import math
from typing import Any

import numpy as np

from pruning_jax import errors
from pruning_jax.errors import WrongUse, require
from pruning_jax.experiment import checks
from pruning_jax.experiment.algorithm import MOST_ROUNDS, Algorithm
from pruning_jax.experiment.config import (
    ALGORITHM,
    COLLAPSE,
    PRUNING,
    Config,
    defaults,
    taken_from,
)
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.named import NAMED
from pruning_jax.experiment.recipe import Recipe

COLLAPSED = 1.5
"""A network has collapsed where its accuracy on clean training examples is at most so many times
that of guessing. The factor is ours."""


LEAST_RATE = 1e-9
"""The lowest noise rate beside 0. A folder is called after the rate, with all its digits."""

ROUND_0 = "dense"
"""What round 0, which algorithms share, is called where it is saved: no algorithm can be."""


def check_kinds(config: Config) -> None:
    """Checks that every setting is of the kind of its default: numbers are finite, tuples tuples.

    Raises:
      WrongUse: one is not.
    """
    usual = defaults()
    usual.rounds = None  # a number or a word
    checks.settings(config, usual)


def read_data(config: Config) -> Data:
    """Which examples a configuration asks for."""
    return Data(**taken_from(config, Data))


def read_recipe(
    config: Config, image_shape: tuple[int, ...], num_classes: int, train_size: int
) -> Recipe:
    """How a configuration trains, on a data set of this shape; the engine is not settled yet."""
    return Recipe(
        **taken_from(config, Recipe),
        image_shape=image_shape,
        num_classes=num_classes,
        train_size=train_size,
    )


def read_algorithms(config: Config, recipe: Recipe) -> tuple[Algorithm, ...]:
    """The algorithms of the grid, without the controls that are derived from them."""
    return tuple(_algorithm(config, name, recipe) for name in _names(config))


def read_grid(config: Config) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """The noise rates and the seeds of the grid."""
    rates = _numbers("grid.noise_rates", config.grid.noise_rates)
    checks.several("grid.seeds", config.grid.seeds)
    seeds = tuple(map(_plain, config.grid.seeds))
    for what, values in (("grid.noise_rates", rates), ("grid.seeds", seeds)):
        require(len(values) > 0, f"{what} is empty")
        twice = sorted({v for v in values if values.count(v) > 1})
        require(not twice, f"{what} has {', '.join(map(str, twice))} more than once: {values}")
    for seed in seeds:
        whole = isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**32
        require(whole, f"grid.seeds: {seed!r} is not a whole number from 0 to 2^32 - 1")
    for rate in rates:
        require(
            0 <= rate <= 1, f"grid.noise_rates: {rate} is outside [0, 1]{checks.fraction(rate)}"
        )
        require(
            rate == 0 or rate >= LEAST_RATE,
            f"grid.noise_rates: {rate} is neither 0 nor at least {LEAST_RATE}",
        )
    return rates, seeds


def read_el2n_epochs(config: Config, recipe: Recipe) -> float:
    """When EL2N is measured: as configured, else at epoch 10 or a tenth of training."""
    epochs = config.el2n_epochs or min(10, recipe.epochs / 10)
    require(
        0 < epochs <= recipe.epochs,
        f"el2n_epochs {epochs} is outside 0 to {recipe.epochs}, the epochs",
    )
    return float(epochs)


def _numbers(what: str, values: tuple) -> tuple[float, ...]:
    """Values as floats; WrongUse names the first that is no number."""
    checks.several(what, values)
    plain = tuple(map(_plain, values))
    for value in plain:
        fine = isinstance(value, int | float) and not isinstance(value, bool)
        require(fine, f"{what}: {value!r} is not a number")
    return tuple(float(value) + 0.0 for value in plain)  # 0.0 for -0.0


def _plain(value: Any) -> Any:
    """A number of NumPy's as one of Python's; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def _rounds(what: str, value: Any) -> int:
    """A number of rounds.

    Raises:
      WrongUse: it is none, or so high that it can only be a mistake.
    """
    whole = isinstance(value, int) and not isinstance(value, bool)
    require(
        whole and 0 <= value < MOST_ROUNDS,
        f"{what} {value!r} is neither {COLLAPSE!r} nor a number from 0 to {MOST_ROUNDS - 1}",
    )
    return value


def _names(config: Config) -> tuple[str, ...]:
    checks.names("grid.algorithms", config.grid.algorithms)
    names = tuple(config.grid.algorithms)
    require(len(names) > 0, "grid.algorithms is empty")
    for name in names:
        checks.folder_name("grid.algorithms:", name)
        require(
            name.lower() != ROUND_0,
            f"grid.algorithms: {name!r} is what round 0 of all algorithms is called; take another "
            "name",
        )
    require(len(set(names)) == len(names), f"grid.algorithms names one more than once: {names}")
    known = config.algorithms.keys()
    for name in names:
        errors.one_of("grid.algorithms:", name, known)
    for name in known:
        require(
            name in names or name in NAMED,
            f"algorithms.{name} is set, but grid.algorithms does not name it"
            + f"; add it: {(*names, name)}{errors.nearest(name, NAMED, 0.7)}",
        )
    return names


def _algorithm(config: Config, name: str, recipe: Recipe) -> Algorithm:
    own, where = config.algorithms[name], f"algorithms.{name}"
    for key in own:
        errors.one_of(f"setting of {where}:", key, (*PRUNING, *ALGORITHM))
    require(
        own.without in ("", "noisy"),
        f"{where}.without {own.without!r} is neither '' nor 'noisy'",
    )
    shared = {key: config[key] if own[key] is None else own[key] for key in ("scope", "exclude")}
    settings = {key: own[key] for key in ALGORITHM}
    densities, collapses = _densities(config, name)
    collapsed = COLLAPSED / recipe.num_classes if collapses else 0.0
    algorithm = Algorithm(name, densities, collapsed=collapsed, **settings, **shared)
    try:
        recipe.step_at(algorithm.rewind_to)
    except WrongUse as error:
        raise WrongUse(f"{where}.rewind_to {error}") from error
    return algorithm


def listed(config: Config, name: str) -> tuple:
    """The densities of an algorithm after round 0 if they are listed, not decided by a fraction and
    a number of rounds; else ()."""
    own = config.algorithms[name]
    if own.densities is None and own.prune_fraction is None and own.rounds is None:
        return config.densities
    return own.densities or ()


def _densities(config: Config, name: str) -> tuple[tuple[float, ...], bool]:
    """The density of every round, from the nearest setting of it, and whether the rounds end
    earlier where the network collapses."""
    own, where = config.algorithms[name], f"algorithms.{name}"
    if densities := listed(config, name):
        return (1.0, *_numbers(f"{where}.densities", densities)), False
    fraction = config.prune_fraction if own.prune_fraction is None else own.prune_fraction
    rounds = (len(config.densities) or config.rounds) if own.rounds is None else own.rounds
    require(0 <= fraction < 1, f"{where}: prune_fraction {fraction} is outside [0, 1)")
    collapse = isinstance(rounds, str) and rounds == COLLAPSE
    what = f"{where}.rounds"
    if collapse and fraction:
        # No network has so many weights that it could have a lower density.
        rounds = math.ceil(math.log(1e-10) / math.log1p(-fraction))
        what = f"{where}: prune_fraction {fraction} takes too many rounds;"
    elif collapse:
        what, rounds = "controls.extended_rounds", config.controls.extended_rounds
    count = _rounds(what, rounds)
    return tuple((1 - fraction) ** r for r in range(count + 1)), collapse and fraction > 0
