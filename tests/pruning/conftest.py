"""What the tests of pruning share: one trained replica with an anchor and a mask."""

from collections.abc import Callable

import jax
import pytest

from pruning_jax import masks
from pruning_jax.pruning.moments import Stack
from pruning_jax.training.examples import Images
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState


@pytest.fixture(scope="session")
def images(stack: Stack) -> Images:
    """The images of `stack`, in memory: `stack` lies on two devices, one replica on one."""
    return jax.device_get(stack.images)


@pytest.fixture(scope="session")
def own(create: Callable[[int], TrainState], stack: Stack) -> Replica:
    """One replica: trained weights, an anchor with weights everywhere, a mask of about 60 %."""
    trained, anchor = create(1), create(2)
    uniform = iter(jax.random.split(jax.random.key(3), 10))
    mask = jax.tree.map(
        lambda leaf: jax.random.uniform(next(uniform), leaf.shape) < 0.6, masks.dense(anchor.params)
    )
    trained = trained._replace(params=masks.apply(mask, trained.params))
    labels, used = jax.device_get((stack.labels[0], stack.used[0]))
    return Replica(
        key=jax.random.key(4), labels=labels, used=used, state=trained, mask=mask, anchor=anchor
    )
