"""The driver: train, score, prune, rewind, round by round, for a stack of replicas.

Everything is a generator of Moments, each a state from which one can go on. The caller
decides what to do with a moment (write files, save, show progress, stop).
"""

import math
import time
from collections.abc import Callable, Generator
from typing import Any, NamedTuple

import jax
import numpy as np

from pruning_jax import masks, programs, replicas, streaming
from pruning_jax.config import Algorithm, Recipe
from pruning_jax.programs import Choice
from pruning_jax.rewind import REWINDS
from pruning_jax.state import TrainState
from pruning_jax.train import Outcome
from pruning_jax.types import Mask


class Stack(NamedTuple):
    """Replicas trained at once: what each has of its own, and what all share."""

    keys: Any  # [replicas]: the root key of each one's seed
    labels: Any  # int32 [replicas, n], as given
    used: Any  # int32 [replicas, train_size]: the examples to train on
    examples: Any  # Examples without labels and used, shared
    reader: Any = None  # streaming.Reader, where examples have no images; then of one replica

    @property
    def size(self) -> int:
        """The number of replicas."""
        return self.keys.shape[0]


class Moment(NamedTuple):
    """A point from which to go on: inside a round, or at its end (`done`)."""

    round: int
    step: int
    done: bool
    state: Any  # TrainState, stacked
    mask: Any  # Mask, stacked
    anchors: Any  # {step: TrainState, stacked}, those reached so far
    el2n: Any = None  # float32 [replicas, n], once it is measured
    outcome: Any = None  # Outcome of the finished round, stacked
    seconds: float = 0.0  # that the stack has spent on the round


class Work(NamedTuple):
    """What the driver needs to know of a group before it begins."""

    recipe: Recipe
    algorithms: tuple[Algorithm, ...]
    el2n_step: int
    scoring_examples: int
    pace: int  # steps between two moments

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criteria in use; one compiled program has them all."""
        return tuple(sorted({a.criterion for a in self.algorithms}))

    @property
    def anchors(self) -> tuple[int, ...]:
        """The steps of round 0 that are rewound to."""
        return tuple(sorted({self.recipe.step_at(a.rewind_to) for a in self.algorithms}))


def create(recipe: Recipe, keys: Any) -> tuple[TrainState, Mask]:
    """The initial states and the dense masks, stacked."""
    return replicas.over_replicas(programs.create, recipe, stacked=(keys,))


def fit(recipe: Recipe, stack: Stack, moment: Moment, stop: int) -> TrainState:
    """The states trained from a moment to step `stop`."""
    own = (moment.state, moment.mask, stack.labels, stack.used, stack.keys)
    shared = (stack.examples, moment.step, stop)
    if stack.reader:
        new = streaming.fit(recipe, stack.reader, own, *shared)
    else:
        new = replicas.over_replicas(programs.fit, recipe, stacked=(own,), shared=shared)
    return jax.block_until_ready(new)


def evaluate(recipe: Recipe, stack: Stack, moment: Moment) -> Outcome:
    """The outcome of every replica, as NumPy arrays."""
    own, shared = (moment.state, moment.mask, stack.labels, stack.keys), stack.examples
    if stack.reader:
        outcome = streaming.evaluate(recipe, stack.reader, own, shared)
    else:
        outcome = replicas.over_replicas(
            programs.evaluate, recipe, stacked=(own,), shared=(shared,)
        )
    return jax.device_get(outcome)


def _pieces(work: Work, stack: Stack, moment: Moment, stop: int) -> Generator[Moment, None, Moment]:
    """Trains up to step `stop`, a moment after every `work.pace` steps; returns the last."""
    while moment.step < stop:
        begin, upto = time.perf_counter(), min(stop, moment.step + work.pace)
        state = fit(work.recipe, stack, moment, upto)
        seconds = moment.seconds + time.perf_counter() - begin
        moment = moment._replace(state=state, step=upto, seconds=seconds)
        yield moment
    return moment


def finished(work: Work, stack: Stack, moment: Moment) -> Moment:
    """The moment at the end of its round, evaluated."""
    begin = time.perf_counter()
    outcome = evaluate(work.recipe, stack, moment)
    seconds = moment.seconds + time.perf_counter() - begin
    return moment._replace(done=True, outcome=outcome, seconds=seconds)


def dense(work: Work, stack: Stack, resume: Moment | None = None) -> Generator[Moment, None, None]:
    """Round 0: the dense network, its anchors, and EL2N on the way."""
    moment = resume or Moment(0, 0, False, *create(work.recipe, stack.keys), anchors={})
    for stop in sorted({*work.anchors, work.el2n_step, work.recipe.steps}):
        moment = yield from _pieces(work, stack, moment, stop)
        if moment.step == stop and stop in work.anchors:
            moment = moment._replace(anchors={**moment.anchors, stop: moment.state})
        if moment.step == stop == work.el2n_step:
            moment = moment._replace(el2n=evaluate(work.recipe, stack, moment).el2n)
    yield finished(work, stack, moment)


def kept(sizes: np.ndarray, density: float) -> int:
    """round(total * density), of all prunable weights."""
    return round(int(sizes.sum()) * density)


def kept_per_layer(sizes: np.ndarray, excluded: np.ndarray, density: float) -> np.ndarray:
    """The weights to keep in each layer, int32 [layers], `kept` in sum.

    Excluded layers stay whole; the others share the rest by largest quotients
    (Sainte-Lague): the k-th weight of a layer of n stands at (k - 1/2) / n, and the first
    ones are kept. So with a lower density no layer keeps more, as masks must be nested.
    """
    free = np.where(excluded, 0, sizes).astype(np.int64)
    rest = max(0, kept(sizes, density) - int(sizes[excluded].sum()))
    keeps = np.floor(free * (rest / max(1, free.sum())) + 0.5).astype(np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        while keeps.sum() < rest:
            keeps[np.argmin(np.where(keeps < free, (keeps + 0.5) / free, np.inf))] += 1
        while keeps.sum() > rest:
            quotients = np.where(keeps > 0, (keeps - 0.5) / free, -np.inf)
            keeps[len(keeps) - 1 - np.argmax(quotients[::-1])] -= 1
    return np.where(excluded, sizes, keeps).astype(np.int32)


def choice(work: Work, algorithm: Algorithm, mask: Mask, round_: int) -> Choice:
    """How an algorithm prunes stacked masks at the start of a round."""
    sizes = np.array([math.prod(leaf.shape[1:]) for leaf in jax.tree.leaves(mask)])
    excluded = masks.excluded(mask, algorithm.exclude)
    density = algorithm.densities[round_]
    return Choice(
        np.int32(work.criteria.index(algorithm.criterion)),
        np.bool_(algorithm.scope == "layerwise"),
        np.int32(kept(sizes, density)),
        kept_per_layer(sizes, excluded, density),
        excluded,
        np.int32(0 if algorithm.one_shot else round_),  # one order of weights: nested masks
        np.int32(algorithm.score_steps),
    )


def prune(work: Work, algorithm: Algorithm, stack: Stack, before: Moment, round_: int) -> Mask:
    """The masks of a round, by the scores of what was trained before it; where the density stays
    as it is, they are those from before."""
    if algorithm.densities[round_] == algorithm.densities[before.round]:
        return before.mask
    anchor = before.anchors[work.recipe.step_at(algorithm.rewind_to)]
    labels, used, examples = stack.labels, stack.used, stack.examples
    if stack.reader:
        size = work.scoring_examples
        read = streaming.scoring(work.recipe, stack.reader, (labels, used), examples, size)
        labels, used, examples = read
    own = (before.state, anchor, before.mask, labels, used, stack.keys)
    shared = (examples, choice(work, algorithm, before.mask, round_))
    static = (work.recipe, work.criteria, work.scoring_examples)
    return replicas.over_replicas(programs.prune, *static, stacked=(own,), shared=shared)


def restart(
    work: Work, algorithm: Algorithm, stack: Stack, before: Moment, mask: Mask, round_: int
) -> Moment:
    """The moment at which a round starts, rewound."""
    anchor = before.anchors[work.recipe.step_at(algorithm.rewind_to)]
    own = (anchor, before.state, mask, stack.keys)
    which = list(REWINDS).index(algorithm.rewind)
    new, mask = replicas.over_replicas(
        programs.restart, work.recipe, stacked=(own,), shared=(which, algorithm.shuffle, round_)
    )
    return Moment(round_, int(new.step[0]), False, new, mask, before.anchors)


def end(recipe: Recipe, algorithm: Algorithm) -> int:
    """The step at which a round ends: as many steps as rewinding to the anchor leaves."""
    anchor = recipe.step_at(algorithm.rewind_to)
    start = recipe.steps if algorithm.rewind == "finetune" else anchor
    return start + recipe.steps - anchor


def length(recipe: Recipe, algorithm: Algorithm) -> int:
    """The steps of each round after the dense one."""
    return recipe.steps - recipe.step_at(algorithm.rewind_to)


def run(
    work: Work,
    algorithm: Algorithm,
    stack: Stack,
    first: Moment,
    *,
    given_mask: Callable[[int], Mask] | None = None,
    resume: Moment | None = None,
) -> Generator[Moment, None, None]:
    """Rounds 1, 2, ... of an algorithm after the dense round `first`.

    `given_mask(round)` replaces pruning, for an algorithm that trains under another's masks.
    """
    moment = resume or first
    while moment.round < algorithm.rounds or not moment.done:
        if moment.done:
            begin, round_ = time.perf_counter(), moment.round + 1
            before = first if algorithm.one_shot else moment
            if given_mask:
                mask = given_mask(round_)
            else:
                mask = prune(work, algorithm, stack, before, round_)
            moment = restart(work, algorithm, stack, before, mask, round_)
            moment = moment._replace(seconds=time.perf_counter() - begin)
        moment = yield from _pieces(work, stack, moment, end(work.recipe, algorithm))
        moment = finished(work, stack, moment)
        yield moment
