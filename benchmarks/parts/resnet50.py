"""ResNet-50 on images of ImageNet's size: images per second, all devices sharing each batch."""

from collections.abc import Callable, Iterator
from functools import partial

import jax
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from benchmarks.parts import kernels, networks, timing
from benchmarks.parts.setting import Fields, Rows, Setting
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.pruning import rounds
from pruning_jax.pruning.moments import Moment, Stack
from pruning_jax.training import devices, processes, replicas
from pruning_jax.training import fit as training
from pruning_jax.training.devices import BATCH, REPLICA
from pruning_jax.training.examples import Batch
from pruning_jax.training.replica import Replica
from pruning_jax.training.streaming import Read, Reader
from pruning_jax.training.streams import Stream, stream
from pruning_jax.types import PRNGKey

CASES, TINY = [("bfloat16", 256), ("bfloat16", 1024)], [("float32", 2)]
"""Precisions and batches."""

SMALL = {"model": "resnet20", "width": 0.1}
"""What is trained on a CPU: XLA would compile fifty layers for too long."""

MOST_STEPS, TRACED_STEPS = 20, 4


class Noise(Reader):
    """Gives the same random images in every step, which takes no time."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(None)
        shape = (recipe.batch_size, *recipe.image_shape)
        self.pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)

    def training(self, recipe: Recipe, replica: Replica, step: int) -> tuple[Read, PRNGKey]:  # noqa: ARG002
        places = np.arange(recipe.batch_size)
        labels = np.asarray(replica.labels)[0][places]
        key = stream(replica.key.reshape(()), Stream.AUGMENTATION, 0)
        return Read(self.pixels, labels, places, np.ones(len(places), bool)), key


def rows(setting: Setting) -> Rows:
    return {
        f"{precision}, batch {batch}": partial(measure, setting, precision, batch)
        for precision, batch in (TINY if setting.tiny else CASES)
    }


def measure(setting: Setting, precision: str, batch: int) -> Iterator[Fields]:
    """The time of a step whose images are on the devices, where it goes, and of one whose images
    are sent there."""
    small = SMALL if setting.tiny else {}
    settings = {**networks.RESNET50, **small, "precision": precision, "batch_size": batch}
    engine = {"batch_devices": 1} if setting.tiny else {}
    what, group = networks.settled(1, engine, **settings)
    recipe, stack = group.recipe, networks.stacked(what, group)
    stack = stack._replace(reader=Noise(recipe))
    moment = rounds.create(recipe, stack)
    held = on_devices(recipe, stack, moment)
    times = timing.of_steps(held, MOST_STEPS, setting.tiny)
    rate = times.rate(batch)
    yield {
        "precision": precision,
        "batch_size": batch,
        "devices": recipe.engine.batch_devices,
        "images_per_second": rate,
        "times_first_row": timing.beside_first(setting, "resnet50", "images_per_second", rate),
        **times.fields(),
        **({} if setting.tiny else networks.of_peak("resnet50", precision, rate["best"])),
        **timing.memory(),
        **timing.clocks(),
    }
    sent = timing.of_steps(partial(rounds.fit, recipe, stack, moment), MOST_STEPS, setting.tiny)
    yield {"images_per_second_sent": sent.rate(batch)}
    yield kernels.of_steps(held, 2 if setting.tiny else TRACED_STEPS, times)


def on_devices(recipe: Recipe, stack: Stack, moment: Moment) -> Callable[[int], None]:
    """Trains so many steps on one batch, which lies on the devices."""
    assert stack.reader is not None
    start = stack.replicas(moment.state, moment.mask)
    read, key = stack.reader.training(recipe, start, 0)
    divided = NamedSharding(devices.mesh(recipe, 1), PartitionSpec(REPLICA, BATCH))
    batch = Batch(*processes.put(tuple(part[None] for part in read), divided))
    keys = replicas.stack(recipe, key[None], 1)

    def train(steps: int) -> None:
        now = start
        for _ in range(steps):
            state = replicas.over_replicas(
                training.step, recipe, stacked=(now, batch, keys), shared=(stack.images,)
            )
            now = now._replace(state=state)
        jax.block_until_ready(now.state)

    return train
