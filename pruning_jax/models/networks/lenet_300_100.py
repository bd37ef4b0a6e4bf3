"""LeNet-300-100: two hidden layers of 300 and 100 units (LeCun et al. 1998)."""

from flax import linen as nn
from jaxtyping import Array, Bool, Float

from pruning_jax.experiment.recipe import Recipe
from pruning_jax.models.layers import dense, scaled


class LeNet300100(nn.Module):
    """Logits [n, classes] of images [n, height, width, channels]."""

    units: tuple[int, ...]
    num_classes: int

    @nn.compact
    def __call__(
        self,
        images: Float[Array, "n h w c"],
        train: bool = False,  # noqa: ARG002
        valid: Bool[Array, " n"] | None = None,  # noqa: ARG002
    ) -> Float[Array, "n k"]:
        x = images.reshape(images.shape[0], -1)
        for units in self.units:
            x = nn.relu(dense(x, units))
        return dense(x, self.num_classes)


def build(recipe: Recipe) -> nn.Module:
    return LeNet300100(tuple(scaled(n, recipe.width) for n in (300, 100)), recipe.num_classes)
