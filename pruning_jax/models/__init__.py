"""Networks: one Flax linen module per file, which has `build(recipe)`.

A module takes images [n, height, width, channels] as float and gives logits
[n, classes]; prunable weights are named `kernel`. `train` switches BatchNorm, of whose moments
only the examples in `counts`, bool [n], are part.
"""

import importlib
import pkgutil

from flax import linen as nn

from pruning_jax import checks
from pruning_jax.config import Recipe

NAMES = tuple(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
"""The models: every file of this folder."""


def build(recipe: Recipe) -> nn.Module:
    """The untrained network of a recipe."""
    checks.one_of("model", recipe.model, NAMES)
    return importlib.import_module(f"{__name__}.{recipe.model}").build(recipe)
