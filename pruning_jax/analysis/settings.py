"""What the analyses leave open: every threshold, as a parameter."""

from dataclasses import asdict, dataclass
from hashlib import sha256
from math import log

from jaxtyping import Float
from numpy import ndarray

from pruning_jax.analysis import statistics
from pruning_jax.analysis.statistics import Estimates


@dataclass(frozen=True)
class Settings:
    """The thresholds of the analyses. All values are ours: the paper publishes none.

    Raises:
      ValueError: a threshold is impossible.
    """

    alpha: float = 0.05  # level of the tests; intervals have confidence 1 - alpha
    delta: float = 0.005  # accuracy: the smallest effect that matters
    minimum_log_ratio: float = log(1.05)  # of training losses: the smallest that matters, claim 2
    margin: float | None = None  # accuracy within which models are equivalent; None: delta
    minimum_seeds: int = 3  # fewer decide nothing
    chance: float | None = None  # accuracy of guessing; None: 1 / classes of the data set
    collapse_factor: float = 1.5  # a network has collapsed below this many times chance
    pruned: str = ""  # the only algorithm that the claims are asked of; "": all that prune
    extended: str = "extended_dense"  # prunes nothing, repeats the schedule
    size_tolerance: float = 1.12  # factor in weights: half a step of pruning 20 %
    time_tolerance: float = 1.12  # factor in epochs, within which training times are the same
    bootstrap_from: int = 10  # replicates; below, Student's t
    resamples: int = 9_999
    seed: int = 0  # of the resampling
    smallest_loss: float = 1e-12  # nats; a lower training loss counts as this one

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 0.5:
            raise ValueError(f"alpha is {self.alpha}, must be between 0 and 0.5")
        for name in ("size_tolerance", "time_tolerance", "collapse_factor"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, a factor of at least 1")
        for name in ("bootstrap_from", "resamples", "minimum_seeds"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} is {getattr(self, name)}, must be at least 2")
        for name in ("delta", "minimum_log_ratio", "margin"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"{name} is {value}, must be above 0")

    @property
    def equivalent(self) -> float:
        """The difference of accuracies below which two models are equivalent."""
        return self.delta if self.margin is None else self.margin

    @property
    def digest(self) -> str:
        """A short name of these settings, which no others have; it begins with a letter, so that
        nothing takes it for a number."""
        return "s" + sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()[:8]

    def estimates(
        self,
        values: Float[ndarray, "replicate *rest"],
        confidence: float | None = None,
        resolution: float = 0.0,
    ) -> Estimates:
        """The means over the first axis with their intervals; see `statistics.estimates`.

        Args:
          values: what was measured, NaN where nothing was.
          confidence: that of the intervals; by default 1 - alpha.
          resolution: the smallest step of the values, in their unit.
        """
        return statistics.estimates(
            values,
            confidence=1 - self.alpha if confidence is None else confidence,
            bootstrap_from=self.bootstrap_from,
            resamples=self.resamples,
            seed=self.seed,
            resolution=resolution,
        )


DEFAULTS = Settings()
"""The thresholds that count where nobody asks for others."""
