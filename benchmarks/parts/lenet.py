"""LeNet-300-100 on images of MNIST's size: how fast many replicas are trained together."""

from collections.abc import Iterator
from functools import partial

from benchmarks.parts import kernels, networks, timing
from benchmarks.parts.setting import Fields, Rows, Setting
from pruning_jax.pruning import rounds

CASES = [
    ("vmap", "tensorfloat32", 100),
    ("vmap", "bfloat16", 100),
    ("vmap", "float32", 100),
    ("vmap", "tensorfloat32", 10),
    ("turns", "tensorfloat32", 10),
    ("vmap", "tensorfloat32", 1),
]
"""Ways, precisions and replicas, the most important first."""

TINY = [("vmap", "float32", 2), ("turns", "float32", 2)]


def rows(setting: Setting) -> Rows:
    return {
        f"{way}, {precision}, {replicas}": partial(
            measure, setting, way, precision, replicas, traced=i == 0
        )
        for i, (way, precision, replicas) in enumerate(TINY if setting.tiny else CASES)
    }


def measure(
    setting: Setting, way: str, precision: str, replicas: int, traced: bool
) -> Iterator[Fields]:
    """The time of a step, and of an epoch, of all replicas; a replica per second is one whose
    epoch is done."""
    what, group = networks.lenet(way, precision, replicas, setting.tiny)
    recipe, stack = group.recipe, networks.stacked(what, group)
    fit = partial(rounds.fit, recipe, stack, rounds.create(recipe, stack))
    times = timing.of_steps(fit, recipe.steps_per_epoch, setting.tiny)
    epochs = times.rate(replicas / recipe.steps_per_epoch)
    yield {
        "way": way,
        "precision": precision,
        "replicas": replicas,
        "batch_size": recipe.batch_size,
        "epochs_of_a_replica_per_second": epochs,
        "seconds_per_epoch_of_all": {
            "least": replicas / epochs["best"],
            "median": replicas / epochs["median"],
        },
        "times_first_row": timing.beside_first(
            setting, "lenet", "epochs_of_a_replica_per_second", epochs
        ),
        **times.fields(),
        **timing.memory(),
        **timing.clocks(),
    }
    if traced:
        yield kernels.of_steps(fit, 2 if setting.tiny else 64, times)
