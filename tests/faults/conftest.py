"""One group that is at work in this process, as TINY of processes.py with other algorithms."""

import processes
import pytest

from pruning_jax.data import sources
from pruning_jax.data.division import divide
from pruning_jax.grid.at_work import GroupRun
from pruning_jax.grid.groups import groups_of
from pruning_jax.grid.resolve import resolve


@pytest.fixture(scope="session")
def experiment():
    """TINY's replicas, with algorithms of which one depends on another; 6 steps in a round.

    As the programs are those of TINY, they need not be compiled again.
    """
    config = processes.config(grid__algorithms=("lottery", "shuffled", "random"))
    config.algorithms.lottery.rewind_to = "3it"
    return resolve(config)


@pytest.fixture(scope="session")
def division(experiment):
    return divide(sources.load("digits"), experiment.data)


@pytest.fixture(scope="session")
def group_run(experiment, division):
    """A function that runs a group in a workdir, with so many steps between two moments; all
    moments are saved."""

    def run(workdir, group, pace=100):
        work = GroupRun(experiment, group, division, workdir, checkpoint_minutes=1e-9)
        work.work = work.work._replace(pace=lambda step: step + pace)
        return work.run()

    return run


@pytest.fixture(scope="session")
def uninterrupted(experiment, group_run, tmp_path_factory):
    """The grid in one group."""
    workdir = tmp_path_factory.mktemp("uninterrupted")
    (group,) = groups_of(experiment, 2)
    list(group_run(workdir, group))
    return workdir
