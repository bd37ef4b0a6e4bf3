"""Which groups several processes take, foreseen; and what a process takes in a workdir."""

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import sharing, snapshots
from pruning_jax.grid.groups import groups_of
from pruning_jax.grid.queue import Queue, work
from pruning_jax.grid.speed import Seconds
from pruning_jax.workdir import locks, paths, presence

CONTROL = Algorithm(
    "without_top_improved_01",
    (1.0,),
    without="top_improved",
    control_of="lrr",
    control_round=1,
)
EXPERIMENT = Experiment(
    data=Data(),
    recipe=Recipe(image_shape=(8, 8, 1), num_classes=10, train_size=1000),
    algorithms=(
        Algorithm("lrr", (1.0, 0.8)),
        Algorithm("random", (1.0, 0.8), criterion="random"),
        CONTROL,
    ),
    noise_rates=(0.0, 0.3),
    seeds=(0, 1, 2),
    el2n_epochs=0.1,
    scoring_examples=10,
    save_params=False,
)


def foreseen(shares, compilation=0.0):
    groups = groups_of(EXPERIMENT, 100, shares)
    needed = {group: Seconds(compilation, work(group)) for group in groups}
    return groups, sharing.foreseen(EXPERIMENT, needed, shares)


@given(st.integers(1, 12))
def test_processes_take_every_group_once_and_end_at_about_the_same_time(shares):
    groups, turns = foreseen(shares)
    assert set(turns) == set(groups)
    by_process = {n: [t for t in turns.values() if t.process == n] for n in range(1, shares + 1)}
    for own in by_process.values():
        for before, after in itertools.pairwise(own):
            assert before.end <= after.begin
    total = sum(map(work, groups))
    longest = max(map(work, groups))
    assert max(turn.end for turn in turns.values()) <= total / shares + 2 * longest


@given(st.integers(1, 12))
def test_a_control_begins_when_what_decides_it_has_ended(shares):
    _, turns = foreseen(shares)
    for group, turn in turns.items():
        if group.algorithms == (CONTROL,):
            rates = {base.noise_rate for base in group.bases}
            for other, before in turns.items():
                if any(a.name == "lrr" for a in other.algorithms) and rates & {
                    base.noise_rate for base in other.bases
                }:
                    assert before.end <= turn.begin


def test_each_process_compiles_a_recipe_once():
    groups, turns = foreseen(2, compilation=1000.0)
    main = [turns[g] for g in groups if g.algorithms != (CONTROL,)]
    assert sorted(t.process for t in main) == [1, 2]
    plain = {g: work(g) for g in groups}
    assert all(t.end - t.begin == plain[g] + 1000 for g, t in turns.items() if t in main)


@pytest.fixture
def queue(tmp_path):
    """A function that makes a queue in a workdir, as a process of its own would."""
    paths.checkpoints(tmp_path).mkdir()
    return lambda: Queue(EXPERIMENT, groups_of(EXPERIMENT, 100, 2), tmp_path)


def test_a_process_takes_the_longest_group_that_nobody_holds(queue, tmp_path):
    one = queue()
    first, second = one.take(), one.take()
    assert work(first.group) == work(second.group) == max(map(work, one.groups))
    assert first.group != second.group
    assert first.left == first.group
    waiting = one.take()
    assert waiting.group.algorithms == (CONTROL,)
    assert {cell.algorithm for cell in waiting.waits_for} == {"lrr"}
    other = one.take()
    assert other.group != waiting.group, "each waits for one of its own"
    assert one.take() is None
    assert one.undone == []
    for taken in (first, second, waiting, other):
        one.free(taken.group)
    assert locks.cells(tmp_path).held(100) == set()


def test_what_could_not_be_finished_is_not_tried_again(queue):
    """Nor does anything wait for it."""
    one = queue()
    for _ in range(2):
        taken = one.take()
        assert not taken.waits_for
        one.done(taken.group)
        one.free(taken.group)
    assert one.take() is None
    assert set(one.undone) == set(one.groups)


def test_what_ended_with_an_error_comes_last(queue, tmp_path):
    one = queue()
    first = one.take()
    one.free(first.group)
    presence.failed(tmp_path, snapshots.name(first.group), "no luck", one.cells(first.group))
    second = one.take()
    assert second.group != first.group
    assert one.take().group == first.group
    presence.mended(tmp_path, snapshots.name(first.group))
    assert presence.failures(tmp_path) == {}


def test_the_order_is_by_the_steps_of_all_replicas(queue):
    steps = [work(group) for group in queue().groups]
    assert steps == sorted(steps, reverse=True)
    longer = dataclasses.replace(EXPERIMENT.recipe, epochs=2 * EXPERIMENT.recipe.epochs)
    twice = groups_of(EXPERIMENT._replace(recipe=longer), 100, 2)
    assert max(map(work, twice)) > max(steps)
