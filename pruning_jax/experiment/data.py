"""Data: which examples, how they are divided, and how their labels are corrupted.

It checks itself when it is made, so that a notebook is told of a mistake as early as a command.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pruning_jax import plugins
from pruning_jax.errors import require
from pruning_jax.experiment import checks

Matrix = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Data:
    """Which examples there are, how they are divided, and how their labels are corrupted.

    One division serves every seed, so that examples can be compared over replicates.
    """

    dataset: str = "digits"
    train_images: int = 0  # how many images of the training set are used; 0: all of them
    validation_fraction: float = 0.1  # the part of these that is set aside for validation
    noisy_validation: bool = False  # whether the validation labels are corrupted too
    split_seed: int = 0
    noise_kind: str = "symmetric"
    # For the noise kind "matrix": rows of probabilities, or the path of a .npy file that has them.
    transition_matrix: Matrix | str | None = None

    def __post_init__(self) -> None:
        checks.description(self)
        plugins.NOISE.check(self.noise_kind)
        require(self.train_images >= 0, f"train_images {self.train_images} is below 0")
        require(self.split_seed >= 0, f"split_seed {self.split_seed} is below 0")
        fraction = self.validation_fraction
        require(0 <= fraction < 1, f"validation_fraction {fraction} is outside [0, 1)")
        if self.noise_kind not in plugins.NOISE.names:
            return  # a user's own kind may have a use for a matrix
        require(
            self.noise_kind == "matrix" or self.transition_matrix is None,
            f"transition_matrix is given, but noise_kind is {self.noise_kind!r}; it goes with "
            "'matrix'",
        )
        require(
            self.noise_kind != "matrix" or self.transition_matrix is not None,
            "noise_kind 'matrix' needs a transition_matrix: rows, or a .npy file",
        )
