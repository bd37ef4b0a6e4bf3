"""Experiments: their cells, and how two of them differ."""

import dataclasses
import json

import pytest

from pruning_jax.experiment import record
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.recipe import Recipe

ONE = Experiment(
    data=Data(),
    recipe=Recipe(epochs=20, schedule="step", image_shape=(8, 8, 1)),
    algorithms=(Algorithm("lrr", (1.0, 0.8)), Algorithm("random", (1.0, 0.8), criterion="random")),
    noise_rates=(0.0, 0.15),
    seeds=(0, 3),
    el2n_epochs=0.5,
    scoring_examples=10,
    save_params=False,
)


def changed(**settings):
    """ONE with other settings of its recipe."""
    return ONE._replace(recipe=dataclasses.replace(ONE.recipe, **settings))


def differences(new):
    return record.differences(record.description(ONE), record.description(new))


def test_the_grid_has_every_cell_once():
    assert len(ONE.cells) == len(set(ONE.cells)) == 8
    assert {cell.seed for cell in ONE.cells} == {0, 3}
    assert [cell.algorithm for cell in ONE.cells] == ["lrr"] * 4 + ["random"] * 4


def test_every_cell_has_its_own_folder():
    assert Cell("lrr", 0.15, 3).folder == "cells/lrr/noise=0.15/seed=3"
    assert len({cell.folder for cell in ONE.cells}) == len(ONE.cells)


def test_close_rates_have_different_folders():
    assert Cell("lrr", 0.1234567, 0).folder != Cell("lrr", 0.1234568, 0).folder


def test_a_description_survives_json():
    described = record.description(ONE)
    assert json.loads(json.dumps(described)) == described
    assert differences(ONE) == []


@pytest.mark.parametrize(
    ("new", "line"),
    [
        (changed(epochs=40), "recipe.epochs: 20 -> 40"),
        (changed(milestones=(3,)), "recipe.milestones: [] -> [3]"),
        (ONE._replace(data=Data(noise_kind="uniform")), "data.noise_kind: symmetric -> uniform"),
        (ONE._replace(seeds=(0,)), "seeds: [0, 3] -> [0]"),
        (
            ONE._replace(algorithms=(Algorithm("lrr", (1.0, 0.5)), ONE.algorithms[1])),
            "algorithms.lrr.densities: [1.0, 0.8] -> [1.0, 0.5]",
        ),
    ],
)
def test_every_difference_is_a_line_and_another_hash(new, line):
    assert differences(new) == [line]
    assert record.digest(new) != record.digest(ONE)
    assert record.digest(ONE) == record.digest(ONE._replace(seeds=(0, 3)))


def test_a_missing_algorithm_is_a_difference():
    lines = differences(ONE._replace(algorithms=ONE.algorithms[:1]))
    assert len(lines) == 1
    assert lines[0].startswith("algorithms.random: ")
