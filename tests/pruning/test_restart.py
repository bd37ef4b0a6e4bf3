"""How a round starts: what each rewind gives back bit for bit, and what a restart adds to all."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pruning_jax import masks, plugins
from pruning_jax.errors import WrongUse
from pruning_jax.pruning.restart import restart
from pruning_jax.testing import tiny
from pruning_jax.training import state


def trained(recipe, begin, step):
    """A state at `step` whose weights, BatchNorm statistics and optimizer are all its own."""
    gradient = jax.tree.map(lambda p: p + 1, begin.params)
    new = state.at_step(recipe, begin.params, {}, step)
    return state.update(recipe, new, gradient, {})._replace(step=jnp.int32(step))


def other_half(mask):
    return jax.tree.map(
        lambda leaf: (jnp.arange(leaf.size) % 2 == 0).reshape(leaf.shape), masks.dense(mask)
    )


@pytest.fixture(scope="module")
def before(recipe, create, own):
    """A trained replica with an anchor at step 4 and a mask of every other weight."""
    return own._replace(
        state=trained(recipe, create(2), recipe.steps),
        anchor=trained(recipe, create(1), 4),
        mask=other_half(own.state.params),
    )


def rewound(recipe, name, replica, **options):
    """The state at the start of a round."""
    return both(recipe, name, replica, **options)[0]


def both(recipe, name, replica, *, shuffle=False, round_=1):
    return restart(recipe, (name,), shuffle, replica, 0, round_)


def equal(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def survivors(params, mask):
    """The weights under the mask's True, and everything that cannot be pruned."""
    rest = {k: v for k, v in masks.named(params).items() if not k.endswith(masks.PRUNABLE)}
    kept = masks.named(mask)
    return rest | {k: v[kept[k]] for k, v in masks.named(params).items() if k in kept}


@pytest.mark.parametrize("optimizer", plugins.OPTIMIZERS.names)
@pytest.mark.parametrize("name", plugins.REWINDS.names)
def test_every_rewind_masks_the_weights_and_renews_the_optimizer(
    name, optimizer, recipe, create, before
):
    recipe = dataclasses.replace(recipe, optimizer=optimizer)
    replica = before._replace(
        state=trained(recipe, create(2), recipe.steps),
        anchor=trained(recipe, create(1), 4),
        mask=jax.tree.map(jnp.zeros_like, before.mask),
    )
    new = rewound(recipe, name, replica)
    assert jax.tree.structure(new) == jax.tree.structure(replica.state)
    assert all((leaf == 0).all() for leaf in masks.prunable(replica.mask, new.params))
    assert any((leaf != 0).any() for leaf in jax.tree.leaves(replica.state.optimizer))
    assert all((leaf == 0).all() for leaf in jax.tree.leaves(new.optimizer))


@pytest.mark.parametrize("name", plugins.REWINDS.names)
def test_every_rewind_sets_pruned_weights_to_zero_and_no_others(name, recipe, before):
    new, mask = both(recipe, name, before)
    equal(mask, before.mask)
    for leaf, alive in zip(masks.prunable(mask, new.params), jax.tree.leaves(mask), strict=True):
        np.testing.assert_array_equal(leaf != 0, alive)


def test_weights_gives_back_the_anchor_bit_for_bit(recipe, before):
    new = rewound(recipe, "weights", before)
    equal(survivors(new.params, before.mask), survivors(before.anchor.params, before.mask))
    assert new.step == 4


@pytest.mark.parametrize("name", ["learning_rate", "finetune"])
def test_trained_survivors_stay_bit_for_bit(name, recipe, before):
    new = rewound(recipe, name, before)
    equal(survivors(new.params, before.mask), survivors(before.state.params, before.mask))


def with_statistics(recipe, seed, value, step):
    """A state of a network with BatchNorm, whose statistics are all this value."""
    new = state.create(recipe, jax.random.key(seed))
    assert new.statistics
    statistics = jax.tree.map(lambda s: jnp.full_like(s, value), new.statistics)
    return new._replace(step=jnp.int32(step), statistics=statistics)


@pytest.mark.parametrize(
    ("name", "value"), [("weights", 1.5), ("learning_rate", 2.5), ("finetune", 2.5)]
)
def test_batch_norms_statistics_go_with_the_weights(name, value, own):
    trained, anchor = (with_statistics(tiny.RECIPE, *of) for of in ((1, 2.5, 9), (2, 1.5, 4)))
    mask = other_half(trained.params)
    new = rewound(tiny.RECIPE, name, own._replace(state=trained, anchor=anchor, mask=mask))
    assert {float(v) for leaf in jax.tree.leaves(new.statistics) for v in leaf} == {value}


def test_learning_rate_goes_back_to_the_anchors_step(recipe, before):
    assert rewound(recipe, "learning_rate", before).step == 4


def test_finetune_goes_on_at_the_last_learning_rate(recipe, before):
    """Were the step the last one, its rate would be met only once."""
    recipe = dataclasses.replace(recipe, schedule="cosine")
    step = rewound(recipe, "finetune", before).step
    last = state.learning_rate(recipe, recipe.steps - 1)
    assert last > 0
    assert [state.learning_rate(recipe, step + i) for i in range(5)] == [last] * 5


def test_reinit_draws_new_weights_and_repeats(recipe, create, before):
    mask, replica = before.mask, before._replace(key=jax.random.key(7))
    new = rewound(recipe, "reinit", replica)
    equal(new, rewound(recipe, "reinit", replica))
    other = rewound(recipe, "reinit", before._replace(key=jax.random.key(8)))
    first = create(7)  # of the very seed
    for its in (first, other, before.anchor):
        pairs = zip(*(jax.tree.leaves(survivors(s.params, mask)) for s in (new, its)), strict=True)
        assert all((a != b).all() for a, b in pairs)
    assert new.step == before.anchor.step


@pytest.mark.parametrize("which", range(len(plugins.REWINDS.names)))
def test_a_restart_takes_the_rewind_that_it_is_told(which, recipe, before):
    names = plugins.REWINDS.names
    program = jax.jit(restart, static_argnums=(0, 1, 2))
    new, _ = program(recipe, names, False, before, which, 1)
    equal(new, jax.jit(rewound, static_argnums=(0, 1))(recipe, names[which], before))


def test_a_shuffled_mask_is_the_one_that_masks_the_weights(recipe, before):
    before = before._replace(
        mask=jax.tree.map(lambda m: m.at[0].set(False), before.mask)  # uneven counts
    )
    new, mask = both(recipe, "weights", before, shuffle=True)
    again, later = (both(recipe, "weights", before, shuffle=True, round_=r)[1] for r in (1, 2))
    equal(mask, again)
    pairs = zip(*map(jax.tree.leaves, (mask, before.mask, later)), strict=True)
    for own, old, other in pairs:
        assert own.sum() == old.sum()
        assert (own != old).any()
        assert (own != other).any()
    for leaf, alive in zip(masks.prunable(mask, new.params), jax.tree.leaves(mask), strict=True):
        np.testing.assert_array_equal(leaf != 0, alive)


WRONG = """
import jax
import jax.numpy as jnp

def without_bias(recipe, replica):
    params = {k: {"kernel": v["kernel"]} for k, v in replica.state.params.items()}
    return replica.state._replace(params=params)

def half(recipe, replica):
    params = jax.tree.map(lambda p: p.astype(jnp.float16), replica.state.params)
    return replica.state._replace(params=params)

def no_state(recipe, replica):
    return replica.state.params

def step_of_floats(recipe, replica):
    return replica.state._replace(step=jnp.float32(0))
"""


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("without_bias", "params"),
        ("half", "params"),
        ("no_state", "params"),
        ("step_of_floats", "step"),
    ],
)
def test_what_is_no_state_of_the_network_is_refused(
    name, part, recipe, before, tmp_path, monkeypatch
):
    (tmp_path / "wrong_rewinds.py").write_text(WRONG)
    monkeypatch.syspath_prepend(tmp_path)
    says = f"rewind 'wrong_rewinds:{name}' gives a state whose {part} are"
    with pytest.raises(WrongUse, match=says) as raised:
        rewound(recipe, f"wrong_rewinds:{name}", before)
    assert "\n" not in str(raised.value)
