"""What the driver of the rounds passes around: a stack of replicas, and moments of its training."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float, Int, Key

from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.pruning.origins import Origin
from pruning_jax.training.evaluation import Outcome
from pruning_jax.training.examples import Images
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState
from pruning_jax.training.streaming import Reader
from pruning_jax.types import Mask


class Stack(NamedTuple):
    """Replicas that are trained at once: what each has of its own from beginning to end, and the
    images that they share."""

    keys: Key[Array, " replicas"]  # the root key of each one's seed
    labels: Int[Array, "replicas n"]  # as given
    used: Int[Array, "replicas train_size"]  # the places of the examples to train on
    images: Images
    reader: Reader | None = None  # of the only replica, where images are read as they are needed

    @property
    def size(self) -> int:
        """The number of replicas."""
        return self.keys.shape[0]

    def replicas(self, state: TrainState, mask: Mask, anchor: TrainState | None = None) -> Replica:
        """The replicas, stacked, with the states and masks that they have now."""
        anchor = state if anchor is None else anchor
        return Replica(
            key=self.keys,
            labels=self.labels,
            used=self.used,
            state=state,
            mask=mask,
            anchor=anchor,
        )


class Moment(NamedTuple):
    """A point from which training can go on: inside a round, or at its end (`done`)."""

    round: int
    step: int
    stop: int  # the step at which the round ends
    state: TrainState  # stacked
    mask: Mask  # stacked
    anchors: dict[int, TrainState]  # by their step: those of round 0 reached so far, stacked
    done: bool = False
    el2n: Float[np.ndarray, "replicas n"] | None = None  # once it is measured
    outcome: Outcome | None = None  # of the finished round, stacked
    seconds: float = 0.0  # that the stack has spent on the round
    origins: tuple[Origin, ...] = ()  # where each replica's round begins, as hashes


class Work(NamedTuple):
    """What the driver needs to know of a group before it begins."""

    recipe: Recipe
    algorithms: tuple[Algorithm, ...]
    el2n_step: int
    scoring_examples: int
    pace: Callable[[int], int]  # the step at which training pauses next after a step

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criteria in use; one compiled program has them all."""
        return tuple(sorted({a.criterion for a in self.algorithms}))

    @property
    def rewinds(self) -> tuple[str, ...]:
        """The rewinds in use; one compiled program has them all."""
        return tuple(sorted({a.rewind for a in self.algorithms}))

    @property
    def anchors(self) -> tuple[int, ...]:
        """The steps of round 0 that are rewound to."""
        return tuple(sorted({self.recipe.step_at(a.rewind_to) for a in self.algorithms}))
