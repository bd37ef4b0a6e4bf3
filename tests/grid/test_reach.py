"""How far a network can be pruned, and rounds that go on until it collapses."""

import itertools
import math

import pytest

from pruning_jax.errors import WrongUse
from pruning_jax.experiment.config import COLLAPSE, defaults
from pruning_jax.grid import dryrun
from pruning_jax.grid.resolve import resolve
from pruning_jax.wording import percent

TOTAL, OUTPUT = 50_200, 1_000  # the weights of LeNet-300-100 on digits, and of its last layer


def experiment(**settings):
    """That of LRR and the extended dense network on digits."""
    config = defaults()
    config.dataset = "digits"
    config.grid.algorithms = ("lrr", "extended_dense")
    config.update_from_flattened_dict(settings)
    return resolve(config)


def test_by_default_rounds_go_on_until_one_weight_is_left():
    found = experiment()
    lrr, extended = found.algorithms
    kept = [round(TOTAL * density) for density in lrr.densities]
    assert kept[-1] >= 1
    assert all(a > b for a, b in itertools.pairwise(kept))
    assert round(TOTAL * lrr.densities[-1] * 0.8) in (0, kept[-1])
    assert lrr.collapsed == pytest.approx(1.5 / 10)
    assert (extended.rounds, extended.collapsed) == (20, 0.0)
    assert set(extended.densities) == {1.0}


def test_a_number_of_rounds_is_that_number():
    for algorithm in experiment(rounds=7).algorithms:
        assert (algorithm.rounds, algorithm.collapsed) == (7, 0.0)


def test_one_algorithm_may_collapse_among_others():
    found = experiment(**{"rounds": 3, "algorithms.lrr.rounds": COLLAPSE})
    lrr, extended = found.algorithms
    assert lrr.rounds > 30
    assert lrr.collapsed > 0
    assert extended.rounds == 3


@pytest.mark.parametrize("rounds", [COLLAPSE, 30])
def test_what_cannot_be_reached_ends_the_rounds_with_a_line(rounds):
    """The output layer is 2 % of the weights, which 17 rounds reach."""
    found = experiment(rounds=rounds, exclude=("Dense_2",))
    lrr, extended = found.algorithms
    assert lrr.rounds == math.floor(math.log(OUTPUT / TOTAL) / math.log(0.8)) == 17
    assert extended.rounds == (20 if rounds == COLLAPSE else rounds)
    (note,) = dryrun.notes(found)
    assert note == (
        f"note: the range of lrr ends in round 17 at density {percent(0.0225)}, because the layers "
        "that are not pruned have 1,000 of 50,200 weights"
    )


def test_where_nothing_ends_early_there_is_no_line():
    assert dryrun.notes(experiment(rounds=5, exclude=("Dense_2",))) == []
    assert dryrun.notes(experiment()) == []


@pytest.mark.parametrize(
    "settings", [{"densities": (0.5, 0.01)}, {"rounds": 1, "prune_fraction": 0.99}]
)
def test_a_listed_or_a_first_density_out_of_reach_is_refused(settings):
    with pytest.raises(WrongUse, match=r"lrr: density 0\.01 keeps 502 of 50200 weights"):
        experiment(exclude=("Dense_2",), **settings)


@pytest.mark.parametrize("rounds", ["colapse", -1, 2.5, None])
def test_other_rounds_are_refused(rounds):
    with pytest.raises(
        WrongUse, match=r"rounds .* is neither 'collapse' nor a number from 0 to 9999"
    ):
        experiment(rounds=rounds)


def test_narrow_networks_are_trained_as_long_as_what_they_stand_beside():
    found = experiment(**{"controls.width_rounds": (3, 8)})
    narrow = [a for a in found.algorithms if a.width < 1]
    assert [a.rounds for a in narrow] == [3, 8]


def test_a_control_beyond_the_extended_schedules_is_refused():
    with pytest.raises(WrongUse, match=r"has 20 rounds, .*controls\.extended_rounds"):
        experiment(**{"controls.width_rounds": (25,)})
