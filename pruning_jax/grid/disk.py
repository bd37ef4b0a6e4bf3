"""Space on the disk: what the files of a run take, and what those take that are still to come.

Sizes are counted in blocks, as `du` counts them, because most files are small. An estimate is an
upper bound: it does not know which networks collapse before the last density that they can have.
"""

import functools
import math
import zlib
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from pruning_jax.data import sources
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.files import LEVEL
from pruning_jax.grid.checkpoints import OVERHEAD
from pruning_jax.grid.groups import Group, groups_of
from pruning_jax.training import state
from pruning_jax.workdir import paths
from pruning_jax.workdir.cellfiles import CellFiles, finished

BLOCK = 4096
"""What a file system reserves at a time."""

FOLDERS = 3
"""How many folders lead to the files of a cell: those of algorithm, noise rate and seed."""

ENTRY = 320
"""What an array takes in an .npz file besides its content: its name, twice, and its header."""

TABLE, ROW = 14_000, 250
"""What a table of rounds takes with no rows, and each row."""

SUMS, SUM = 900, 300
"""What a manifest takes for each round, and beside it for each array of parameters."""

SHARED = 200_000
"""What belongs to no cell: the figure, config.json, the log."""

SAMPLE = 1 << 16
"""How many weights a mask has whose compression is measured."""

MARGIN = 1.2
"""By how much cells that are still to come may be larger than those that are finished."""


def whole(experiment: Experiment) -> int:
    """The bytes of all files of a run at its end, checkpoints included, which go then."""
    sizes = _sizes(experiment)
    cells = sum(sum(sizes[cell[:2]]) for cell in experiment.cells)
    kept, passing = _checkpoints(experiment)
    return cells + _shared(experiment) + kept + passing


def left(experiment: Experiment, workdir: Path) -> int:
    """The bytes that the run in a workdir will take beside those that it has taken.

    What its finished cells took corrects the estimate, and where networks collapsed among them
    others are expected to collapse soon after. Files that cannot be read count as if they were not
    there; whoever uses them tells of them.
    """
    try:
        return _left(experiment, workdir)
    except Exception:  # a damaged file may lead to any error
        return max(0, whole(experiment) - held(workdir))


def _left(experiment: Experiment, workdir: Path) -> int:
    sizes = _sizes(experiment)
    files = {cell: CellFiles(workdir, cell) for cell in experiment.cells}
    done = [c for c in experiment.cells if finished(files, c, experiment.algorithm)]
    longest: dict[str, int] = {}
    for cell in done:
        longest[cell.algorithm] = max(longest.get(cell.algorithm, 0), len(files[cell].rows))
    taken = sum(FOLDERS * BLOCK + held(files[cell].folder) for cell in done)
    estimated = sum(sum(sizes[cell[:2]][: len(files[cell].rows)]) for cell in done)
    factor = min(1.0, MARGIN * taken / estimated) if estimated else 1.0
    ahead = 0
    for cell in experiment.cells:
        if cell not in done:
            rounds = sizes[cell[:2]]
            last = longest.get(cell.algorithm, len(rounds)) + 2
            ahead += sum(rounds[len(files[cell].rows) : last])
    kept, passing = _checkpoints(experiment)
    more = max(0, kept - held(paths.checkpoints(workdir))) + passing if ahead else 0
    shared = _shared(experiment) if ahead else 0
    return math.ceil(factor * ahead) + more + shared


def held(folder: Path) -> int:
    """The bytes that a folder takes. Another process may remove files of it meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += 512 * path.lstat().st_blocks
        except FileNotFoundError:
            continue
    return total


def _blocks(size: int | float) -> int:
    return -(-math.ceil(size) // BLOCK) * BLOCK


def _shared(experiment: Experiment) -> int:
    """The bytes that belong to no cell; the union of all rows is there twice while it is made."""
    rows = sum(experiment.algorithm(c.algorithm).rounds + 1 for c in experiment.cells)
    return SHARED + 2 * (TABLE + ROW * rows)


def _sizes(experiment: Experiment) -> dict[tuple[str, float], list[int]]:
    """The bytes that each round of a cell adds, by algorithm and noise rate."""
    return {
        (algorithm.name, rate): _cell(experiment, algorithm, rate)
        for algorithm in experiment.algorithms
        for rate in experiment.rates(algorithm)
    }


def _cell(experiment: Experiment, algorithm: Algorithm, noise_rate: float) -> list[int]:
    """The bytes that each round of a cell adds; the first one with what the cell has once."""
    recipe = experiment.recipe_of(algorithm, noise_rate)
    network = _network(recipe)
    train, test = experiment.recipe.train_size, sources.spec(experiment.data.dataset).test_size
    once = (FOLDERS + 1) * BLOCK + TABLE + 12 * ENTRY + 22 * train + 4 * test
    sums = SUMS + SUM * network.leaves
    if experiment.save_params:
        once += BLOCK + _saved(network, 1.0)  # a folder, and the anchor
    sizes = []
    for density in algorithm.densities:
        mask = _blocks(_compressed(round(density, 3)) * network.weights + ENTRY * network.layers)
        params = _saved(network, density) if experiment.save_params else 0
        sizes.append(mask + params + ROW + sums + 5 * train + 2 * test)
    return [sizes[0] + _blocks(once) + 2 * BLOCK, *sizes[1:]]


class Network(NamedTuple):
    """The sizes of a network."""

    weights: int  # that can be pruned
    layers: int  # that have them
    params: int  # and BatchNorm's statistics
    leaves: int  # of both
    state: int  # the bytes of what a step changes


def _saved(network: Network, density: float) -> int:
    """The bytes of a file of parameters, which has no pruned weights."""
    pruned = network.weights - round(density * network.weights)
    return _blocks(4 * (network.params - pruned) + ENTRY * network.leaves)


@functools.cache
def _measured(recipe: Recipe) -> Network:
    one = state.shapes(recipe)
    leaves = jax.tree.leaves((one.params, one.statistics))
    kernels = [leaf for leaf in leaves if leaf.ndim > 1]
    return Network(
        weights=state.weights_total(recipe),
        layers=len(kernels),
        params=sum(leaf.size for leaf in leaves),
        leaves=len(leaves),
        state=sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(one)),
    )


def _network(recipe: Recipe) -> Network:
    return _measured(state.plain(recipe))


@functools.cache
def _compressed(density: float) -> float:
    """The bytes that each weight takes in a file of masks, measured on a random mask."""
    mask = np.random.default_rng(0).random(SAMPLE) < density
    return len(zlib.compress(mask.tobytes(), LEVEL)) / SAMPLE


def _checkpoints(experiment: Experiment) -> tuple[int, int]:
    """The bytes of the checkpoints that stay until the run ends, and of those that come and go.

    Every base keeps its round 0 with the anchors. The group at work has where it stands, twice
    while the new one is written.
    """
    kept, passing = 0, 0
    examples = experiment.recipe.train_size + sources.spec(experiment.data.dataset).test_size
    for group in groups_of(experiment, len(experiment.cells)):
        dense, standing = _of_group(group, examples)
        kept, passing = kept + dense, max(passing, dense, 2 * standing)
    return kept, passing


def _of_group(group: Group, examples: int) -> tuple[int, int]:
    """The bytes of the checkpoint of round 0, and of one of a later round."""
    network = _network(group.recipe)
    anchors = {group.recipe.step_at(a.rewind_to) for a in group.algorithms}
    each = network.state + network.weights
    dense = len(group.bases) * (each + len(anchors) * network.state + 4 * examples)
    return dense + OVERHEAD, len(group.bases) * each + OVERHEAD
