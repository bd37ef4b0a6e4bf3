"""How long training goes on without a pause: it adapts to what it sees."""

import numpy as np
import pytest

from pruning_jax.grid.pace import SECONDS, Pace
from pruning_jax.pruning.moments import Moment


def trained(pace, *, stop, step_seconds, start_seconds=0.0, round_=0, begin=0):
    """The pauses of a round at a constant speed: the steps, and the longest time between two."""
    steps, seconds, longest, step = [], 0.0, 0.0, begin
    while step < stop:
        upto = min(stop, pace(step))
        took = (start_seconds if step == begin else 0.0) + (upto - step) * step_seconds
        seconds, step = seconds + took, upto
        longest = max(longest, took) if step > begin + 1 else longest
        steps.append(step)
        state = {}  # a Moment's arrays are not looked at
        pace.saw(Moment(round_, step, stop, state, state, {}, seconds=seconds))
    pace.saw(Moment(round_, step, stop, state, state, {}, done=True, seconds=seconds))
    return steps, longest


def test_the_first_pause_comes_after_one_step():
    """So that the programs are compiled before anybody waits for a round."""
    assert Pace(100)(0) == 1


@pytest.mark.parametrize("step_seconds", [1e-5, 0.01, 0.3, 60.0])
def test_pauses_come_as_often_as_is_aimed_at(step_seconds):
    stop = 20_000_000 if step_seconds < 1e-3 else 20_000
    steps, longest = trained(Pace(1000), stop=stop, step_seconds=step_seconds, start_seconds=30)
    assert steps[-1] == stop
    assert longest <= 2 * max(SECONDS, step_seconds)
    between = np.diff(steps) * step_seconds
    assert np.median(between) >= SECONDS / 2


def test_long_pauses_end_with_an_epoch():
    steps, _ = trained(Pace(10), stop=1000, step_seconds=0.01)
    assert all(step % 10 == 0 for step in steps[3:])


def test_it_slows_down_when_the_machine_does():
    pace = Pace(1000)
    trained(pace, stop=200_000, step_seconds=1e-3)
    steps, _ = trained(pace, stop=200_000, step_seconds=1.0, round_=1)
    assert np.diff(steps)[-1] <= 2 * SECONDS


def test_a_round_is_not_compared_with_another():
    """The first moment of a round has its pruning and its compilation in it."""
    pace = Pace(10)
    trained(pace, stop=10_000, step_seconds=1e-3)
    before = pace.steps
    pace.saw(Moment(1, before, 10_000, {}, {}, {}, seconds=1e6))
    assert pace.steps == before
