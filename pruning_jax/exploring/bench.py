"""A bench: a finished run opened again, so that its networks can be put to work."""

import dataclasses
from functools import cached_property
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from pruning_jax import masks
from pruning_jax.data import sources
from pruning_jax.data.division import Division, divide
from pruning_jax.errors import require
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.experiment.recipe import Engine, Recipe
from pruning_jax.files import Arrays
from pruning_jax.grid.groups import Base, labels_of
from pruning_jax.training import devices, state
from pruning_jax.training.examples import Images
from pruning_jax.training.replica import Replica, fresh
from pruning_jax.training.state import TrainState
from pruning_jax.types import Mask
from pruning_jax.workdir.collect import Run
from pruning_jax.workdir.explored import Network


class Bench:
    """A run whose networks can be used again; data and programs are loaded when they are needed."""

    def __init__(self, run: Run, data_dir: str = "") -> None:
        """Opens a run.

        Args:
          run: as `pruning_jax.load` gives it.
          data_dir: where the prepared data set lies; "" for its usual place.

        Raises:
          WrongUse: it is not known what the run was asked for.
        """
        why = f": {run.problems[0]}" if run.problems else ""
        require(run.experiment is not None, f"workdir {run.workdir} tells of no experiment{why}")
        self.run, self.data_dir = run, data_dir

    @property
    def workdir(self) -> Path:
        """The directory of the run."""
        return self.run.workdir

    @property
    def experiment(self) -> Experiment:
        """What the run was asked for."""
        assert self.run.experiment is not None
        return self.run.experiment

    @cached_property
    def division(self) -> Division:
        """The data set, divided as in the run.

        Raises:
          WrongUse: it is not there.
        """
        source = sources.load(self.experiment.data.dataset, self.data_dir)
        return divide(source, self.experiment.data)

    @cached_property
    def images(self) -> Images:
        """All images: those of training first, then of validation, then of testing.

        Raises:
          WrongUse: the data set is not there, or its images are read as training needs them.
        """
        own = self.division
        pixels = own.pixels
        require(
            pixels is not None,
            f"dataset {self.experiment.data.dataset!r}: its images are read as training needs "
            "them; no exploration can do that yet",
        )
        return Images(jnp.asarray(pixels), jnp.asarray(own.mean), jnp.asarray(own.std))

    @cached_property
    def _densities(self) -> dict[Network, float]:
        columns = (self.run.rows[name].tolist() for name in (*Network._fields, "density"))
        return {Network(*own): density for *own, density in zip(*columns, strict=True)}

    def density(self, network: Network) -> float:
        """Which part of the prunable weights of a network remains."""
        return self._densities[network]

    def recipe(self, cell: Cell) -> Recipe:
        """How a cell is trained, as this machine computes it."""
        own = self.experiment.recipe_of(self.experiment.algorithm(cell.algorithm), cell.noise_rate)
        engine = Engine(convolution="gradient" if devices.here().on_cpu else "native")
        return dataclasses.replace(own, engine=engine)

    def mask(self, network: Network) -> Mask:
        """The mask of a network.

        Raises:
          Damaged: it cannot be read.
        """
        recipe = self.recipe(network.cell)
        like = jax.eval_shape(masks.dense, state.shapes(recipe).params)
        own = self.run.mask(network.cell, network.round)
        return jax.tree.map(jnp.asarray, masks.unnamed(own, like))

    def anchor(self, cell: Cell) -> TrainState:
        """The state that the rounds of a cell are rewound to.

        Raises:
          Damaged: a file of the cell cannot be read, or the run keeps no parameters.
        """
        recipe = self.recipe(cell)
        step = recipe.step_at(self.experiment.algorithm(cell.algorithm).rewind_to)
        found = self.run.anchor(cell)
        return _state(recipe, found.params, found.statistics, step)

    def replica(self, network: Network) -> Replica:
        """A network as it was at the end of its round, with its labels and its training examples.

        Its state has a fresh optimizer and stands at the end of the schedule; its anchor is its
        initialisation.

        Raises:
          Damaged: a file of the cell cannot be read, or the run keeps no parameters.
        """
        cell, recipe = network.cell, self.recipe(network.cell)
        key = jax.random.key(cell.seed)
        begin, _ = _fresh(recipe, key)
        params = self.run.params(cell, network.round)
        statistics = self.run.statistics(cell, network.round)
        base = Base(cell.noise_rate, cell.seed)
        used = np.flatnonzero(self.run.examples(cell)["used"])
        return Replica(
            key=key,
            labels=jnp.asarray(labels_of(self.experiment, self.division, base).given),
            used=jnp.asarray(used, jnp.int32),
            state=_state(recipe, params, statistics, recipe.steps),
            mask=self.mask(network),
            anchor=begin,
        )


_fresh = jax.jit(fresh, static_argnums=0)


def _state(recipe: Recipe, params: Arrays, statistics: Arrays, step: int) -> TrainState:
    """The state of a saved network at a step, with a fresh optimizer."""
    like = state.shapes(recipe)
    return state.at_step(
        recipe,
        jax.tree.map(jnp.asarray, masks.unnamed(params, like.params)),
        jax.tree.map(jnp.asarray, masks.unnamed(statistics, like.statistics)),
        step,
    )
