"""Barriers, against forward passes that are written down in NumPy."""

import jax
import numpy as np
import pandas as pd
import pytest
from flax import linen as nn

import pruning_jax as pj
from pruning_jax.errors import WrongUse
from pruning_jax.exploring import connectivity
from pruning_jax.exploring.batches import batches
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.exploration import Choice
from pruning_jax.exploring.explorations import connectivity as own
from pruning_jax.models.build import build
from pruning_jax.testing import tiny
from pruning_jax.training.examples import normalise
from pruning_jax.workdir.explored import Network


def forward(params, inputs):
    """The logits of LeNet-300-100 in float64."""
    for i in range(3):
        inputs = inputs @ params[f"Dense_{i}/kernel"] + params[f"Dense_{i}/bias"]
        inputs = np.maximum(inputs, 0) if i < 2 else inputs
    return inputs


def wrong(out, labels):
    return np.mean(out.argmax(-1) != labels)


def loss(out, labels):
    top = out.max(-1, keepdims=True)
    logs = out - top - np.log(np.exp(out - top).sum(-1, keepdims=True))
    return -logs[np.arange(len(labels)), labels].mean()


@pytest.mark.parametrize(
    "unit",
    [
        (Network("lrr", 0.4, 0, 0), Network("lrr", 0.4, 0, 3)),
        (Network("lrr", 0.4, 0, 2), Network("lrr", 0.4, 1, 2)),
        (Network("lrr", 0.0, 1, 3), Network("random", 0.0, 1, 3)),
    ],
    ids=["round", "seed", "algorithm"],
)
def test_it_is_what_numpy_says(run, unit, request):
    """Each network's labels count as much as the other's in training."""
    points = np.linspace(0, 1, 5)
    rows = own.look(Bench(run), unit, {"points": 5, "examples": 60})
    assert {row["differs"] for row in rows} == {request.node.callspec.id}
    bench, ends = Bench(run), [run.params(n.cell, n.round) for n in unit]
    pixels = np.asarray(bench.division.pixels, np.float64)
    x = ((pixels - bench.division.mean) / bench.division.std).reshape(len(pixels), -1)
    given = [run.examples(n.cell)["label"][:60] for n in unit]
    test = bench.division.test
    values = {"train_loss": [], "train_error": [], "test_error": []}
    for p in points:
        params = {name: (1 - p) * ends[0][name] + p * ends[1][name] for name in ends[0]}
        out = forward(params, x)
        values["train_loss"].append(np.mean([loss(out[:60], labels) for labels in given]))
        values["train_error"].append(np.mean([wrong(out[:60], labels) for labels in given]))
        values["test_error"].append(wrong(out[test], bench.division.labels[test]))
    for row in rows:
        expected = np.array(values[row["measure"]])
        above = expected - np.interp(points, [0, 1], expected[[0, -1]])
        close = {"rtol": 1e-4, "atol": 1e-6}
        np.testing.assert_allclose(row["value"], expected[0], **close)
        np.testing.assert_allclose(row["other_value"], expected[-1], **close)
        np.testing.assert_allclose(row["barrier"], max(0, above.max()), **close)
        assert above[round(row["at"] * 4)] == pytest.approx(max(0, above.max()), abs=1e-6)


def test_moments_are_means_over_batches():
    """Of what BatchNorm sees in each batch of 16 of 40 examples, without what fills up the last."""
    recipe, images = tiny.RECIPE, tiny.images()
    replica = tiny.replica(recipe, 0)
    places = np.arange(40, dtype=np.int32)
    examples = batches(images, places, np.zeros(40, np.int32), 16)
    found = jax.jit(connectivity.statistics, static_argnums=0)(recipe, replica, examples, images)
    inputs = normalise(images.pixels[:40], images)
    variables = {"params": replica.state.params, "batch_stats": replica.state.statistics}
    _, seen = build(recipe).apply(
        variables, inputs, capture_intermediates=lambda module, _: isinstance(module, nn.Conv)
    )
    (before,) = seen["intermediates"]["Conv_0"]["__call__"]
    parts = [np.asarray(before[start : start + 16], np.float64) for start in (0, 16, 32)]
    weights = [16, 16, 8]
    for name, moment in (("mean", np.mean), ("var", np.var)):
        each = [moment(part, axis=(0, 1, 2)) for part in parts]
        expected = np.average(each, axis=0, weights=weights)
        np.testing.assert_allclose(found["BatchNorm_0"][name], expected, rtol=1e-4)


def test_a_line_to_itself_has_no_barrier():
    recipe, images = tiny.RECIPE, tiny.images()
    replica = tiny.replica(recipe, 0)
    examples = batches(images, np.arange(40, dtype=np.int32), np.asarray(replica.labels[:40]), 16)
    at = jax.jit(connectivity.at, static_argnums=0)
    every = [
        at(recipe, np.float32(p), (replica, replica), examples, examples, examples, images)
        for p in (0.0, 0.3, 1.0)
    ]
    np.testing.assert_allclose(*np.array(every)[[0, 1]], rtol=1e-5)
    np.testing.assert_allclose(*np.array(every)[[0, 2]], rtol=1e-5)


def test_the_mask_between_is_that_of_both():
    """A weight that one of them has pruned is not lost on the way."""
    recipe, images = tiny.RECIPE, tiny.images()
    first, second = (tiny.replica(recipe, seed) for seed in (0, 1))
    examples = batches(images, np.arange(40, dtype=np.int32), np.asarray(first.labels[:40]), 40)
    at = jax.jit(connectivity.at, static_argnums=0)
    found = at(recipe, np.float32(0.5), (first, second), examples, examples, examples, images)
    params = jax.tree.map(lambda a, b: (a + b) / 2, first.state.params, second.state.params)
    variables = {"params": params, "batch_stats": first.state.statistics}
    inputs = normalise(images.pixels[:40], images)
    out, _ = build(recipe).apply(variables, inputs, train=True, mutable=["batch_stats"])
    assert float(found.train_loss) == pytest.approx(
        loss(np.asarray(out, np.float64), np.asarray(first.labels[:40])), rel=1e-4
    )


def test_pairs(run):
    """Rounds with the next one; of seeds and of algorithms each with each."""
    units = own.units(run, Choice())
    frame = pd.DataFrame([(*a, *b) for a, b in units])
    frame.columns = [*Network._fields, *(f"other_{name}" for name in Network._fields)]
    by = {n: frame[frame[n] != frame[f"other_{n}"]] for n in Network._fields}
    assert {name: len(rows) for name, rows in by.items()} == {
        "round": 3 * 2 * 2 * 3,
        "seed": 3 * 2 * 4,
        "algorithm": 3 * 2 * 2 * 3,  # the three of them share round 0
        "noise_rate": 0,
    }
    assert sum(map(len, by.values())) == len(frame)
    assert (by["round"].other_round == by["round"]["round"] + 1).all()
    assert by["algorithm"]["round"].min() == 1


def test_rounds_that_are_chosen_follow_one_another(run):
    units = own.units(run, Choice(("lrr",), (0.4,), (1,), (0, 3)))
    assert units == [(Network("lrr", 0.4, 1, 0), Network("lrr", 0.4, 1, 3))]


def test_networks_of_other_widths_are_not_paired(run):
    narrow = [name for name in run.rows.algorithm.unique() if "width" in name]
    units = own.units(run, Choice(("lrr", *narrow)))
    assert narrow
    assert not [unit for unit in units if len({n.algorithm in narrow for n in unit}) > 1]


def test_two_points_have_nothing_between_them(run):
    with pytest.raises(WrongUse, match="points: 2 is below 3"):
        pj.explore(run, "connectivity", algorithms=["lrr"], rounds=[1, 2], seeds=[0], points=2)
