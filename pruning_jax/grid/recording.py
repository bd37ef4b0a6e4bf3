"""What is kept of a finished round: from a moment of the stack to the files of each cell."""

import itertools
from collections.abc import Iterator

import jax

from pruning_jax import masks
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.files import Arrays
from pruning_jax.grid import metrics
from pruning_jax.grid.metrics import Trained
from pruning_jax.pruning import origins
from pruning_jax.pruning.moments import Moment
from pruning_jax.training import processes
from pruning_jax.training.state import TrainState
from pruning_jax.types import Mask, Params, Statistics
from pruning_jax.workdir.cellfiles import Finished
from pruning_jax.workdir.manifest import States
from pruning_jax.workdir.saved import Saved


def finished(
    experiment: Experiment,
    cells: list[Cell],
    trained: list[Trained],
    moment: Moment,
    first: Moment,
    anchor: TrainState,
) -> Iterator[Finished]:
    """What is to be kept of a finished round, cell after cell.

    All processes that train together call this; the iterator is for the one that leads.

    Args:
      experiment: the experiment.
      cells: those of one algorithm, in the order of the replicas.
      trained: what each of them was trained on.
      moment: the end of the round.
      first: the end of round 0, which has EL2N.
      anchor: the state that the algorithm rewinds to, stacked.
    """
    layers = named(moment.mask)
    networks = saved_of(moment.state) if experiment.save_params else None
    states = _states(moment, anchor)

    def one(i: int, cell: Cell) -> Finished:
        result = _result(moment, first, layers, i)
        result = result._replace(seconds=moment.seconds / len(cells))
        return Finished(
            metrics.row(experiment, cell, trained[i], result),
            result.mask,
            metrics.examples(trained[i], result),
            states[i],
            networks[i] if networks else None,
        )

    return itertools.starmap(one, enumerate(cells))


def _result(moment: Moment, first: Moment, layers: Arrays, i: int) -> metrics.Result:
    """What came of a round of replica i; the seconds are those of all replicas."""
    assert moment.outcome is not None
    assert first.el2n is not None
    return metrics.Result(
        round=moment.round,
        mask=_of_replica(layers, i),
        outcome=jax.tree.map(lambda array: array[i], moment.outcome),
        el2n=first.el2n[i],
        seconds=moment.seconds,
    )


def saved_of(state: TrainState) -> list[Saved]:
    """What is saved of each network of a stacked state."""
    params, statistics = named(state.params), named(state.statistics)
    return [
        Saved(_of_replica(params, i), _of_replica(statistics, i)) for i in range(len(state.step))
    ]


def _of_replica(stacked: Arrays, i: int) -> Arrays:
    return {name: leaf[i] for name, leaf in stacked.items()}


def _states(moment: Moment, anchor: TrainState) -> list[States]:
    """Between which states each replica was trained in the round that a moment ends.

    Rounds after round 0 know what they rewound to already, masked.
    """
    begins = moment.origins if moment.round else origins.anchored(moment.origins, anchor)
    ends = origins.hashes(moment.state)
    return [
        States(begin.start, end, begin.anchor, begin.last)
        for begin, end in zip(begins, ends, strict=True)
    ]


def named(tree: Mask | Params | Statistics) -> Arrays:
    """The arrays of a pytree by their paths, as NumPy arrays."""
    return processes.whole(masks.named(tree))
