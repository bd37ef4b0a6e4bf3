"""Trains two small convolutional networks on eight devices of one CPU, divided in several ways.

  python tests/support/on_eight_devices.py OUT.npz

Writes of each way the parameters and the outcome after five steps, and the names of the collective
operations in its compiled programs.
"""

import dataclasses
import re
import sys
from collections.abc import Callable

import jax
import numpy as np
from flax import linen as nn

from pruning_jax.experiment.recipe import Engine, Recipe
from pruning_jax.models import convolution
from pruning_jax.models.layers import conv, dense, norm
from pruning_jax.pruning import rounds
from pruning_jax.pruning.moments import Stack
from pruning_jax.training import devices, replicas
from pruning_jax.training.examples import Images
from pruning_jax.training.fit import fit

RECIPE = Recipe(
    model="on_eight_devices:build",
    epochs=2,
    batch_size=16,
    momentum=0.9,
    weight_decay=1e-3,
    augmentations=("flip", "crop"),
    image_shape=(8, 8, 3),
    num_classes=5,
    train_size=40,  # three steps, the last on 8 examples
)
DIVISIONS = {
    "one after the other on one device": (1, 1, "turns"),
    "each on a device": (2, 1, "turns"),
    "each on four devices": (2, 4, "turns"),
    "one after the other on all devices": (1, 8, "turns"),
    "side by side on all devices": (2, 8, "vmap"),
    "unrolled on all devices": (2, 8, "unrolled"),
}
"""Replicas at once, devices that share a batch, way."""

COLLECTIVE = r"all-reduce|all-gather|all-to-all|collective-permute|reduce-scatter"


def stack_of(recipe, which):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (51, *recipe.image_shape)).astype(np.uint8)
    labels = rng.integers(0, recipe.num_classes, (2, 51)).astype(np.int32)[which]
    keys = jax.random.split(jax.random.key(0), 2)[np.array(which)]
    used = np.tile(np.arange(recipe.train_size, dtype=np.int32), (len(which), 1))
    shared = (pixels, np.full(3, 120, np.float32), np.full(3, 70, np.float32))
    images = Images(*replicas.share(recipe, shared, len(which)))
    return Stack(*replicas.stack(recipe, (keys, labels, used), len(which)), images)


def trained(recipe, which):
    """Parameters and outcome of some replicas, and what their programs send to each other."""
    stack = stack_of(recipe, which)
    moment = rounds.create(recipe, stack)
    mesh = devices.mesh(recipe, len(which))
    program = replicas.program(fit, (recipe,), recipe.engine.replicas, mesh)
    now = stack.replicas(moment.state, moment.mask)
    arguments = ((now,), (stack.images, np.int32(0), np.int32(5)))
    compiled = program.lower(*arguments).compile()
    moment = moment._replace(state=compiled(*arguments), step=5)
    sent = set(re.findall(COLLECTIVE, compiled.as_text()))
    return jax.device_get(moment.state.params), rounds.evaluate(recipe, stack, moment), sent


class Small(nn.Module):
    """Convolutions, normalisations and a linear layer, as the networks of the package have them."""

    convolve: Callable

    @nn.compact
    def __call__(self, images, train=False, valid=None):
        x = nn.relu(norm(conv(images, 4, convolve=self.convolve), train, valid))
        x = nn.relu(norm(conv(x, 6, stride=2, convolve=self.convolve), train, valid))
        return dense(x.mean((1, 2)), RECIPE.num_classes)


def build(recipe):
    return Small(convolution.chosen(recipe))


def main():
    jax.config.update("jax_num_cpu_devices", 8)
    arrays = {}
    for name, (at_once, share, way) in DIVISIONS.items():
        engine = Engine(batch_devices=share, replicas=way)
        recipe = dataclasses.replace(RECIPE, engine=engine)
        parts = [[0, 1]] if at_once == 2 else [[0], [1]]
        params, outcomes, sent = zip(*(trained(recipe, which) for which in parts), strict=True)
        leaves = zip(*map(jax.tree.leaves, params), strict=True)
        arrays[f"{name}/params"] = np.concatenate([np.concatenate(a).ravel() for a in leaves])
        arrays[f"{name}/loss"] = np.concatenate([o.loss for o in outcomes])
        arrays[f"{name}/sent"] = np.array(sorted(set().union(*sent)), str)
    np.savez(sys.argv[1], **arrays)


if __name__ == "__main__":
    main()
