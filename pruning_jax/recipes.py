"""The recipe of a configuration, checked."""

from dataclasses import replace
from typing import Any

import jax

from pruning_jax import augmentations, checks, data, models, replicas, state, train
from pruning_jax.checks import require
from pruning_jax.config import Config, Data, Engine, Recipe, taken_from
from pruning_jax.models import _convolution


def positive(config: Config, name: str, of: str = "") -> Any:
    """A setting that must be above 0."""
    require(config[name] > 0, f"{of}{name} {config[name]} is not above 0")
    return config[name]


def resolve(config: Config, dataset: Data) -> Recipe:
    """How a configuration trains.

    Raises:
      WrongUse: one line with the value and what it may be.
    """
    spec = data.spec(dataset.dataset)
    train_size, _ = data.sizes(dataset, spec.train_size)
    recipe = Recipe(
        **taken_from(config, Recipe),
        image_shape=spec.image_shape,
        num_classes=spec.num_classes,
        train_size=train_size,
        engine=_engine(config, spec),
    )
    for name in ("epochs", "batch_size", "learning_rate", "width", "decay_factor"):
        positive(config, name)
    _check(recipe)
    _check_augmentations(recipe, spec, dataset.dataset)
    return recipe


def _check(recipe: Recipe) -> None:
    checks.one_of("model", recipe.model, models.NAMES)
    checks.one_of("optimizer", recipe.optimizer, state.OPTIMIZERS)
    checks.one_of("schedule", recipe.schedule, state.SCHEDULES)
    checks.one_of("precision", recipe.precision, train.PRECISIONS)
    require(
        recipe.batch_size <= recipe.train_size,
        f"batch_size {recipe.batch_size} is above the {recipe.train_size} training examples",
    )
    share = recipe.engine.batch_devices
    require(
        recipe.batch_size % share == 0,
        f"batch_size {recipe.batch_size} cannot be divided by the {share} devices that share it; "
        "change it or engine.batch_devices",
    )
    require(0 <= recipe.momentum < 1, f"momentum {recipe.momentum} is outside [0, 1)")
    require(recipe.weight_decay >= 0, f"weight_decay {recipe.weight_decay} is below 0")
    require(
        0 <= recipe.warmup_epochs <= recipe.epochs,
        f"warmup_epochs {recipe.warmup_epochs} is outside 0 to {recipe.epochs}, the epochs",
    )
    for milestone in recipe.milestones:
        require(
            isinstance(milestone, int) and 0 < milestone < recipe.epochs,
            f"milestones: {milestone} is outside 1 to {recipe.epochs - 1}, "
            "the epochs before the end",
        )
    require(
        recipe.schedule == "step" or not recipe.milestones,
        f"milestones {recipe.milestones} go with schedule 'step', not with {recipe.schedule!r}",
    )


def _engine(config: Config, spec: data.Spec) -> Engine:
    engine = Engine(**taken_from(config.engine, Engine))
    for name, kinds in (("replicas", replicas.WAYS), ("convolution", _convolution.KINDS)):
        if config.engine[name]:
            checks.one_of(f"engine.{name}", config.engine[name], kinds)
    share = engine.batch_devices
    require(share >= 0, f"engine.batch_devices {share} is below 0")
    require(engine.workers >= -1, f"engine.workers {engine.workers} is below -1")
    alone = config.replicas_at_once <= 1 or not spec.streamed
    require(
        alone,
        f"replicas_at_once {config.replicas_at_once}: the images of {config.dataset} are read as "
        "they are needed, by one replica at a time",
    )
    return replace(engine, batch_devices=share or (jax.device_count() if spec.streamed else 1))


def _check_augmentations(recipe: Recipe, spec: data.Spec, dataset: str) -> None:
    special = augmentations.RESIZED_CROP
    for name in recipe.augmentations:
        checks.one_of("augmentations:", name, (*augmentations.KINDS, special))
        require(
            spec.streamed or name != special,
            f"augmentations: {special!r} is for images that are read as they are needed; those "
            f"of {dataset} lie on the device, where 'crop' may do",
        )
