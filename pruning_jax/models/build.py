"""The network of a recipe."""

from flax import linen as nn

from pruning_jax import plugins
from pruning_jax.experiment.recipe import Recipe


def build(recipe: Recipe) -> nn.Module:
    """The untrained network of a recipe, whose `model` names a plug-in.

    It is a Flax linen module that is called as `network(images, train=..., valid=...)` and gives
    logits [n, classes] for images [n, height, width, channels]:

    - its prunable weights are named `kernel`;
    - `train` is True in training: BatchNorm then uses the moments of the batch;
    - `valid`, bool [n], is False for images that only fill up the batch, which must have no part in
      BatchNorm's moments; None where there are none.
    """
    return plugins.MODELS.find(recipe.model)(recipe)
