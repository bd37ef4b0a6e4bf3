"""What all tests share: a strict JAX, types checked at run time, one tiny group of replicas."""

import atexit
import os
import shutil
import signal
import tempfile
from collections.abc import Callable

import hypothesis
import jax
import jaxtyping
import numpy as np
import pytest
import trees

if "PYTEST_XDIST_WORKER" not in os.environ:  # workers inherit it and share compiled programs
    os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="pruning_jax_tests_")
    atexit.register(shutil.rmtree, os.environ["XDG_CACHE_HOME"], ignore_errors=True)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what runs in its background so, and what we start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

if "JAX_PLATFORMS" not in os.environ:
    jax.config.update("jax_platforms", "cpu")
if "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
    jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)
if "PRUNING_JAX_TYPES_UNCHECKED" not in os.environ:
    trees.check_leaves()
    jaxtyping.install_import_hook("pruning_jax", "beartype.beartype")
hypothesis.settings.register_profile("tests", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("tests")

from pruning_jax import machine, plugins  # noqa: E402  types are checked from here on
from pruning_jax.experiment.algorithm import Algorithm  # noqa: E402
from pruning_jax.experiment.recipe import Recipe  # noqa: E402
from pruning_jax.pruning import rounds  # noqa: E402
from pruning_jax.pruning.moments import Moment, Stack, Work  # noqa: E402
from pruning_jax.training import replicas, state  # noqa: E402
from pruning_jax.training.examples import Images  # noqa: E402
from pruning_jax.training.state import TrainState  # noqa: E402

machine.keep_programs()

DENSITIES = (1.0, 0.8, 0.64, 0.512)


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    """Three layers of 15, 5 and 3 units; 3 steps in an epoch, the last on 8 examples of 16."""
    return Recipe(
        width=0.05,
        epochs=3,
        batch_size=16,
        momentum=0.9,
        weight_decay=1e-2,
        image_shape=(3, 3, 1),
        num_classes=3,
        train_size=40,
    )


@pytest.fixture(scope="session")
def create(recipe: Recipe) -> Callable[[int], TrainState]:
    """The state of step 0 for a seed."""
    program = jax.jit(state.create, static_argnums=0)
    return lambda seed: program(recipe, jax.random.key(seed))


@pytest.fixture(scope="session")
def stack(recipe: Recipe) -> Stack:
    """Four replicas: 40 examples to train on and 10 more, each replica with its own labels."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (50, *recipe.image_shape)).astype(np.uint8)
    labels = rng.integers(0, recipe.num_classes, (4, 50)).astype(np.int32)
    keys = jax.random.split(jax.random.key(0), 4)
    used = np.tile(np.arange(recipe.train_size, dtype=np.int32), (4, 1))
    shared = (pixels, np.array([120.0], np.float32), np.array([70.0], np.float32))
    images = Images(*replicas.share(recipe, shared, 4))
    return Stack(*replicas.stack(recipe, (keys, labels, used), 4), images)


@pytest.fixture(scope="session")
def work(recipe: Recipe) -> Work:
    """One algorithm per criterion and rewind, anchors at steps 0 and 4; two steps at a time."""
    criteria, rewinds = plugins.CRITERIA.names, plugins.REWINDS.names
    algorithms = [
        *(Algorithm(name, DENSITIES, criterion=name) for name in criteria),
        *(Algorithm(name, DENSITIES, rewind=name) for name in rewinds),
        Algorithm("later", DENSITIES, rewind="weights", rewind_to="4it"),
    ]
    return Work(
        recipe, tuple(algorithms), el2n_step=3, scoring_examples=20, pace=lambda step: step + 2
    )


@pytest.fixture(scope="session")
def first(work: Work, stack: Stack) -> Moment:
    """The finished round 0 of `stack`."""
    return list(rounds.dense(work, stack))[-1]
