"""Rewinds: what each gives back bit for bit, and what all of them do."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pruning_jax import masks, state
from pruning_jax.rewind import REWINDS

KEY = jax.random.key(7)


def used(recipe, begin, step):
    """A state at `step` whose weights, BatchNorm statistics and optimizer are all its own."""
    gradient = jax.tree.map(lambda p: p + 1, begin.params)
    statistics = {"BatchNorm_0": {"mean": jnp.full(3, float(step)), "var": jnp.full(3, 0.5)}}
    new = state.start(recipe, begin.params, statistics, step)
    return state.update(recipe, new, gradient, statistics)._replace(step=jnp.int32(step))


@pytest.fixture(scope="module")
def before(recipe, create):
    """The anchor, the trained state, and a mask of every other weight."""
    anchor, trained = used(recipe, create(1), 4), used(recipe, create(2), recipe.steps)
    mask = jax.tree.map(
        lambda leaf: (jnp.arange(leaf.size) % 2 == 0).reshape(leaf.shape),
        masks.dense(anchor.params),
    )
    return anchor, trained, mask


def equal(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def survivors(params, mask):
    """The weights under the mask's True, and everything that cannot be pruned."""
    rest = {k: v for k, v in masks.named(params).items() if not k.endswith(masks.PRUNABLE)}
    kept = masks.named(mask)
    return rest | {k: v[kept[k]] for k, v in masks.named(params).items() if k in kept}


@pytest.mark.parametrize("optimizer", state.OPTIMIZERS)
@pytest.mark.parametrize("name", REWINDS)
def test_every_rewind_masks_the_weights_and_renews_the_optimizer(name, optimizer, recipe, create):
    recipe = dataclasses.replace(recipe, optimizer=optimizer)
    anchor, trained = used(recipe, create(1), 4), used(recipe, create(2), recipe.steps)
    mask = jax.tree.map(jnp.zeros_like, masks.dense(anchor.params))
    new = REWINDS[name](recipe, anchor, trained, mask, KEY)
    assert jax.tree.structure(new) == jax.tree.structure(
        trained._replace(statistics=new.statistics)
    )
    assert all((leaf == 0).all() for leaf in masks.prunable(mask, new.params))
    assert any((leaf != 0).any() for leaf in jax.tree.leaves(trained.optimizer))
    assert all((leaf == 0).all() for leaf in jax.tree.leaves(new.optimizer))


@pytest.mark.parametrize("name", REWINDS)
def test_every_rewind_sets_pruned_weights_to_zero_and_no_others(name, recipe, before):
    new = REWINDS[name](recipe, *before, KEY)
    for leaf, mask in zip(
        masks.prunable(before[2], new.params), jax.tree.leaves(before[2]), strict=True
    ):
        np.testing.assert_array_equal(leaf != 0, mask)


def test_weights_gives_back_the_anchor_bit_for_bit(recipe, before):
    anchor, _, mask = before
    new = REWINDS["weights"](recipe, *before, KEY)
    equal(survivors(new.params, mask), survivors(anchor.params, mask))
    equal(new.statistics, anchor.statistics)
    assert new.step == 4


@pytest.mark.parametrize("name", ["learning_rate", "finetune"])
def test_trained_survivors_stay_bit_for_bit(name, recipe, before):
    _, trained, mask = before
    new = REWINDS[name](recipe, *before, KEY)
    equal(survivors(new.params, mask), survivors(trained.params, mask))
    equal(new.statistics, trained.statistics)


def test_learning_rate_goes_back_to_the_anchors_step(recipe, before):
    assert REWINDS["learning_rate"](recipe, *before, KEY).step == 4


def test_finetune_goes_on_at_the_last_learning_rate(recipe, before):
    """Were the step the last one, its rate would be met only once."""
    recipe = dataclasses.replace(recipe, schedule="cosine")
    step = REWINDS["finetune"](recipe, *before, KEY).step
    last = state.learning_rate(recipe, recipe.steps - 1)
    assert last > 0
    assert [state.learning_rate(recipe, step + i) for i in range(5)] == [last] * 5


def test_reinit_draws_new_weights_and_repeats(recipe, create, before):
    anchor, _, mask = before
    new = REWINDS["reinit"](recipe, *before, KEY)
    equal(new, REWINDS["reinit"](recipe, *before, KEY))
    other = REWINDS["reinit"](recipe, *before, jax.random.key(8))
    first = create(7)  # of the very seed
    for its in (first, other, anchor):
        pairs = zip(*(jax.tree.leaves(survivors(s.params, mask)) for s in (new, its)), strict=True)
        assert all((a != b).all() for a, b in pairs)
    assert new.step == anchor.step
