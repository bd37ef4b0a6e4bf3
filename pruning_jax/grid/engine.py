"""How a recipe is computed on the devices of a target: the one place that decides it."""

import dataclasses

import jax

from pruning_jax.errors import require
from pruning_jax.experiment.config import Config
from pruning_jax.experiment.recipe import Engine, Recipe
from pruning_jax.machine import cores
from pruning_jax.training import state, vectors
from pruning_jax.training.devices import Target


def settle(config: Config, recipe: Recipe, streamed: bool, target: Target) -> Recipe:
    """The recipe with its engine: as configured, and chosen here where that is left open.

    Args:
      streamed: whether images are read as training needs them.
      target: the devices that will compute it.

    Raises:
      WrongUse: a setting of the engine is not possible.
    """
    asked = config.engine
    require(asked.batch_devices >= 0, f"engine.batch_devices {asked.batch_devices} is below 0")
    require(asked.workers >= -1, f"engine.workers {asked.workers} is below -1")
    require(
        config.replicas_at_once <= 1 or not streamed,
        f"replicas_at_once {config.replicas_at_once}: the images of {config.dataset} are read as "
        "they are needed, by one replica at a time",
    )
    way = asked.replicas or _way(recipe, target)
    engine = Engine(
        replicas=way,
        convolution=asked.convolution or ("gradient" if target.on_cpu else "native"),
        normalisation=asked.normalisation or ("gradient" if target.on_gpu else "native"),
        parameters=asked.parameters or _parameters(recipe, way, streamed, target),
        batch_devices=asked.batch_devices or (len(target.devices) if streamed else 1),
        workers=cores() if asked.workers < 0 else asked.workers,
    )
    _check_parameters(engine, recipe, streamed)
    return dataclasses.replace(recipe, engine=engine)


def _way(recipe: Recipe, target: Target) -> str:
    """How replicas that share a device are computed.

    On CPUs they take turns, because a replica's weights then stay in a core's cache. On
    accelerators they are computed side by side, but take turns where there are convolutions, which
    would become grouped ones. The latter is reasoned, not measured.
    """
    kernels = jax.tree.leaves(state.shapes(recipe).params)
    convolutions = any(kernel.ndim == 4 for kernel in kernels)
    return "turns" if target.on_cpu or convolutions else "vmap"


def _parameters(recipe: Recipe, way: str, streamed: bool, target: Target) -> str:
    """How parameters are updated: as vectors on GPUs, where each array would be a kernel by itself.

    Not of many replicas side by side: their arrays are large, and to copy them out of a vector
    costs more than its fewer kernels save.
    """
    apt = target.on_gpu and way != "vmap" and not streamed and vectors.possible(recipe)
    return "vector" if apt else "leaves"


def _check_parameters(engine: Engine, recipe: Recipe, streamed: bool) -> None:
    """Vectors are made for many steps at once, and for optimizers that treat numbers alike."""
    if engine.parameters == "leaves":
        return
    require(
        not streamed, "engine.parameters 'vector': not where images are read as they are needed"
    )
    require(
        vectors.possible(recipe),
        f"engine.parameters 'vector': the optimizer {recipe.optimizer!r} is one of your own, which "
        "may look at whole layers; take 'leaves'",
    )
