"""The driver: the rounds of the paper, in NumPy and in pieces, alone and together."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference

from pruning_jax import masks, plugins
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.pruning import rounds
from pruning_jax.pruning.moments import Stack
from pruning_jax.training import replicas
from pruning_jax.training.examples import Images, epoch_order

DENSITIES = (1.0, 0.8, 0.64, 0.512)
LRR = Algorithm("lrr", DENSITIES)
SIZES = np.array([9 * 15, 15 * 5, 5 * 3])
"""Of the layers of the tiny network."""


def run(work, algorithm, stack, first, **options):
    """The moments at the rounds' ends."""
    moments = rounds.run(work, algorithm, stack, first, **options)
    return [moment for moment in moments if moment.done]


def equal(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def replica(tree, i):
    return jax.tree.map(lambda leaf: np.asarray(leaf)[i], tree)


def counts(mask):
    """Weights remaining, [replicas, layers]."""
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(mask)]
    return np.stack([leaf.sum(tuple(range(1, leaf.ndim))) for leaf in leaves], 1)


def flat(tree, mask, i):
    """The prunable weights of one replica as one vector."""
    return np.concatenate([np.asarray(leaf)[i].ravel() for leaf in masks.prunable(mask, tree)])


def nested(inner, outer):
    pairs = zip(jax.tree.leaves(inner), jax.tree.leaves(outer), strict=True)
    return all(not (np.asarray(a) & ~np.asarray(b)).any() for a, b in pairs)


# Against NumPy.


def numpy_schedule(recipe, network, alive, images, labels, key):
    """One whole schedule of SGD with momentum and decay, from fresh momentum."""
    velocity = [(0.0 * w, 0.0 * b) for w, b in network]
    for epoch in range(recipe.epochs):
        for padded in np.asarray(epoch_order(recipe, key, epoch)):
            batch = padded[padded >= 0]
            gradient = reference.gradient(network, images[batch], labels[batch])
            for i, ((w, b), (dw, db), m) in enumerate(zip(network, gradient, alive, strict=True)):
                vw = recipe.momentum * velocity[i][0] + (dw + recipe.weight_decay * w) * m
                vb = recipe.momentum * velocity[i][1] + db + recipe.weight_decay * b
                velocity[i] = vw, vb
                network[i] = w - recipe.learning_rate * vw, b - recipe.learning_rate * vb


def numpy_prune(network, alive, keep):
    """The `keep` largest weights of all layers survive."""
    scores = np.concatenate([abs(w).ravel() for w, _ in network])
    kept = reference.keep_top(scores, np.concatenate([m.ravel() for m in alive]), keep)
    parts = np.split(kept, np.cumsum(SIZES)[:-1])
    alive = [part.reshape(m.shape) for part, m in zip(parts, alive, strict=True)]
    return [(w * m, b) for (w, b), m in zip(network, alive, strict=True)], alive


def test_three_rounds_of_learning_rate_rewinding_agree_with_numpy(work, stack, first):
    """Momentum and weight decay; equal masks, weights to 1e-5."""
    recipe, key, labels = work.recipe, stack.keys[1], np.asarray(stack.labels[1])
    images = reference.normalised(stack.images)
    begin = rounds.create(recipe, stack)
    network = reference.layers(replica(begin.state.params, 1))
    alive = [np.ones_like(m) for m in jax.tree.leaves(replica(begin.mask, 1))]
    for moment, keep in zip(
        (first, *run(work, LRR, stack, first)), (225, 180, 144, 115), strict=True
    ):
        network, alive = numpy_prune(network, alive, keep)
        numpy_schedule(recipe, network, alive, images, labels, key)
        for got, want in zip(jax.tree.leaves(replica(moment.mask, 1)), alive, strict=True):
            np.testing.assert_array_equal(got, want)
        got = reference.layers(replica(moment.state.params, 1))
        for (w, b), (vw, vb) in zip(got, network, strict=True):
            np.testing.assert_allclose(w, vw, atol=1e-5)
            np.testing.assert_allclose(b, vb, atol=1e-5)
        expected = reference.losses(network, images, labels)
        np.testing.assert_allclose(moment.outcome.loss[1], expected, rtol=1e-3, atol=1e-5)


# Masks.


@pytest.mark.parametrize("name", plugins.CRITERIA.names)
def test_masks_are_nested_exact_and_each_replicas_own(name, work, stack, first):
    before = first
    for moment in run(work, Algorithm("a", DENSITIES, criterion=name), stack, first):
        assert counts(moment.mask).sum(1).tolist() == [round(225 * DENSITIES[moment.round])] * 4
        assert nested(moment.mask, before.mask)
        vectors = {flat(moment.mask, moment.mask, i).tobytes() for i in range(4)}
        assert len(vectors) == 4, "two replicas share one mask"
        before = moment
    assert before.round == 3


@pytest.mark.parametrize("name", plugins.CRITERIA.names)
@pytest.mark.parametrize("scope", ["global", "layerwise"])
def test_one_shot_masks_come_straight_from_the_dense_network(name, scope, work, stack, first):
    """So do the weights; a smaller mask lies within a larger one all the same."""
    algorithm = Algorithm("a", DENSITIES, criterion=name, scope=scope, one_shot=True)
    before = first.mask
    for round_ in (1, 2, 3):
        mask = rounds.prune(work, algorithm, stack, first, round_)
        assert (counts(mask).sum(1) == round(225 * DENSITIES[round_])).all()
        assert nested(mask, before)
        before = mask


def test_one_shot_rounds_start_from_the_dense_network(work, stack, first):
    moments = run(work, dataclasses.replace(LRR, one_shot=True), stack, first)
    for moment in moments:
        scores = abs(flat(first.state.params, first.mask, 2))
        expected = reference.keep_top(scores, np.ones(225), round(225 * DENSITIES[moment.round]))
        np.testing.assert_array_equal(flat(moment.mask, moment.mask, 2), expected)
    alone = run(work, Algorithm("a", (1.0, 0.512)), stack, first)[0]
    equal(alone.state, moments[-1].state)


def test_layerwise_every_layer_has_the_same_density(work, stack, first):
    algorithm = dataclasses.replace(LRR, scope="layerwise")
    for moment in run(work, algorithm, stack, first):
        density = DENSITIES[moment.round]
        assert abs(counts(moment.mask) - SIZES * density).max() < 1
        assert (counts(moment.mask).sum(1) == round(225 * density)).all()
        vector, start = flat(moment.mask, moment.mask, 0), 0
        scores = abs(flat(first.state.params, first.mask, 0))
        for size in SIZES if moment.round == 1 else ():
            part = slice(start, start + size)
            expected = reference.keep_top(scores[part], np.ones(size), vector[part].sum())
            np.testing.assert_array_equal(vector[part], expected)
            start += size


@pytest.mark.parametrize("scope", ["global", "layerwise"])
def test_many_score_steps_end_at_the_same_count(scope, work, stack, first):
    """SynFlow scores anew in each of its steps: other masks, no layer without weights."""
    masks_of = {}
    for steps in (1, 20):
        algorithm = Algorithm(
            "a", (1.0, 0.1), criterion="synflow", scope=scope, one_shot=True, score_steps=steps
        )
        mask = rounds.prune(work, algorithm, stack, first, 1)
        assert (counts(mask).sum(1) == round(225 * 0.1)).all()
        masks_of[steps] = flat(mask, mask, 0)
    assert (masks_of[1] != masks_of[20]).any()
    assert (counts(mask) > 0).all()


@pytest.mark.parametrize("scope", ["global", "layerwise"])
def test_excluded_layers_stay_whole(scope, work, stack, first):
    algorithm = dataclasses.replace(LRR, scope=scope, exclude=("Dense_1",))
    for moment in run(work, algorithm, stack, first):
        each = counts(moment.mask)
        assert (each[:, 1] == SIZES[1]).all()
        assert (each.sum(1) == round(225 * DENSITIES[moment.round])).all()


def test_excluded_layers_stay_whole_beside_infinite_scores(work, stack, first):
    params = jax.tree.map(jnp.copy, first.state.params)
    params["Dense_0"]["kernel"] = jnp.full_like(params["Dense_0"]["kernel"], jnp.inf)
    grown = first._replace(state=first.state._replace(params=params))
    algorithm = dataclasses.replace(LRR, exclude=("Dense_2",))
    assert (counts(rounds.prune(work, algorithm, stack, grown, 3))[:, 2] == SIZES[2]).all()


# Restarts.


def test_extended_dense_is_the_schedule_repeated(work, stack, first):
    """Round r equals r + 1 whole schedules, each with a fresh optimizer, and no mask."""
    moments = run(work, Algorithm("extended_dense", (1.0, 1.0, 1.0)), stack, first)
    start = rounds.create(work.recipe, stack)
    now = start.state
    for moment in (first, *moments):
        fresh = jax.tree.map(jnp.zeros_like, now.optimizer)
        now = now._replace(step=jnp.zeros_like(now.step), optimizer=fresh)
        now = rounds.fit(work.recipe, stack, start._replace(state=now), work.recipe.steps)
        equal(moment.state, now)
        assert (counts(moment.mask) == SIZES).all()


@pytest.mark.parametrize("anchor", [0, 4])
@pytest.mark.parametrize("name", plugins.REWINDS.names)
def test_every_rewind_trains_from_where_it_starts_to_its_end(name, anchor, work, stack, first):
    """As many steps as the anchor leaves, from the state that the rewind gives; what was
    pruned is exactly 0 at the end, with momentum and decay."""
    algorithm = Algorithm("a", (1.0, 0.8), rewind=name, rewind_to=f"{anchor}it")
    moments = list(rounds.run(work, algorithm, stack, first))
    mask = rounds.prune(work, algorithm, stack, first, 1)
    begin = rounds.restart(work, algorithm, stack, first, mask, 1)
    steps = work.recipe.steps - anchor
    assert rounds.length(work.recipe, algorithm) == steps
    assert begin.stop == begin.step + steps
    assert moments[-1].step == begin.stop == moments[-1].state.step[0]
    equal(rounds.fit(work.recipe, stack, begin, begin.step + steps), moments[-1].state)
    for weights, alive in zip(
        masks.prunable(mask, moments[-1].state.params), jax.tree.leaves(mask), strict=True
    ):
        np.testing.assert_array_equal(np.asarray(weights) != 0, alive)
    assert begin.step == (work.recipe.steps if name == "finetune" else anchor)


def test_anchors_are_the_dense_networks_of_their_steps(work, stack, first):
    start = rounds.create(work.recipe, stack)
    equal(first.anchors[0], start.state)
    equal(first.anchors[4], rounds.fit(work.recipe, stack, start, 4))
    at = start._replace(state=rounds.fit(work.recipe, stack, start, work.el2n_step))
    equal(first.el2n, rounds.evaluate(work.recipe, stack, at).el2n)


def test_given_masks_replace_pruning(work, stack, first):
    """The same masks on the same weights end in the same place; reinit takes other weights."""
    lottery = Algorithm("lottery", DENSITIES, rewind="weights")
    theirs = run(work, lottery, stack, first)

    def given(round_):
        return theirs[round_ - 1].mask

    again = run(work, lottery, stack, first, given_mask=given)
    equal([m.state for m in again], [m.state for m in theirs])
    reinit = dataclasses.replace(lottery, rewind="reinit", masks_from="lottery")
    for moment, their in zip(
        run(work, reinit, stack, first, given_mask=given), theirs, strict=True
    ):
        equal(moment.mask, their.mask)
        both = zip(
            jax.tree.leaves(moment.state.params), jax.tree.leaves(their.state.params), strict=True
        )
        assert all((np.asarray(a) != np.asarray(b)).any() for a, b in both)


def test_shuffled_masks_have_the_counts_of_every_layer(work, stack, first):
    mask = rounds.prune(work, LRR, stack, first, 3)
    shuffled = dataclasses.replace(LRR, shuffle=True)
    starts = [rounds.restart(work, shuffled, stack, first, mask, r) for r in (1, 1, 2)]
    for start in starts:
        assert counts(start.mask).tolist() == counts(mask).tolist()
        pairs = zip(
            masks.prunable(mask, start.state.params), jax.tree.leaves(start.mask), strict=True
        )
        assert all((np.asarray(w)[~np.asarray(m)] == 0).all() for w, m in pairs)
    equal(starts[0].mask, starts[1].mask)
    places = [flat(m, mask, 0) for m in (mask, starts[0].mask, starts[2].mask)]
    assert (places[0] != places[1]).any()
    assert (places[1] != places[2]).any()


# Together, in pieces, compiled once.


@pytest.fixture(scope="module")
def only_lrr(work):
    return work._replace(algorithms=(LRR,), pace=lambda step: work.recipe.steps)


@pytest.fixture(scope="module")
def solo(only_lrr, stack):
    """The rounds of replica 2 alone, on one device."""
    recipe = only_lrr.recipe
    own = replicas.stack(recipe, (stack.keys[2:3], stack.labels[2:3], stack.used[2:3]), 1)
    alone = Stack(*own, Images(*replicas.share(recipe, jax.device_get(stack.images), 1)))
    first = list(rounds.dense(only_lrr, alone))[-1]
    return [first, *run(only_lrr, LRR, alone, first)]


@pytest.mark.parametrize("how", ["turns", pytest.param("vmap", marks=pytest.mark.slow)])
def test_a_replica_of_a_stack_equals_its_solo_run(how, solo, only_lrr, stack):
    """Equal masks, losses to 1e-5; bit for bit where replicas take turns."""
    engine = dataclasses.replace(only_lrr.recipe.engine, replicas=how)
    only_lrr = only_lrr._replace(recipe=dataclasses.replace(only_lrr.recipe, engine=engine))
    first = list(rounds.dense(only_lrr, stack))[-1]
    for together, alone in zip((first, *run(only_lrr, LRR, stack, first)), solo, strict=True):
        equal(replica(together.mask, 2), replica(alone.mask, 0))
        losses = replica(together.outcome.loss, 2), replica(alone.outcome.loss, 0)
        np.testing.assert_allclose(*losses, rtol=0, atol=1e-5)
        if how == "turns":
            equal(replica(together.state, 2), replica(alone.state, 0))


def same_end(moments, expected):
    """The last of the moments is this one, bit for bit."""
    end = list(moments)[-1]
    where = [(m.round, m.step, m.stop, m.done) for m in (end, expected)]
    assert where[0] == where[1]
    equal(_listed(end), _listed(expected))


def _listed(moment):
    """What must not change; the time that it took may."""
    return moment._replace(anchors=list(moment.anchors.values()), seconds=0)


def test_round_0_goes_on_from_any_moment(work, stack, first):
    moments = list(rounds.dense(work, stack))
    assert [m.step for m in moments] == [2, 3, 4, 6, 8, 9, 9]
    for moment in moments[:-1]:
        same_end(rounds.dense(work, stack, resume=moment), first)


@pytest.mark.parametrize("rewind", ["learning_rate", "weights", "finetune"])
def test_later_rounds_go_on_from_any_moment(rewind, work, stack, first):
    """Also from the end of a round."""
    algorithm = Algorithm("a", (1.0, 0.8, 0.64), rewind=rewind, rewind_to="4it")
    moments = list(rounds.run(work, algorithm, stack, first))
    assert [(m.round, m.done) for m in moments] == [
        (r, done) for r in (1, 2) for done in (False, False, False, True)
    ]
    for moment in moments[:-1]:
        same_end(rounds.run(work, algorithm, stack, first, resume=moment), moments[-1])


def test_later_rounds_compile_nothing(work, stack, first):
    """Nor does another criterion, rewind, scope or exclusion, once one round has run."""
    compiled = []

    def note(event, duration, **_):
        compiled.extend([event] if event == "/jax/core/compile/backend_compile_duration" else [])

    run(work, Algorithm("a", (1.0, 0.8)), stack, first)
    jax.monitoring.register_event_duration_secs_listener(note)
    try:
        run(work, LRR, stack, first)
        for name in plugins.CRITERIA.names:
            run(work, Algorithm("a", (1.0, 0.3), criterion=name, rewind_to="4it"), stack, first)
        for name in plugins.REWINDS.names:
            run(work, Algorithm("a", (1.0, 0.7), rewind=name, shuffle=True), stack, first)
        for scope in ("layerwise", "global"):
            run(work, Algorithm("a", (1.0, 0.7), scope=scope, exclude=("*_0",)), stack, first)
        assert not compiled
        jax.jit(lambda x: x + len(compiled))(1.0)
        assert compiled, "the listener hears nothing"
    finally:
        jax.monitoring.unregister_event_duration_listener(note)


def test_a_replica_that_diverges_leaves_the_others_alone(work, stack, first):
    """Its masks stay exact and nested, too."""
    params = jax.tree.map(lambda leaf: leaf.at[1].set(jnp.nan), first.state.params)
    broken = first._replace(state=first.state._replace(params=params))
    pairs = zip(run(work, LRR, stack, broken), run(work, LRR, stack, first), strict=True)
    before = first.mask
    for got, expected in pairs:
        assert np.isnan(got.outcome.loss[1]).all()
        for i in (0, 2, 3):
            equal(replica(got.state, i), replica(expected.state, i))
            equal(replica(got.mask, i), replica(expected.mask, i))
        assert counts(got.mask).sum(1).tolist() == [round(225 * DENSITIES[got.round])] * 4
        assert nested(got.mask, before)
        before = got.mask


def test_the_distance_is_that_of_the_surviving_weights_from_their_initialisation(
    work, stack, first
):
    (last,) = run(work, dataclasses.replace(LRR, densities=(1.0, 0.3)), stack, first)
    begin = rounds.create(work.recipe, stack).state.params
    for i in range(stack.size):
        change = flat(last.state.params, last.mask, i) - flat(begin, last.mask, i)
        alive = np.concatenate([np.asarray(m)[i].ravel() for m in jax.tree.leaves(last.mask)])
        assert 0 < alive.sum() < alive.size
        expected = np.linalg.norm(change[alive].astype(np.float64))
        np.testing.assert_allclose(last.outcome.distance[i], expected, rtol=1e-5)


def test_only_the_examples_in_use_are_trained_on(work, stack, first):
    """Two examples less are two less in an epoch, whatever their labels; and they are others'."""
    recipe = dataclasses.replace(work.recipe, train_size=38)
    used = np.array([np.delete(np.arange(40), [3, 11 + i]) for i in range(4)], np.int32)
    labels = np.asarray(stack.labels).copy()
    own = stack._replace(used=replicas.stack(recipe, used, 4))
    start = rounds.create(recipe, stack)
    trained = rounds.fit(recipe, own, start, recipe.steps)
    for i in range(4):
        labels[i, [3, 11 + i]] = (labels[i, [3, 11 + i]] + 1) % recipe.num_classes
    other = own._replace(labels=replicas.stack(recipe, labels, 4))
    equal(trained.params, rounds.fit(recipe, other, start, recipe.steps).params)
    labels[:, 5] = (labels[:, 5] + 1) % recipe.num_classes
    other = own._replace(labels=replicas.stack(recipe, labels, 4))
    different = rounds.fit(recipe, other, start, recipe.steps).params
    with pytest.raises(AssertionError):
        equal(trained.params, different)
