"""The laws of models: the built-in ones keep them, and whoever breaks one is told what to do."""

import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from pruning_jax import plugins
from pruning_jax.errors import WrongUse
from pruning_jax.models.layers import conv, dense, norm, scaled
from pruning_jax.testing import check_model

SHAPE = (6, 6, 1)
NORMAL = nn.initializers.normal()
UNSEEDED = np.random.default_rng()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name == "resnet50" else ())
        for name in plugins.MODELS.names
    ],
)
def test_the_built_in_ones_keep_the_laws(name):
    check_model(name)


class Network(nn.Module):
    """A network that keeps the laws, unless a setting is changed."""

    channels: int
    classes: int

    def hidden(self, x, train, valid):
        return nn.relu(norm(x, train, valid))

    @nn.compact
    def __call__(self, images, train=False, valid=None):
        x = self.hidden(conv(images, self.channels), train, valid)
        return dense(x.reshape(x.shape[0], -1), self.classes)


def good(recipe):
    return Network(scaled(8, recipe.width), recipe.num_classes)


def test_a_function_is_checked_as_its_name_is():
    check_model(good, SHAPE)
    check_model(f"{__name__}:good", SHAPE)


def nothing(recipe):
    return None


def one_width(recipe):
    return Network(8, recipe.num_classes)


def one_class_more(recipe):
    return Network(scaled(8, recipe.width), recipe.num_classes + 1)


class NoticesPadding(Network):
    def hidden(self, x, train, valid):
        return nn.relu(norm(x, train))


class TakesPaddingForBlack(Network):
    """Padding is made black instead of being left out of the moments."""

    def hidden(self, x, train, valid):
        if valid is not None:
            x = jnp.where(valid[:, None, None, None], x, 0)
        return nn.relu(norm(x, train))


class OnlyFloat32(Network):
    def hidden(self, x, train, valid):
        return nn.relu(nn.Conv(self.channels, (3, 3), dtype=jnp.float32)(x))


class BiasCalledKernel(Network):
    def hidden(self, x, train, valid):
        return nn.relu(x * self.param("kernel", NORMAL, (self.channels,)).sum())


class WeightsOfAnotherName(Network):
    def hidden(self, x, train, valid):
        shape = (1000 * self.channels, self.channels)
        return nn.relu(x + self.param("weights", NORMAL, shape).sum())


class HalfPrecision(Network):
    def hidden(self, x, train, valid):
        return nn.relu(x + self.param("bias", NORMAL, (1, 1), jnp.float16).sum())


class Idle(Network):
    def hidden(self, x, train, valid):
        self.param("scale", NORMAL, (self.channels,))
        return nn.relu(x)


class BeginsAlike(Network):
    def hidden(self, x, train, valid):
        return nn.Conv(self.channels, (3, 3), dtype=x.dtype, kernel_init=nn.initializers.ones)(x)


class Noisy(Network):
    def hidden(self, x, train, valid):
        return nn.relu(x + UNSEEDED.normal())


class BeginsUnrepeatably(Network):
    def hidden(self, x, train, valid):
        bias = self.param("bias", lambda key: jnp.float32(UNSEEDED.normal()))
        return nn.relu(x + bias.astype(x.dtype))


class PythonBranch(Network):
    def hidden(self, x, train, valid):
        return x if x.sum() > 0 else -x


class WithDropout(Network):
    def hidden(self, x, train, valid):
        return nn.Dropout(0.5, deterministic=not train)(x)


def of(network):
    """A function at the top level of this module, as a plug-in must be, which builds a network."""

    def build(recipe):
        return network(scaled(8, recipe.width), recipe.num_classes)

    build.__qualname__ = build.__name__ = f"build_{network.__name__}"
    globals()[build.__name__] = build
    return build


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (nothing, r"returns NoneType; return a flax\.linen\.Module"),
        (
            one_width,
            r"have \[(\d+), \1, \1, \1\] prunable weights\. Every hidden layer must",
        ),
        (one_class_more, r"shape \(1, 3\) for 1 images where recipe\.num_classes is 2"),
        (of(NoticesPadding), "if a batch has other padding beside them. Pass `valid`"),
        (of(TakesPaddingForBlack), "if a batch has no padding beside them. Pass `valid`"),
        (of(OnlyFloat32), r"computes 2 of 3 products in another type than bfloat16 .* dtype=x\.dt"),
        (of(BiasCalledKernel), r"kernel has the shape \(2,\)\. .* call it 'bias' or 'scale'"),
        (of(WeightsOfAnotherName), r"\d+ of \d+ parameters are called 'kernel'; no others are"),
        (of(HalfPrecision), "The parameter bias is of float16, not of float32"),
        (of(Idle), "The parameters scale have no effect on the logits"),
        (of(BeginsAlike), "The weights Conv_1/kernel begin alike for two keys"),
        (of(Noisy), "other logits for the same images; nothing in it may be random"),
        (of(BeginsUnrepeatably), "begins with other parameters for the same key"),
        (
            of(PythonBranch),
            "cannot be compiled by JAX: TracerBoolConversion.* jnp.where instead",
        ),
        (of(WithDropout), "cannot be compiled by JAX: InvalidRngError"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_what_breaks_a_law_is_told_what_to_do(build, says):
    with pytest.raises(AssertionError, match=says):
        check_model(build, SHAPE)


def test_an_unknown_name_is_refused():
    with pytest.raises(WrongUse, match="did you mean vgg16"):
        check_model("vgg1")
