"""An Experiment: a resolved configuration, its cells, and how two of them differ."""

import dataclasses
from typing import NamedTuple

import numpy as np

from pruning_jax.experiment import rules
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.recipe import Recipe


class Cell(NamedTuple):
    """One (algorithm, noise rate, seed)."""

    algorithm: str  # its name; it may be a control
    noise_rate: float  # the fraction of the training labels that is drawn anew
    seed: int  # of everything random

    @property
    def folder(self) -> str:
        """Its place below the workdir."""
        rate = np.format_float_positional(self.noise_rate, trim="-")  # exact: no two rates meet
        return f"cells/{self.algorithm}/noise={rate}/seed={self.seed}"


class Experiment(NamedTuple):
    """A resolved configuration: all that decides what a run computes, and nothing else."""

    data: Data
    recipe: Recipe
    algorithms: tuple[Algorithm, ...]  # an algorithm comes after the one whose masks it takes
    noise_rates: tuple[float, ...]
    seeds: tuple[int, ...]
    el2n_epochs: float
    scoring_examples: int
    save_params: bool
    tie_fraction: float = 0.1  # of the training examples, those that pruning improves most

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The whole grid in its order."""
        return tuple(
            Cell(a.name, rate, seed)
            for a in self.algorithms
            for rate in self.rates(a)
            for seed in self.seeds
        )

    def left_out(self, algorithm: Algorithm, noise_rate: float) -> int:
        """How many training examples an algorithm does without: the same for every seed."""
        rate = {"": 0.0, "noisy": noise_rate}.get(algorithm.without, self.tie_fraction)
        return rules.count(rate, self.recipe.train_size)

    def rates(self, algorithm: Algorithm) -> tuple[float, ...]:
        """The noise rates at which an algorithm runs: without noise there are no noisy examples
        to leave out."""
        every = self.noise_rates
        return tuple(r for r in every if algorithm.without != "noisy" or r > 0)

    def recipe_of(self, algorithm: Algorithm, noise_rate: float) -> Recipe:
        """How an algorithm trains: the recipe with its width and its number of examples."""
        return dataclasses.replace(
            self.recipe,
            width=self.recipe.width * algorithm.width,
            train_size=self.recipe.train_size - self.left_out(algorithm, noise_rate),
        )

    def el2n_step(self, recipe: Recipe) -> int:
        """The step at which EL2N is measured."""
        return max(1, round(self.el2n_epochs * recipe.steps_per_epoch))

    def algorithm(self, name: str) -> Algorithm:
        return next(a for a in self.algorithms if a.name == name)
