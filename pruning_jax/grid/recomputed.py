"""Masks computed again by JAX, by criteria that look at data or at chance."""

import functools
from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from pruning_jax import masks
from pruning_jax.data.division import Division
from pruning_jax.files import Arrays
from pruning_jax.grid.groups import Base, labels_of
from pruning_jax.pruning import prune as pruning
from pruning_jax.pruning import rounds
from pruning_jax.pruning.moments import Work
from pruning_jax.training import devices, replicas, state
from pruning_jax.training.examples import Images
from pruning_jax.training.replica import Replica, fresh
from pruning_jax.training.state import TrainState
from pruning_jax.training.streams import Stream, stream
from pruning_jax.types import Params
from pruning_jax.workdir import recorded
from pruning_jax.workdir.damage import Damaged
from pruning_jax.workdir.invariants import criterion, layers
from pruning_jax.workdir.invariants.agreement import first_wrong
from pruning_jax.workdir.recorded import Record
from pruning_jax.workdir.saved import Saved

CLOSE = {"float32": 1e-3}
"""How far from the last score that is kept, relative to it, the score of a weight may be for which
rounding on another machine decides."""

CLOSE_ELSE = 0.05  # in lower precision
MANY_STEPS = 0.005
"""The part of the weights that may differ where a round prunes in many steps, because what rounding
decides in one step changes the scores of the next."""

NO_DATA = ("random", "synflow")
"""Criteria that look neither at examples nor at BatchNorm's statistics."""


def provable(record: Record, division: Division) -> str:
    """Why the masks of a cell cannot be computed again, or ""."""
    a = record.algorithm
    if a.criterion == "random":
        return ""
    if not record.experiment.save_params:
        return "the run saves no parameters"
    if a.criterion in NO_DATA:
        return ""
    return "images are read as they are needed" if division.pixels is None else ""


def applies(record: Record) -> bool:
    """Whether a cell has masks that NumPy alone cannot compute again."""
    a = record.algorithm
    prunes = len({*a.densities}) > 1 and not a.masks_from
    return prunes and (a.criterion not in criterion.SCORES or a.shuffle)


class Made(NamedTuple):
    """The mask of a round as it is computed again, by the paths of its layers."""

    mask: Arrays
    scores: Arrays  # float32, of the last step


def decided(record: Record, division: Division) -> Iterator[str]:
    """The masks are those of the criterion, but for weights whose scores are so near to the last
    one kept that rounding decides."""
    a = record.algorithm
    if not applies(record) or provable(record, division):
        return
    for r in range(1, len(record.masks)):
        if a.densities[r] == a.densities[record.before(r)] and not a.shuffle:
            continue
        try:
            made = _made(record, division, r)
        except Damaged:
            return  # the checks of parameters say so
        far = _far(record, made, r)
        message = f"{far} weights are not those that {a.criterion} keeps"
        yield first_wrong(record.mask_file(r), (not far, message))


def shuffled(record: Record) -> Iterator[str]:
    """Masks that are shuffled are those of their source in the order of the seed and the round."""
    a = record.algorithm
    giver = record._replace(cell=record.cell._replace(algorithm=a.masks_from))
    for r, mask in enumerate(record.masks if a.shuffle and a.masks_from else []):
        if r == 0:
            continue  # nothing is pruned
        try:
            size = sum(layer.size for layer in mask.values())
            source = recorded.mask(giver.mask_file(r), size, mask)
        except Damaged:
            return  # the checks of the other cell say so
        made = _shuffled(record, source, r)
        wrong = [name for name in mask if not np.array_equal(made[name], mask[name])]
        message = f"{', '.join(wrong)} is not {giver.mask_file(r)} shuffled by the seed"
        yield first_wrong(record.mask_file(r), (not wrong, message))


def _tree(record: Record, mask: Arrays) -> Params:
    """A mask as the network has it."""
    return masks.unnamed(mask, jax.eval_shape(masks.dense, state.shapes(record.recipe).params))


def _shuffled(record: Record, mask: Arrays, round_: int) -> Arrays:
    key = stream(jax.random.key(record.cell.seed), Stream.SHUFFLE, round_)
    made = jax.jit(masks.shuffle)(_tree(record, mask), key)
    return {name: np.asarray(leaf) for name, leaf in masks.named(made).items()}


def _made(record: Record, division: Division, round_: int) -> Made:
    """The mask of a round, computed as the run computes it.

    Raises:
      Damaged: the parameters cannot be read.
    """
    a, recipe, b = record.algorithm, record.recipe, record.before(round_)
    count = devices.padded(recipe, 1)
    replica = _replica(record, division, b)
    work = Work(
        recipe, (a,), 1, min(record.experiment.scoring_examples, recipe.train_size), lambda s: s
    )
    stacked = jax.tree.map(lambda leaf: jnp.stack([jnp.asarray(leaf)] * count), replica)
    choice = rounds.choice(work, a, stacked.mask, round_)
    pixels = division.pixels
    small = np.zeros((1, *recipe.image_shape), np.uint8) if pixels is None else pixels
    images = Images(*replicas.share(recipe, (small, division.mean, division.std), count))
    static = (recipe, work.criteria, work.scoring_examples)
    how = {"stacked": (stacked,), "shared": (images, choice)}
    mask, scores = (
        {name: np.asarray(leaf)[0] for name, leaf in masks.named(tree).items()}
        for tree in (
            replicas.over_replicas(pruning.prune, *static, **how),
            replicas.over_replicas(pruning.score, *static, **how),
        )
    )
    return Made(_shuffled(record, mask, round_) if a.shuffle else mask, scores)


def _replica(record: Record, division: Division, before: int) -> Replica:
    """The replica of a cell at the end of a round, as far as the files tell."""
    recipe, key = record.recipe, jax.random.key(record.cell.seed)
    begin, _ = jax.jit(functools.partial(fresh, recipe))(key)
    trained = anchor = begin
    if record.experiment.save_params:
        trained = _with(begin, record.network(before))
        anchor = _with(begin, record.anchor())
    base = Base(record.cell.noise_rate, record.cell.seed)
    return Replica(
        key=key,
        labels=jnp.asarray(labels_of(record.experiment, division, base).given),
        used=jnp.asarray(np.flatnonzero(record.examples["used"]), jnp.int32),
        state=trained,
        mask=_tree(record, record.masks[before]),
        anchor=anchor,
    )


def _with(begin: TrainState, saved: Saved) -> TrainState:
    """The state with a saved network in it."""
    return begin._replace(
        params=masks.unnamed(saved.params, begin.params),
        statistics=masks.unnamed(saved.statistics, begin.statistics),
    )


def _far(record: Record, made: Made, round_: int) -> int:
    """How many weights differ from those of the file where rounding cannot be the reason."""
    a, mask = record.algorithm, record.masks[round_]
    differ = {name: mask[name] != made.mask[name] for name in mask}
    count = sum(int(own.sum()) for own in differ.values())
    if not count or a.criterion == "random" or a.shuffle:
        return count
    if a.score_steps > 1:
        kept = sum(int(layer.sum()) for layer in mask.values())
        return 0 if count <= MANY_STEPS * kept else count
    free = [name for name in layers.ordered(mask) if not layers.excluded(name, a.exclude)]
    groups = [free] if a.scope == "global" else [[name] for name in free]
    far = sum(int(differ[name].sum()) for name in mask if name not in free)
    close = CLOSE.get(record.recipe.precision, CLOSE_ELSE)
    for names in groups:
        kept = np.concatenate([made.scores[n][made.mask[n]] for n in names])
        last = kept.min() if kept.size else np.inf
        for name in names:
            gap = np.abs(made.scores[name][differ[name]] - last)
            far += int((~(gap <= close * abs(last))).sum())
    return far
