"""What the analyses leave open: every threshold, as a parameter."""

from dataclasses import dataclass

from jaxtyping import Float
from numpy import ndarray

from pruning_jax.analysis import statistics
from pruning_jax.analysis.statistics import Estimates


@dataclass(frozen=True)
class Settings:
    """The thresholds of the analyses. All values are ours: the paper publishes none.

    `minimum_*`: an effect counts only if its interval lies beyond this size, on either side of 0.

    Raises:
      ValueError: a threshold is impossible.
    """

    alpha: float = 0.05  # level of the tests; intervals have confidence 1 - alpha
    pruned: str = "lrr"  # the algorithm that the claims are about; else the first that prunes
    extended: str = "extended_dense"  # prunes nothing, repeats the schedule
    size_tolerance: float = 1.12  # factor in weights: half a step of pruning 20 %
    bootstrap_from: int = 10  # replicates; below, Student's t
    resamples: int = 9_999
    seed: int = 0  # of the resampling
    margin: float = 0.01  # accuracy: a model reaches another if it loses less than this
    collapse_tolerance: float = 0.02  # accuracy that a network may lose and still be compared
    smallest_loss: float = 1e-12  # nats; a lower training loss counts as this one
    minimum_gain: float = 0.0  # accuracy, claim 1
    minimum_log_ratio: float = 0.0  # of training losses, claims 2 and 4
    minimum_degradation: float = 0.0  # accuracy, claims 3 and 4

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha is {self.alpha}, must be between 0 and 1")
        if self.size_tolerance < 1:
            raise ValueError(f"size_tolerance is {self.size_tolerance}, a factor of at least 1")
        for name in ("bootstrap_from", "resamples"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} is {getattr(self, name)}, must be at least 2")

    def estimates(
        self, values: Float[ndarray, "replicate *rest"], confidence: float | None = None
    ) -> Estimates:
        """The means over the first axis with their intervals; see `statistics.estimates`.

        Args:
          values: what was measured, NaN where nothing was.
          confidence: that of the intervals; by default 1 - alpha.
        """
        return statistics.estimates(
            values,
            confidence=1 - self.alpha if confidence is None else confidence,
            bootstrap_from=self.bootstrap_from,
            resamples=self.resamples,
            seed=self.seed,
        )


DEFAULTS = Settings()
"""The thresholds that count where nobody asks for others."""
