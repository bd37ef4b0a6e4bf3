"""The convolution with its own gradient: beside XLA's, for every size of window and stride."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from pruning_jax.models import convolution


def plain(x, kernel, stride):
    edge = kernel.shape[0] // 2
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), [(edge, edge)] * 2, dimension_numbers=convolution.NUMBERS
    )


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize("shape", [(8, 8), (9, 7)])
@pytest.mark.parametrize("by_products", [False, True])
def test_values_and_gradients_are_those_of_xla(size, stride, shape, by_products):
    rng = np.random.default_rng(0)
    x = jnp.float32(rng.normal(size=(3, *shape, 4)))
    kernel = jnp.float32(rng.normal(size=(size, size, 4, 5)))
    weight = jnp.float32(rng.normal(size=plain(x, kernel, stride).shape))

    def both(convolve):
        def total(x, kernel):
            return jnp.sum(convolve(x, kernel, stride) * weight)

        return convolve(x, kernel, stride), *jax.jit(jax.grad(total, (0, 1)))(x, kernel)

    def own(x, kernel, stride):
        return convolution.convolve(x, kernel, stride, by_products)

    for mine, theirs in zip(both(own), both(plain), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-4)


def test_another_padding_is_refused():
    x, kernel = jnp.ones((1, 5, 5, 1)), jnp.ones((3, 3, 1, 1))
    with pytest.raises(ValueError, match="not those of convolve"):
        convolution.KINDS["gradient"](x, kernel, (1, 1), [(0, 0), (0, 0)])
