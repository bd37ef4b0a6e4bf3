"""What the tests of training share: one replica of the tiny network, half of it pruned."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import pytest

from pruning_jax import masks
from pruning_jax.pruning.moments import Stack
from pruning_jax.training.examples import Images
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState


@pytest.fixture(scope="session")
def images(stack: Stack) -> Images:
    """The images of `stack`, in memory."""
    return jax.device_get(stack.images)


@pytest.fixture(scope="session")
def begun(stack: Stack, create: Callable[[int], TrainState]) -> Replica:
    """A new network of which half the weights are pruned, with the labels of one replica."""
    new = create(5)
    mask = jax.tree.map(
        lambda leaf: (jnp.arange(leaf.size) % 2 == 0).reshape(leaf.shape), masks.dense(new.params)
    )
    state = new._replace(params=masks.apply(mask, new.params))
    labels, used = jax.device_get((stack.labels[0], stack.used[0]))
    return Replica(
        key=jax.random.key(5), labels=labels, used=used, state=state, mask=mask, anchor=state
    )
