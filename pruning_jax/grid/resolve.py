"""From a ConfigDict to an Experiment: everything is resolved and checked before any work."""

import dataclasses
from collections.abc import Iterable

from pruning_jax import errors, plugins
from pruning_jax.data import augment, label_noise, sources
from pruning_jax.data.augment import RESIZED_CROP
from pruning_jax.data.division import sizes
from pruning_jax.data.sources import Spec
from pruning_jax.errors import WrongUse, require
from pruning_jax.experiment import checks, reading
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.config import Config
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import controls, engine, reach, tryout
from pruning_jax.training import devices
from pruning_jax.training.devices import Target


def resolve(config: Config, target: Target | None = None) -> Experiment:
    """The experiment that a configuration describes.

    Args:
      target: the devices that will compute it; by default those that are here.

    Raises:
      WrongUse: one line with the value, what it may be, and the nearest choice.
    """
    reading.check_kinds(config)
    spec = sources.spec(config.dataset)
    data, recipe = _data(config, spec), _recipe(config, spec, target or devices.here())
    asked = reading.read_algorithms(config, recipe)
    named = tuple(
        reach.within_reach(algorithm, recipe, listed=bool(reading.listed(config, algorithm.name)))
        for algorithm in asked
    )
    algorithms = (*named, *controls.derive(config, named, recipe))
    _check_folders(algorithms)
    for algorithm in algorithms:
        controls.check_masks_from(algorithm, algorithms)
    rates, seeds = reading.read_grid(config)
    scoring = config.scoring_examples
    require(scoring > 0, f"scoring_examples {scoring} is not above 0")
    experiment = Experiment(
        data,
        recipe,
        tuple(sorted(algorithms, key=lambda a: (a.control_round, bool(a.masks_from)))),
        rates,
        seeds,
        reading.read_el2n_epochs(config, recipe),
        scoring,
        bool(config.save.params),
        config.controls.tie_fraction,
    )
    _check_trainable(experiment)
    _find_plugins(experiment)
    return experiment


def _data(config: Config, spec: Spec) -> Data:
    """Which examples, checked against the data set; a transition matrix is read from its file."""
    data, images = reading.read_data(config), config.train_images
    require(
        0 <= images <= spec.train_size,
        f"train_images {images} is outside 0 (all) to {spec.train_size}, "
        f"the images of {config.dataset}",
    )
    if data.transition_matrix is None:
        return data
    matrix = label_noise.read_matrix(data.transition_matrix, spec.num_classes)
    return dataclasses.replace(data, transition_matrix=matrix)


def _recipe(config: Config, spec: Spec, target: Target) -> Recipe:
    """How it is trained, checked against the data set, with its engine settled."""
    data = reading.read_data(config)
    train_size, _ = sizes(data, spec.train_size)
    recipe = reading.read_recipe(config, spec.image_shape, spec.num_classes, train_size)
    for name in recipe.augmentations:
        augment.check(name)
        require(
            spec.streamed or name != RESIZED_CROP,
            f"augmentations: {RESIZED_CROP!r} is for images that are read as they are needed; "
            f"those of {config.dataset} lie on the device, where 'crop' may do",
        )
        require(
            name != RESIZED_CROP or name == recipe.augmentations[0],
            f"augmentations: {RESIZED_CROP!r} comes first, because it is done where images are "
            f"read; write {('resized_crop', *(n for n in recipe.augmentations if n != name))}",
        )
    tryout.try_out(data, recipe)
    return engine.settle(config, recipe, spec.streamed, target)


def _check_folders(algorithms: Iterable[Algorithm]) -> None:
    """Every algorithm has a folder of its own, also where file systems do not tell a from A."""
    known: dict[str, Algorithm] = {}
    for algorithm in algorithms:
        other = known.setdefault(algorithm.name.lower(), algorithm)
        if other is algorithm:
            continue
        if other.control_of and algorithm.control_of:
            raise WrongUse(
                f"controls: two of them are {algorithm.name!r}; leave out one of the rounds that "
                "they stand beside"
            )
        control = other.control_of or algorithm.control_of
        raise WrongUse(
            f"grid.algorithms: {other.name!r} would share a folder with "
            + (f"a control of {control}" if control else repr(algorithm.name))
            + "; take another name"
        )


def _check_trainable(experiment: Experiment) -> None:
    """Every algorithm has enough examples left for a batch, a step to rewind to, and no more steps
    than can be counted."""
    for algorithm in experiment.algorithms:
        where = f"algorithms.{algorithm.name}"
        steps = experiment.recipe.steps * len(algorithm.densities)
        require(
            steps <= checks.LARGEST,
            f"{where}: its {len(algorithm.densities)} rounds have {steps} steps, more than can be "
            f"counted, {checks.LARGEST}; take fewer epochs or rounds",
        )
        for rate in experiment.rates(algorithm):
            left = experiment.recipe.train_size - experiment.left_out(algorithm, rate)
            require(
                experiment.recipe.batch_size <= left,
                f"{where}: batch_size {experiment.recipe.batch_size} is above the {left} "
                f"training examples that are left at noise rate {rate:g}",
            )
            try:
                experiment.recipe_of(algorithm, rate).step_at(algorithm.rewind_to)
            except WrongUse as error:
                raise WrongUse(f"{where}.rewind_to {error}") from error


def _find_plugins(experiment: Experiment) -> None:
    """Imports every plug-in that is used, so that one that cannot be had is told of at once."""
    recipe, algorithms = experiment.recipe, experiment.algorithms
    used = [
        (plugins.MODELS, recipe.model),
        (plugins.OPTIMIZERS, recipe.optimizer),
        (plugins.SCHEDULES, recipe.schedule),
        (plugins.NOISE, experiment.data.noise_kind),
        *((plugins.CRITERIA, a.criterion) for a in algorithms),
        *((plugins.REWINDS, a.rewind) for a in algorithms),
        *((plugins.AUGMENTATIONS, n) for n in recipe.augmentations if n != RESIZED_CROP),
    ]
    for kind, name in dict.fromkeys(used):
        found = kind.find(name)
        errors.require(callable(found), f"{kind.what} {name!r} is {found!r}, not a function")
