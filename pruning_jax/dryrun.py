"""Checks that need the network: its layers, and what criteria make of it. Runs nothing."""

import jax
import numpy as np

from pruning_jax import checks, cost, devices, masks, programs, rounds, state
from pruning_jax.checks import require
from pruning_jax.config import Recipe
from pruning_jax.experiment import Experiment
from pruning_jax.train import Examples
from pruning_jax.types import Mask


def check(experiment: Experiment) -> None:
    """Raises WrongUse for a density that cannot be had, a pattern without a layer, or a
    criterion whose scores do not fit the parameters."""
    recipe = experiment.recipe
    for algorithm in experiment.algorithms:
        mask = _network(experiment.recipe_of(algorithm, 0.0))[1]
        sizes = masks.sizes(mask)
        what = f"algorithms.{algorithm.name}"
        for pattern in algorithm.exclude:
            require(
                bool(masks.excluded(mask, (pattern,)).any()),
                f"{what}.exclude: {pattern!r} matches none of the layers {', '.join(sizes)}"
                + checks.nearest(pattern, (name.rpartition("/")[0] for name in sizes)),
            )
        counts = np.array(list(sizes.values()))
        least = max(1, int(counts[masks.excluded(mask, algorithm.exclude)].sum()))
        lowest = min(algorithm.densities)
        keep = rounds.kept(counts, lowest)
        require(
            keep >= least,
            f"{what}: density {lowest:.4g} keeps {keep} of {counts.sum()} weights, "
            f"at least {least} must remain",
        )
    for name in {a.criterion for a in experiment.algorithms}:
        _check_scores(experiment, name, *_network(recipe))


def check_machine(recipe: Recipe) -> None:
    """Raises WrongUse where this machine has too few devices, or too little memory for a batch."""
    devices.check(recipe)
    share = 1 if devices.on_cpu() else recipe.engine.batch_devices  # cores have one memory
    need, free = cost.activations(recipe) / share, devices.free_bytes()
    require(
        need <= free,
        f"batch_size {recipe.batch_size}: what the layers of {recipe.model} give for a batch needs "
        f"{need / 1e9:.3g} GB, {free / 1e9:.3g} GB are free; take a smaller batch, or let more "
        "devices share it (engine.batch_devices)",
    )


def _network(recipe: Recipe) -> tuple[state.TrainState, Mask]:
    """The shapes of a network's state and mask."""
    one = state.shapes(recipe)
    return one, jax.eval_shape(masks.dense, one.params)


def notes(experiment: Experiment) -> list[str]:
    """What a user should know before it runs, a line each."""
    recipe = experiment.recipe
    last = float(state.learning_rate(recipe, recipe.steps))
    tiny = last < recipe.learning_rate / 1000
    return [
        f"note: {a.name} fine-tunes at the schedule's last learning rate, which is {last:.1e} "
        f"under {recipe.schedule!r}: it hardly trains; 'step' or 'constant' end higher"
        for a in experiment.algorithms
        if a.rewind == "finetune" and tiny
    ]


def _check_scores(experiment: Experiment, name: str, one: state.TrainState, mask: Mask) -> None:
    recipe = experiment.recipe
    size = min(experiment.scoring_examples, recipe.train_size)
    labels = jax.ShapeDtypeStruct((recipe.train_size,), np.int32)
    images = jax.ShapeDtypeStruct((recipe.train_size, *recipe.image_shape), np.uint8)
    channel = jax.ShapeDtypeStruct(recipe.image_shape[-1:], np.float32)
    layers = len(jax.tree.leaves(mask))
    jax.eval_shape(
        lambda *args: programs.score(recipe, (name,), size, *args),
        (one, one, mask, labels, labels, jax.eval_shape(jax.random.key, 0)),
        Examples(images, None, None, channel, channel),
        programs.Choice(0, False, 0, np.zeros(layers, np.int32), np.zeros(layers, bool), 0, 1),
    )
