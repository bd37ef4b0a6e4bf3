"""From a ConfigDict to an Experiment: everything resolved and checked before any work."""

import itertools
from typing import Any

from pruning_jax import (
    checks,
    controls,
    criteria,
    data,
    noise,
    recipes,
)
from pruning_jax.checks import WrongUse, require
from pruning_jax.config import (
    ALGORITHM,
    NAMED,
    PRUNING,
    Algorithm,
    Config,
    Data,
    Recipe,
    taken_from,
)
from pruning_jax.experiment import Experiment
from pruning_jax.rewind import REWINDS


def resolve(config: Config) -> Experiment:
    """The experiment that a configuration describes.

    Raises:
      WrongUse: one line with the value, what it may be, and the nearest choice.
    """
    dataset = _data(config)
    recipe = recipes.resolve(config, dataset)
    named = tuple(_algorithm(config, name, recipe) for name in _names(config))
    algorithms = (*named, *controls.derive(config, named, recipe))
    for algorithm in algorithms:
        controls.check_masks_from(algorithm, algorithms)
    rates, seeds = _numbers("grid.noise_rates", config.grid.noise_rates), tuple(config.grid.seeds)
    for what, values in (("grid.noise_rates", rates), ("grid.seeds", seeds)):
        require(len(values) > 0, f"{what} is empty")
        twice = sorted({v for v in values if values.count(v) > 1})
        require(not twice, f"{what} has {', '.join(map(str, twice))} more than once: {values}")
    for seed in seeds:
        fine = isinstance(seed, int) and 0 <= seed < 2**32
        require(fine, f"grid.seeds: {seed!r} is not a whole number from 0 to 2^32 - 1")
    for rate in rates:
        require(0 <= rate <= 1, f"grid.noise_rates: {rate} is outside [0, 1]")
    experiment = Experiment(
        dataset,
        recipe,
        tuple(sorted(algorithms, key=lambda a: (a.control_round, bool(a.masks_from)))),
        rates,
        seeds,
        _el2n_epochs(config, recipe),
        recipes.positive(config, "scoring_examples"),
        bool(config.save.params),
        config.controls.tie_fraction,
    )
    _check_trainable(experiment)
    return experiment


def _numbers(what: str, values: Any) -> tuple[float, ...]:
    """Values as floats; WrongUse names the first that is no number."""
    for value in values:
        require(isinstance(value, int | float), f"{what}: {value!r} is not a number")
    return tuple(map(float, values))


def _data(config: Config) -> Data:
    settings = taken_from(config, Data)
    spec = data.spec(config.dataset)
    checks.one_of("noise_kind", config.noise_kind, noise.KINDS)
    images, fraction = config.train_images, config.validation_fraction
    require(
        0 <= images <= spec.train_size,
        f"train_images {images} is outside 0 (all) to {spec.train_size}, "
        f"the images of {config.dataset}",
    )
    require(0 <= fraction < 1, f"validation_fraction {fraction} is outside [0, 1)")
    if config.noise_kind == "matrix":
        settings["transition_matrix"] = noise.read_matrix(
            config.transition_matrix, spec.num_classes
        )
    elif config.transition_matrix is not None:
        raise WrongUse(
            "transition_matrix is given, but noise_kind is "
            f"{config.noise_kind!r}; it goes with 'matrix'"
        )
    return Data(**settings)


def _names(config: Config) -> tuple[str, ...]:
    names = tuple(config.grid.algorithms)
    require(len(names) > 0, "grid.algorithms is empty")
    require(len(set(names)) == len(names), f"grid.algorithms names one more than once: {names}")
    known = config.algorithms.keys()
    for name in names:
        checks.one_of("grid.algorithms:", name, known)
    for name in known:
        require(
            name in names or name in NAMED,
            f"algorithms.{name} is set, but grid.algorithms does not name it"
            + checks.nearest(name, NAMED),
        )
    return names


def _algorithm(config: Config, name: str, recipe: Recipe) -> Algorithm:
    own = config.algorithms[name]
    for key in own:
        checks.one_of(f"setting of algorithms.{name}:", key, (*PRUNING, *ALGORITHM))
    shared = {key: config[key] if own[key] is None else own[key] for key in ("scope", "exclude")}
    checks.one_of(f"algorithms.{name}.scope", shared["scope"], ("global", "layerwise"))
    checks.one_of(f"algorithms.{name}.rewind", own.rewind, REWINDS)
    criteria.find(own.criterion)
    steps = own.score_steps
    require(steps > 0, f"algorithms.{name}.score_steps {steps} is not above 0")
    require(
        own.without in ("", "noisy"),
        f"algorithms.{name}.without {own.without!r} is neither '' nor 'noisy'",
    )
    return Algorithm(
        name=name,
        densities=_densities(config, name),
        criterion=own.criterion,
        rewind=own.rewind,
        rewind_to=_point(own.rewind_to, f"algorithms.{name}.rewind_to", recipe),
        one_shot=own.one_shot,
        masks_from=own.masks_from,
        shuffle=own.shuffle,
        score_steps=own.score_steps,
        width=recipes.positive(own, "width", f"algorithms.{name}."),
        without=own.without,
        **shared,
    )


def _densities(config: Config, name: str) -> tuple[float, ...]:
    """The density of every round, from the nearest setting of it."""
    own = config.algorithms[name]
    listed = own.densities
    if listed is None and own.prune_fraction is None and own.rounds is None:
        listed = config.densities
    if listed:
        densities = (1.0, *_numbers(f"algorithms.{name}.densities", listed))
        for density in densities:
            require(0 < density <= 1, f"algorithms.{name}: density {density} is outside (0, 1]")
        rising = [(a, b) for a, b in itertools.pairwise(densities) if b > a]
        require(
            not rising,
            f"algorithms.{name}: densities rise, {rising and rising[0]}: {densities[1:]}",
        )
        return densities
    fraction = config.prune_fraction if own.prune_fraction is None else own.prune_fraction
    rounds = (len(config.densities) or config.rounds) if own.rounds is None else own.rounds
    require(0 <= fraction < 1, f"algorithms.{name}: prune_fraction {fraction} is outside [0, 1)")
    require(rounds >= 0, f"algorithms.{name}: rounds {rounds} is below 0")
    return tuple((1 - fraction) ** r for r in range(rounds + 1))


def _point(point: str, what: str, recipe: Recipe) -> str:
    """A point in training, "2ep", "0.5ep" or "500it".

    Raises:
      WrongUse: it cannot be read, or lies outside training.
    """
    try:
        step = recipe.step_at(point)
    except (ValueError, OverflowError):
        raise WrongUse(
            f"{what} {point!r} is not a number of epochs or steps, as in '2ep', '500it'"
        ) from None
    require(
        0 <= step < recipe.steps,
        f"{what} {point!r} is step {step}, outside training, "
        f"which has steps 0 to {recipe.steps - 1}",
    )
    return point


def _el2n_epochs(config: Config, recipe: Recipe) -> float:
    epochs = config.el2n_epochs or min(10, recipe.epochs / 10)
    require(
        0 < epochs <= recipe.epochs,
        f"el2n_epochs {epochs} is outside 0 to {recipe.epochs}, the epochs",
    )
    return float(epochs)


def _check_trainable(experiment: Experiment) -> None:
    """Every algorithm has enough examples left for a batch, and a step to rewind to."""
    for algorithm in experiment.algorithms:
        for rate in experiment.rates(algorithm):
            recipe = experiment.recipe_of(algorithm, rate)
            what = f"algorithms.{algorithm.name}"
            require(
                recipe.batch_size <= recipe.train_size,
                f"{what}: batch_size {recipe.batch_size} is above the {recipe.train_size} "
                f"training examples that are left at noise rate {rate:g}",
            )
            _point(algorithm.rewind_to, f"{what}.rewind_to", recipe)
