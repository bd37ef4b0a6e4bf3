"""Training on images that are read as they are needed: as on images that lie on the device."""

import dataclasses
import signal

import image_files
import jax
import numpy as np
import processes
import pytest
import tiny_images
from processes import ROOT, assert_same, one_line

from pruning_jax.data.division import divide
from pruning_jax.data.reading import feed
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.recipe import Engine, Recipe
from pruning_jax.pruning import rounds
from pruning_jax.pruning.moments import Stack, Work
from pruning_jax.training import replicas
from pruning_jax.training.examples import Images
from pruning_jax.training.streaming import Reader

SPEC = tiny_images.SPEC
RECIPE = Recipe(
    width=0.05,
    epochs=2,
    batch_size=16,
    momentum=0.9,
    augmentations=("flip",),
    image_shape=SPEC.image_shape,
    num_classes=SPEC.num_classes,
    train_size=54,  # four steps, the last on 6 images
    engine=Engine(batch_devices=1, workers=0),
)
CROPPED = dataclasses.replace(RECIPE, augmentations=("resized_crop", "flip"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    def make(folder):
        image_files.make(folder)

    return processes.once(tmp_path_factory, "tiny_images", make)


@pytest.fixture(scope="module")
def division(folder):
    return divide(tiny_images.load(str(folder)), Data(validation_fraction=0.1))


def stack_of(recipe, division, pixels=None):
    """One replica; its images are read, unless they are given."""
    own = (
        jax.random.split(jax.random.key(3), 1),
        division.labels[None],
        np.arange(recipe.train_size, dtype=np.int32)[None],
    )
    images = Images(*replicas.share(recipe, (pixels, division.mean, division.std), 1))
    reader = Reader(division.images) if pixels is None else None
    return Stack(*replicas.stack(recipe, own, 1), images, reader)


@pytest.fixture(scope="module")
def streamed(division):
    return stack_of(RECIPE, division)


@pytest.fixture(scope="module")
def held(division):
    """The same replica, its images on the device as they are evaluated."""
    places = np.arange(len(division.labels))[None]
    (pixels,) = feed.evaluation(division.images, places, SPEC.image_shape, workers=0)
    return stack_of(RECIPE, division, pixels)


def trained(recipe, stack, *stops, moment=None):
    """The moment after training up to each of the stops in turn."""
    moment = moment or rounds.create(recipe, stack)
    for stop in stops:
        moment = moment._replace(state=rounds.fit(recipe, stack, moment, stop), step=stop)
    return moment


def close(one, other):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5), one, other)


def equal(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


@pytest.mark.slow
def test_it_trains_as_on_images_that_lie_on_the_device(streamed, held):
    one, other = (trained(RECIPE, stack, RECIPE.steps) for stack in (streamed, held))
    close(one.state, other.state)
    outcomes = [rounds.evaluate(RECIPE, stack, one) for stack in (streamed, held)]
    assert outcomes[0].loss.shape == (1, 80)
    close(*outcomes)


@pytest.mark.slow
def test_it_trains_alike_where_devices_share_each_batch(streamed, division):
    """Every example is evaluated once, also on two devices. Steps are small: else what is rounded
    differently may take a unit across 0, where its gradient jumps."""
    slow = dataclasses.replace(RECIPE, learning_rate=0.02)
    recipe = dataclasses.replace(slow, engine=Engine(batch_devices=2, workers=0))
    shared = stack_of(recipe, division)
    alone, both = trained(slow, streamed, 8), trained(recipe, shared, 8)
    close(alone.state.params, both.state.params)
    close(rounds.evaluate(slow, streamed, alone), rounds.evaluate(recipe, shared, both))


def test_it_prunes_as_on_images_that_lie_on_the_device(streamed, held):
    algorithm = Algorithm("mine", (1.0, 0.5), criterion="saliency")
    work = Work(RECIPE, (algorithm,), el2n_step=1, scoring_examples=20, pace=lambda step: step + 3)
    moment = trained(RECIPE, held, 3)._replace(anchors={0: rounds.create(RECIPE, held).state})
    equal(*(rounds.prune(work, algorithm, s, moment, 1) for s in (streamed, held)))


@pytest.mark.parametrize("stops", [(1, 2, 8), (3, 5, 8), (4, 8), (7, 8)])
def test_training_in_parts_equals_training_in_one_go(stops, division):
    """Bit for bit, on by the same reader, and from a saved state by another one."""
    whole = trained(CROPPED, stack_of(CROPPED, division), 8)
    equal(whole.state, trained(CROPPED, stack_of(CROPPED, division), *stops).state)
    now = rounds.create(CROPPED, stack_of(CROPPED, division))
    for stop in stops:
        now = trained(CROPPED, stack_of(CROPPED, division), stop, moment=now)
    equal(whole.state, now.state)


def test_what_was_read_goes_on_and_is_read_anew_from_elsewhere(division):
    stack = stack_of(CROPPED, division)
    third = trained(CROPPED, stack, 3)
    fourth = trained(CROPPED, stack, 4, moment=third)
    trained(CROPPED, stack, 2)
    equal(fourth.state, trained(CROPPED, stack, 4, moment=third).state)


def test_crops_differ_from_epoch_to_epoch(division):
    stack = stack_of(CROPPED, division)
    moment = rounds.create(CROPPED, stack)
    replica, seen = stack.replicas(moment.state, moment.mask), {}
    for step in range(8):
        batch, _ = stack.reader.training(CROPPED, replica, step)
        for place, image in zip(batch.places.tolist(), batch.pixels, strict=True):
            seen.setdefault((place, step // 4), image)
    differ = [(seen[place, 0] != seen[place, 1]).any() for place in range(54)]
    assert np.mean(differ) > 0.9


# The command.


@pytest.fixture(scope="module")
def settings(folder, tmp_path_factory):
    """Flags of a run of two cells on these images."""
    workers = {
        "dataset": "tests.support.tiny_images:DATASET",
        "data_dir": folder,
        "engine.workers": 0,
    }
    grid = {"grid.algorithms": ("lrr", "random"), "grid.noise_rates": (0.3,)}
    sizes = {"train_images": 0, "batch_size": 16, "augmentations": ("resized_crop", "flip")}
    return {**workers, **grid, **sizes}


def train(workdir, settings):
    return processes.train(workdir, cwd=ROOT, **settings)


@pytest.fixture(scope="module")
def finished(settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("streamed")
    done = train(folder, settings)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_command(finished):
    done = processes.run(f"--workdir={finished}", command="verify")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = sorted(path.parent.name for path in finished.glob("cells/*/*/*/rounds.parquet"))
    assert rows == ["seed=0", "seed=0"]


@pytest.mark.slow
def test_a_run_that_is_killed_and_stopped_ends_with_the_same_files(finished, settings, tmp_path):
    """With a process of its own for images first, then without."""
    lines = processes.training(tmp_path, **settings, checkpoint_minutes=1e-9)
    pattern = r"^os.rename .*round/\d+.orbax"
    steps = [
        {
            "arguments": [*lines, "--config.engine.workers=1"],
            "signal_before": [pattern, signal.SIGKILL, 0],
        },
        {"arguments": lines, "signal_before": [r"^os.rename .*lrr", signal.SIGTERM, 0]},
        {"arguments": lines},
    ]
    killed, stopped, done = processes.in_succession(steps, cwd=ROOT)
    assert [killed.returncode, stopped.returncode, done.returncode] == [-signal.SIGKILL, 75, 0]
    assert_same(tmp_path, finished)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            {"replicas_at_once": 2},
            "the images of tests.support.tiny_images:DATASET are read",
        ),
        ({"engine.batch_devices": 3}, "batch_size 16 cannot be divided by the 3 devices"),
        ({"engine.batch_devices": 16}, "engine.batch_devices 16 is above the"),
        ({"dataset": "digits", "data_dir": ""}, "'resized_crop' is for images that are read"),
        ({"dataset": "tests.no_images"}, "tests.no_images"),
    ],
)
def test_wrong_use(settings, tmp_path, more, says):
    assert says in one_line(train(tmp_path / "run", settings | more))
    assert not (tmp_path / "run").exists()
