"""What all charts of a run share."""

import itertools

import pytest
import report_rows

from pruning_jax.reporting.facts import facts_of, note


def test_facts_are_of_the_main_algorithms(facts):
    assert facts.algorithms == ("lrr", "random", "extended_dense")
    assert facts.rates == (0.0, 0.2, 0.4)
    assert facts.weights == report_rows.WEIGHTS
    assert facts.unpruned == ("extended_dense",)
    assert facts.pruned == pytest.approx(dict(enumerate(report_rows.DENSITIES)))


def test_algorithms_come_in_the_given_order_and_others_after_them(rows):
    facts = facts_of(rows, ("random", "no such algorithm"))
    assert facts.algorithms == ("random", "extended_dense", "lrr")


def test_every_algorithm_has_looks_of_its_own(facts):
    looks = {facts.style(name) for name in (*facts.algorithms, "unknown")}
    assert len(looks) == len(facts.algorithms) + 1


def test_named_algorithms_look_the_same_in_all_runs(facts):
    """Whatever else a configuration has, and in whichever order."""
    names = ("lrr", "weight_rewinding", "random", "extended_dense", "lottery", "mine", "yours")
    own = {name: facts._replace(algorithms=(name,)).style(name) for name in names[:5]}
    for algorithms in itertools.permutations(names, 3):
        here = facts._replace(algorithms=algorithms)
        assert len({here.style(name) for name in (*algorithms, "")}) == 4
        assert all(here.style(name) == own[name] for name in algorithms if name in own)
    every = facts._replace(algorithms=names)
    spare = [every.spare(number) for number in range(3)]
    assert len({*(every.style(name).colour for name in names), *spare}) == 7 + 3


def test_only_what_prunes_nothing_is_moved(facts):
    assert facts.position("extended_dense", 2, 1.0) == pytest.approx(0.64)
    assert facts.position("lrr", 2, 0.5) == 0.5


def test_of_controls_alone_all_rows_are_main(rows):
    controls = rows.query("control_of != ''")
    assert set(facts_of(controls).algorithms) == {*controls["algorithm"]}


def test_a_note_says_what_is_known(facts):
    said = note(0.5, facts, {"round": 3, "replicates": 1, "words": "width 0.5"})
    assert said == "width 0.5\ndensity 50\N{NO-BREAK SPACE}% (22,100 weights)\nround 3, 1 replicate"
    assert note(1.0, facts._replace(weights=None), {}) == "density 100\N{NO-BREAK SPACE}%"
