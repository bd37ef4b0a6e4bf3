"""How fast a recipe would be trained here, estimated: nothing is compiled and nothing runs.

XLA counts what one step has to do (operations.py), and a calibration says what that costs on this
machine (calibration.py).
"""

from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import operations
from pruning_jax.grid.calibration import Prices
from pruning_jax.grid.operations import Count
from pruning_jax.grid.speed import Speed
from pruning_jax.training import devices
from pruning_jax.training.devices import REPLICA

COMPILATION = 0.02
"""The seconds in which a core of a Xeon compiles the programs of a recipe, for each instruction of
its training step: most of them draw the weights of a network."""


def speed(recipe: Recipe, replicas: int, examples: int, prices: Prices) -> Speed:
    """How fast a stack of replicas is trained.

    Args:
      examples: how many are evaluated at the end of a round.
    """
    each = devices.padded(recipe, replicas) // devices.mesh(recipe, replicas).shape[REPLICA]
    step, forward = operations.step(recipe), operations.forward(recipe)

    def stacked(one: Count) -> float:
        """The seconds of what each replica of a device does."""
        part = each / recipe.engine.batch_devices  # each of them has a part of the batch
        together = 1 if recipe.engine.replicas == "vmap" else each
        return prices.of(
            Count(part * one.operations, part * one.bytes, together * one.instructions)
        )

    return Speed(
        compilation=COMPILATION * step.instructions,
        epoch=prices.example * recipe.train_size * each,
        step=stacked(step),
        evaluation=stacked(forward) * examples / recipe.batch_size,
    )
