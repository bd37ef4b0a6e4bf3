"""What cells of a run must have in common, and what they must not."""

import dataclasses

import pytest
import verified
from verified import LRR

from pruning_jax.workdir import described, recorded
from pruning_jax.workdir.invariants.shared import Reference, apart


@pytest.mark.slow
@pytest.mark.parametrize("guesses", [False, True])
def test_two_widths_have_one_round_0_only_where_they_guess(tmp_path_factory, guesses):
    """Two networks without a living hidden unit train their last biases alone, on the same batches:
    they are the same to the last bit, which the default job showed."""
    workdir = verified.finished(tmp_path_factory)
    record, _ = recorded.read(workdir, described.described(workdir), LRR)
    assert record is not None
    other = LRR._replace(algorithm="reinit")
    algorithms = tuple(
        dataclasses.replace(a, width=a.width / 2) if a.name == other.algorithm else a
        for a in record.experiment.algorithms
    )
    experiment = record.experiment._replace(algorithms=algorithms)
    narrow = record._replace(described=record.described._replace(experiment=experiment), cell=other)
    both = [Reference.of(own)._replace(guesses=guesses) for own in (record, narrow)]
    wrong = [line for line in apart(both) if line]
    assert not wrong if guesses else "is a copy of that in" in wrong[0]
