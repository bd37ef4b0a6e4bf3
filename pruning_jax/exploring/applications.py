"""How often each layer is applied to an image, traced without computing anything."""

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from pruning_jax import masks
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.models.build import build
from pruning_jax.training import state


@functools.cache
def applications(recipe: Recipe) -> dict[str, int]:
    """How often the weights of each prunable layer are used for one image, by the layer's path.

    A convolution uses each of its weights once at every place of its output, also where a window
    reaches beyond the border; a linear layer uses them once. Layers that are called several times
    count as often.

    Raises:
      WrongUse: a layer gives something else than units along its last axis, so that it is not
        known.
    """
    found: dict[str, int] = {}

    def counted(
        call: Callable[..., Any], args: tuple, kwargs: dict, context: nn.module.InterceptorContext
    ) -> Any:
        out = call(*args, **kwargs)
        module = context.module
        if context.method_name == "__call__" and module.has_variable("params", masks.PRUNABLE):
            name = "/".join((*module.path, masks.PRUNABLE))
            units = module.get_variable("params", masks.PRUNABLE).shape[-1]
            if out.shape[-1] == units:
                found[name] = found.get(name, 0) + math.prod(out.shape[:-1])
        return out

    shapes = state.shapes(recipe)
    variables = {"params": shapes.params}
    if shapes.statistics:
        variables["batch_stats"] = shapes.statistics
    image = jax.ShapeDtypeStruct((1, *recipe.image_shape), jnp.float32)
    with nn.intercept_methods(counted):
        jax.eval_shape(lambda own, x: build(recipe).apply(own, x, train=False), variables, image)
    layers = masks.named(jax.eval_shape(masks.dense, shapes.params))
    missing = [name for name in layers if name not in found]
    if missing:
        raise WrongUse(
            f"model {recipe.model!r}: how often {', '.join(missing)} is applied to an image is not "
            "known, because its output has no axis of units at its end"
        )
    return {name: found[name] for name in layers}
