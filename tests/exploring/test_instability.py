"""Rounds that are begun and trained again, in the order of the run and in another one."""

import contextlib
import io

import jax
import numpy as np
import pytest

import pruning_jax as pj
from pruning_jax import masks
from pruning_jax.exploring import begun
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.explorations import instability
from pruning_jax.grid import session
from pruning_jax.testing import exploration
from pruning_jax.training.examples import epoch_order
from pruning_jax.training.streams import Stream, stream
from pruning_jax.workdir.collect import load
from pruning_jax.workdir.explored import Network

REWINDS = ("weight_rewinding", "lottery", "finetune", "one_shot", "reinit", "shuffled")


def same(bench, network):
    """How far the parameters of a round that is trained again are from those of the run, relative
    to how far training moves them."""
    start = begun.begun(bench, network)
    again = begun.trained(bench, network, start, start.key)
    there = bench.replica(network).state.params
    first, second, third = (
        np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree)])
        for tree in (start.state.params, again.params, there)
    )
    return np.linalg.norm(second - third) / np.linalg.norm(first - third)


@pytest.mark.parametrize("algorithm", ["lrr", "extended_dense"])
@pytest.mark.parametrize("round_", [0, 2])
def test_in_the_order_of_the_run_it_is_the_network_of_the_run(run, algorithm, round_):
    assert same(Bench(run), Network(algorithm, 0.4, 1, round_)) < 1e-3


@pytest.mark.slow
def test_so_it_is_whatever_a_round_is_rewound_to(tmp_path):
    config = exploration.config()
    config.grid.algorithms, config.grid.seeds, config.grid.noise_rates = REWINDS, (3,), (0.4,)
    config.algorithms.weight_rewinding.rewind_to = "3it"
    config.controls.width_rounds = ()
    config.rounds = 2
    with contextlib.redirect_stdout(io.StringIO()):
        session.run(config, tmp_path / "run")
    bench = Bench(load(tmp_path / "run"))
    for algorithm in REWINDS:
        for round_ in (1, 2):
            assert same(bench, Network(algorithm, 0.4, 3, round_)) < 1e-3, (algorithm, round_)


def test_another_order_changes_what_is_trained_and_nothing_before(run):
    bench, network = Bench(run), Network("lrr", 0.4, 1, 2)
    start, recipe = begun.begun(bench, network), bench.recipe(network.cell)
    key = stream(start.key, Stream.OTHER_ORDER, network.round)
    orders = [np.asarray(epoch_order(recipe, k, 0)) for k in (start.key, key)]
    assert (orders[0] != orders[1]).any()
    np.testing.assert_array_equal(*(np.sort(order.ravel()) for order in orders))
    other = begun.trained(bench, network, start, key)
    there = bench.replica(network)
    moved = [
        np.asarray(a - b)
        for a, b in zip(*map(jax.tree.leaves, (other.params, there.state.params)), strict=True)
    ]
    assert max(np.abs(leaf).max() for leaf in moved) > 1e-3
    for leaf, mask in zip(
        masks.prunable(there.mask, other.params), jax.tree.leaves(there.mask), strict=True
    ):
        assert not np.asarray(leaf)[~np.asarray(mask)].any()


def test_rows(run):
    rows = pj.explore(run, "instability", algorithms=["lrr"], rounds=[1], seeds=[0], points=3)
    assert [*rows.measure.unique()] == ["train_loss", "train_error", "test_error"]
    own = run.rows.query("algorithm == 'lrr' and seed == 0 and round == 1")
    error = rows[rows.measure == "test_error"].set_index("noise_rate").value
    np.testing.assert_allclose(error.loc[[*own.noise_rate]], 1 - own.test_accuracy, atol=1e-6)
    assert (rows.value != rows.other_value).any()
    assert (rows.barrier >= 0).all()
    assert instability.EXPLORATION.needs_params
