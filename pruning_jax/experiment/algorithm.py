"""Algorithm: how to prune and how to start again.

It checks itself when it is made, so that a notebook is told of a mistake as early as a command.
"""

import itertools
from dataclasses import dataclass, field

from pruning_jax import plugins
from pruning_jax.errors import one_of, require
from pruning_jax.experiment import checks
from pruning_jax.experiment.recipe import WIDEST

DERIVED = {"derived": True}
"""Marks a field of an algorithm that is worked out, not set by its name."""

SCOPES = ("global", "layerwise")
"""Whether weights compete with all others, or every layer gets the same density."""

WITHOUT = ("", "noisy", "top_improved", "random")
"""Which training examples are left out: none; those whose label was drawn anew; those whose loss
pruning improves most; as many at random."""

MOST_ROUNDS = 10_000
"""The most rounds, round 0 among them; a range ends after some dozens. It keeps a slip of the hand
from filling the memory."""

MOST_SCORE_STEPS = 100_000
"""The most steps in which a round prunes; SynFlow, which has the most, has 100."""


@dataclass(frozen=True)
class Algorithm:
    """How to prune and how to start again.

    >>> Algorithm("lrr", densities=(1.0, 0.8, 0.64)).rounds
    2
    """

    name: str = field(metadata=DERIVED)
    # Of every round, the dense round 0 first. They are written down so that they do not drift.
    densities: tuple[float, ...] = field(metadata=DERIVED)
    criterion: str = "magnitude"
    scope: str = "global"  # one of SCOPES
    rewind: str = "learning_rate"
    rewind_to: str = "0ep"  # the point of round 0 that is rewound to
    one_shot: bool = False  # whether each density is pruned to straight from the dense network
    exclude: tuple[str, ...] = ()  # layers, by name pattern, that are not pruned
    masks_from: str = ""  # the algorithm whose masks are trained under, instead of pruning
    shuffle: bool = False  # whether the mask is permuted inside each layer
    score_steps: int = 1  # in how many steps a round prunes, with new scores in each
    width: float = 1.0  # of every hidden layer, relative to the recipe
    without: str = ""  # the examples that are left out of training, one of WITHOUT
    control_of: str = field(default="", metadata=DERIVED)  # the algorithm that it is a control of
    # The round of that algorithm which decides which examples improved.
    control_round: int = field(default=0, metadata=DERIVED)
    # The accuracy on clean training examples at or below which a network has collapsed. A cell
    # ends after two rounds in a row that end so; 0: it goes on to the last density.
    collapsed: float = field(default=0.0, metadata=DERIVED)

    def __post_init__(self) -> None:
        where = f"algorithms.{self.name}"
        checks.description(self, f"{where}.")
        checks.names(f"{where}.exclude", self.exclude)
        plugins.CRITERIA.check(self.criterion)
        plugins.REWINDS.check(self.rewind, f"{where}.rewind")
        one_of(f"{where}.scope", self.scope, SCOPES)
        one_of(f"{where}.without", self.without, WITHOUT)
        require(
            0 < self.score_steps <= MOST_SCORE_STEPS,
            f"{where}.score_steps {self.score_steps} is outside 1 to {MOST_SCORE_STEPS}",
        )
        require(self.width > 0, f"{where}.width {self.width} is not above 0")
        require(self.width <= WIDEST, f"{where}.width {self.width:g} is above {WIDEST}")
        require(
            len(self.densities) <= MOST_ROUNDS,
            f"{where}: {len(self.densities)} densities are more than {MOST_ROUNDS}",
        )
        for density in self.densities:
            hint = checks.fraction(density)
            require(0 < density <= 1, f"{where}: density {density} is outside (0, 1]{hint}")
        rising = [(a, b) for a, b in itertools.pairwise(self.densities) if b > a]
        require(
            not rising,
            f"{where}: densities rise, {rising and rising[0]}; list them from high to low, as "
            f"{tuple(sorted(self.densities[1:], reverse=True))}",
        )

    @property
    def variant(self) -> tuple[float, str, str, int]:
        """What decides round 0, besides seed and noise: algorithms with one variant share it."""
        if self.without in ("top_improved", "random"):
            return self.width, self.without, self.control_of, self.control_round
        return self.width, self.without, "", 0

    @property
    def rounds(self) -> int:
        """The number of the last round."""
        return len(self.densities) - 1
