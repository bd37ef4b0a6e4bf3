"""The laws that plug-ins must keep, as functions for their authors.

    from pruning_jax.testing import check_criterion

    check_criterion("my_module:score")  # or the function itself

Each raises an AssertionError, which says what is wrong and what to do, or returns nothing. The
tests of the built-in plug-ins call the same functions.
"""

from pruning_jax.testing.analysis import check_analysis
from pruning_jax.testing.augmentation import check_augmentation
from pruning_jax.testing.criterion import check_criterion
from pruning_jax.testing.dataset import check_dataset
from pruning_jax.testing.exploration import check_exploration
from pruning_jax.testing.mirror import check_mirror
from pruning_jax.testing.model import check_model
from pruning_jax.testing.noise import check_noise
from pruning_jax.testing.optimizer import check_optimizer
from pruning_jax.testing.rewind import check_rewind
from pruning_jax.testing.schedule import check_schedule

__all__ = [
    "check_analysis",
    "check_augmentation",
    "check_criterion",
    "check_dataset",
    "check_exploration",
    "check_mirror",
    "check_model",
    "check_noise",
    "check_optimizer",
    "check_rewind",
    "check_schedule",
]
