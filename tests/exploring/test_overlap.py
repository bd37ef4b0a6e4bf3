"""What masks share, against counting in loops, and chance, against drawing masks at random."""

import itertools

import numpy as np
import pytest
from scipy import stats

import pruning_jax as pj
from pruning_jax.exploring import chance
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.exploration import Choice
from pruning_jax.exploring.explorations import overlap
from pruning_jax.testing import exploration

SHAPES = {"Conv_0/kernel": (3, 3, 2, 4), "Dense_0/kernel": (12, 5)}


def drawn(rng, densities):
    return {
        name: rng.random(shape) < density
        for (name, shape), density in zip(SHAPES.items(), densities, strict=True)
    }


def test_counts_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    one, other = drawn(rng, (0.4, 0.2)), drawn(rng, (0.3, 0.7))
    rows = {row["layer"]: row for row in overlap.compared(one, other)}
    assert [*rows] == ["", *SHAPES]
    for name in SHAPES:
        kept = {i for i, m in enumerate(one[name].ravel()) if m}
        its = {i for i, m in enumerate(other[name].ravel()) if m}
        row = rows[name]
        assert (row["weights"], row["remaining"]) == (one[name].size, len(kept))
        assert (row["other_remaining"], row["shared"]) == (len(its), len(kept & its))
        assert row["iou"] == len(kept & its) / len(kept | its)
    for column in ("weights", "remaining", "other_remaining", "shared"):
        assert rows[""][column] == sum(rows[name][column] for name in SHAPES)


@pytest.mark.parametrize(("n", "k", "other"), [(10, 5, 4), (37, 1, 36), (20, 20, 3), (9, 0, 4)])
def test_chance_in_one_layer_is_hypergeometric(n, k, other):
    counts = np.arange(n + 1)
    likely = stats.hypergeom.pmf(counts, n, k, other)
    mean = likely @ counts
    found = chance.shared(n, n, k, other)
    assert found.mean == pytest.approx(mean)
    assert found.variance == pytest.approx(likely @ (counts - mean) ** 2, abs=1e-9)


def test_chance_over_the_whole_network_is_that_of_all_pairs_of_masks():
    """All masks of 6 places with 3 and 2 weights, counted in the first 4 places."""
    shared = [
        len({*one} & {*other} & {0, 1, 2, 3})
        for one in itertools.combinations(range(6), 3)
        for other in itertools.combinations(range(6), 2)
    ]
    found = chance.shared(4, 6, 3, 2)
    assert found.mean == pytest.approx(np.mean(shared))
    assert found.variance == pytest.approx(np.var(shared))


@pytest.mark.parametrize("per_layer", [True, False])
def test_random_masks_have_a_z_of_a_standard_normal(per_layer):
    """Of masks that are shuffled in each layer by layers; of those that are shuffled as a whole by
    size, in the whole network and in a layer."""
    rng = np.random.default_rng(1)
    one, other = drawn(rng, (0.6, 0.1)), drawn(rng, (0.5, 0.2))
    ends = np.cumsum([mask.size for mask in other.values()])[:-1]

    def shuffled():
        if per_layer:
            return {n: rng.permutation(m.ravel()).reshape(m.shape) for n, m in other.items()}
        flat = rng.permutation(np.concatenate([mask.ravel() for mask in other.values()]))
        parts = zip(SHAPES.items(), np.split(flat, ends), strict=True)
        return {name: part.reshape(shape) for (name, shape), part in parts}

    def whole(mask):
        flat = np.concatenate([own.ravel() for own in mask.values()])
        parts = zip(SHAPES.items(), np.split(rng.permutation(flat), ends), strict=True)
        return {name: part.reshape(shape) for (name, shape), part in parts}

    column = "z_by_layers" if per_layer else "z_by_size"
    first = [one if per_layer else whole(one) for _ in range(2000)]
    found = [overlap.compared(mask, shuffled()) for mask in first]
    for place in range(3):
        z = np.array([rows[place][column] for rows in found])
        assert abs(z.mean()) < 4 / np.sqrt(len(z))
        assert z.var() == pytest.approx(1, abs=0.15)


def test_by_layers_explains_what_counts_do_and_nothing_else():
    """Masks that agree on how dense layers are, and on nothing more."""
    rng = np.random.default_rng(2)
    shapes = {"a": (200, 50), "b": (50, 200)}
    one, other = (
        {n: rng.random(s) < d for (n, s), d in zip(shapes.items(), (0.9, 0.02), strict=True)}
        for _ in range(2)
    )
    row = overlap.compared(one, other)[0]
    assert row["z_by_size"] > 50
    assert abs(row["z_by_layers"]) < 4
    assert row["iou"] == pytest.approx(row["iou_by_layers"], abs=0.01)
    assert row["iou_by_size"] < 0.5 * row["iou"]


def test_where_chance_leaves_nothing_open_there_is_no_z():
    empty = {"a": np.zeros((2, 3), bool), "b": np.ones((2, 2), bool)}
    row = next(r for r in overlap.compared(empty, empty) if r["layer"] == "a")
    assert np.isnan([row["iou"], row["z_by_layers"]]).all()
    whole = overlap.compared(empty, empty)[0]
    assert whole["iou"] == whole["iou_by_layers"] == 1
    assert np.isnan(whole["z_by_layers"])
    assert whole["z_by_size"] > 0


def test_pairs_differ_in_one_thing(run):
    units = overlap.units(run, Choice())
    assert len({*units}) == len(units)
    bench = Bench(run)
    counts = {}
    for one, other in units:
        fields = zip(one._fields, one, other, strict=True)
        names = [name for name, own, its in fields if own != its]
        assert len(names) == 1
        assert overlap.differs(bench, one, other) == names[0]
        assert bench.density(one) < 1
        assert bench.density(other) < 1
        counts[names[0]] = counts.get(names[0], 0) + 1
        assert names[0] != "round" or other.round == one.round + 1
    # two algorithms prune, for three rounds, at two noise rates and with two seeds
    assert counts == {"seed": 12, "algorithm": 12, "noise_rate": 12, "round": 16}


def test_networks_of_other_widths_are_not_compared(run):
    control = next(name for name in run.rows.algorithm if "width" in name)
    names = ("lrr", "random", control)
    assert {n.algorithm for unit in overlap.units(run, Choice(names)) for n in unit} == {*names[:2]}


def test_rounds_of_a_cell_are_nested(run):
    rows = pj.explore(run, "overlap", algorithms=["lrr"])
    rounds = rows[(rows.differs == "round")]
    assert (rounds.shared == rounds.other_remaining).all()
    whole = rounds[rounds.layer == ""]
    np.testing.assert_allclose(whole.iou, whole.other_density / whole.density)


@pytest.mark.slow
def test_a_shuffled_control_shares_what_chance_gives(tmp_path):
    own = exploration.config()
    own.grid.algorithms, own.grid.seeds = ("lottery", "shuffled"), (0, 1, 2, 3)
    own.width, own.controls.width_rounds = 0.2, ()
    pj.run(own, tmp_path / "run")
    rows = pj.explore(tmp_path / "run", "overlap")
    own = rows[(rows.differs == "shuffled") & (rows.layer == "")]
    assert {*own.algorithm, *own.other_algorithm} == {"lottery", "shuffled"}
    assert len(own) == 4 * 2 * 3
    assert abs(own.z_by_layers.mean()) < 4 / np.sqrt(len(own))
    assert own.z_by_layers.abs().max() < 5
    alike = rows[(rows.differs == "noise_rate") & (rows.algorithm == "lottery")]
    assert (alike[alike.layer == ""].z_by_layers > 5).all()  # they share their initialisation
