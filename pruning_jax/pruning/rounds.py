"""The driver: train, score, prune, rewind, round by round, for a stack of replicas.

Everything is a generator of Moments, each of which training can go on from. The caller decides
what to do with a moment: write files, save, show progress, stop.
"""

import functools
import math
import time
from collections.abc import Callable, Generator

import jax
import numpy as np

from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.pruning import origins, telling, weights_to_keep
from pruning_jax.pruning import prune as pruning
from pruning_jax.pruning import restart as restarting
from pruning_jax.pruning.moments import Moment, Stack, Work
from pruning_jax.pruning.prune import Choice
from pruning_jax.training import evaluation, processes, replicas, streaming
from pruning_jax.training import fit as training
from pruning_jax.training.evaluation import Outcome
from pruning_jax.training.replica import fresh
from pruning_jax.training.state import TrainState
from pruning_jax.types import Mask


def create(recipe: Recipe, stack: Stack) -> Moment:
    """The moment at which round 0 begins: initial states and dense masks."""
    state, mask = replicas.over_replicas(fresh, recipe, stacked=(stack.keys,))
    return Moment(
        round=0,
        step=0,
        stop=recipe.steps,
        state=state,
        mask=mask,
        anchors={},
        origins=origins.dense(state),
    )


def fit(recipe: Recipe, stack: Stack, moment: Moment, stop: int) -> TrainState:
    """The states trained from a moment to step `stop`."""
    now = stack.replicas(moment.state, moment.mask)
    if stack.reader:
        trained = streaming.fit(recipe, stack.reader, now, stack.images, moment.step, stop)
    else:
        shared = (stack.images, moment.step, stop)
        trained = replicas.over_replicas(training.fit, recipe, stacked=(now,), shared=shared)
    return jax.block_until_ready(trained)


def evaluate(recipe: Recipe, stack: Stack, moment: Moment) -> Outcome:
    """The outcome of every replica, as NumPy arrays."""
    now = stack.replicas(moment.state, moment.mask)
    if stack.reader:
        outcome = streaming.evaluate(recipe, stack.reader, now, stack.images)
    else:
        shared = (stack.images,)
        outcome = replicas.over_replicas(evaluation.evaluate, recipe, stacked=(now,), shared=shared)
    return processes.whole(outcome)


def _pieces(work: Work, stack: Stack, moment: Moment, stop: int) -> Generator[Moment, None, Moment]:
    """Trains up to step `stop`, with a moment wherever `work.pace` pauses; returns the last."""
    while moment.step < stop:
        begin, pause = time.perf_counter(), functools.partial(work.pace, moment.step)
        upto = min(stop, processes.agreed(pause))
        state = fit(work.recipe, stack, moment, upto)
        seconds = moment.seconds + time.perf_counter() - begin
        moment = moment._replace(state=state, step=upto, seconds=seconds)
        yield moment
    return moment


def evaluated(work: Work, stack: Stack, moment: Moment) -> Moment:
    """The moment at the end of its round, with its outcome."""
    begin = time.perf_counter()
    outcome = evaluate(work.recipe, stack, moment)
    seconds = moment.seconds + time.perf_counter() - begin
    return moment._replace(done=True, outcome=outcome, seconds=seconds)


def dense(work: Work, stack: Stack, resume: Moment | None = None) -> Generator[Moment, None, None]:
    """Round 0: the dense network, its anchors, and EL2N on the way."""
    moment = resume or create(work.recipe, stack)
    for stop in sorted({*work.anchors, work.el2n_step, work.recipe.steps}):
        moment = yield from _pieces(work, stack, moment, stop)
        if moment.step == stop and stop in work.anchors:
            moment = moment._replace(anchors={**moment.anchors, stop: moment.state})
        if moment.step == stop == work.el2n_step:
            el2n = evaluate(work.recipe, stack, moment).el2n
            moment = moment._replace(el2n=el2n)
    yield evaluated(work, stack, moment)


def choice(work: Work, algorithm: Algorithm, mask: Mask, round_: int) -> Choice:
    """How an algorithm prunes stacked masks at the start of a round."""
    sizes = np.array([math.prod(leaf.shape[1:]) for leaf in jax.tree.leaves(mask)])
    excluded = weights_to_keep.excluded(mask, algorithm.exclude)
    density = algorithm.densities[round_]
    return Choice(
        criterion=np.int32(work.criteria.index(algorithm.criterion)),
        layerwise=np.bool_(algorithm.scope == "layerwise"),
        keep=np.int32(weights_to_keep.kept(sizes, density)),
        keeps=weights_to_keep.kept_per_layer(sizes, excluded, density),
        excluded=excluded,
        # Masks of an algorithm that prunes in one shot are nested because its rounds share a key.
        round=np.int32(0 if algorithm.one_shot else round_),
        steps=np.int32(algorithm.score_steps),
    )


def prune(work: Work, algorithm: Algorithm, stack: Stack, before: Moment, round_: int) -> Mask:
    """The masks of a round, by the scores of what was trained before it.

    Where the density stays as it is, they are the masks from before.

    Raises:
      OwnCode: a criterion of the user's own does not tell the weights of a dense network apart.
    """
    if algorithm.densities[round_] == algorithm.densities[before.round]:
        return before.mask
    anchor = before.anchors[work.recipe.step_at(algorithm.rewind_to)]
    now, images = stack.replicas(before.state, before.mask, anchor), stack.images
    if stack.reader:
        size = work.scoring_examples
        now, images = streaming.scoring(work.recipe, stack.reader, now, images, size)
    static = (work.recipe, work.criteria, work.scoring_examples)
    shared = (images, choice(work, algorithm, before.mask, round_))
    # A network that has collapsed may have no gradient, so that only a dense one tells.
    if ":" in algorithm.criterion and before.round == 0:
        found = replicas.over_replicas(telling.span, *static, stacked=(now,), shared=shared)
        telling.check(algorithm.criterion, processes.whole(found))
    return replicas.over_replicas(pruning.prune, *static, stacked=(now,), shared=shared)


def restart(
    work: Work, algorithm: Algorithm, stack: Stack, before: Moment, mask: Mask, round_: int
) -> Moment:
    """The moment at which a round starts, rewound."""
    anchor = before.anchors[work.recipe.step_at(algorithm.rewind_to)]
    now = stack.replicas(before.state, mask, anchor)
    which = work.rewinds.index(algorithm.rewind)
    state, mask = replicas.over_replicas(
        restarting.restart,
        work.recipe,
        work.rewinds,
        algorithm.shuffle,
        stacked=(now,),
        shared=(which, round_),
    )
    start = int(processes.whole(state.step)[0])
    stop = start + length(work.recipe, algorithm)
    begins = origins.of_round(state, anchor, before.state, mask)
    return Moment(round_, start, stop, state, mask, before.anchors, origins=begins)


def length(recipe: Recipe, algorithm: Algorithm) -> int:
    """The steps of each round after the dense one: as many as the schedule has from the anchor
    to its end, wherever the rewind starts."""
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
        moment = yield from _pieces(work, stack, moment, moment.stop)
        moment = evaluated(work, stack, moment)
        yield moment
