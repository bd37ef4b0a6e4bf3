"""Forecasts: the programs of a grid, what follows from counts, and the page for people."""

import dataclasses
import json

import jax
import numpy as np
import processes
import pytest

from pruning_jax.ahead import forecast, notes, programs
from pruning_jax.ahead.counts import Counts
from pruning_jax.ahead.kinds import KINDS
from pruning_jax.ahead.predicted import Bounds, Forecast, Forecasts
from pruning_jax.ahead.programs import Program
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import engine, resolve
from pruning_jax.grid.groups import groups_of
from pruning_jax.training import devices
from pruning_jax.training.devices import Target

LENET = Recipe(image_shape=(28, 28, 1), num_classes=10, train_size=1000, precision="bfloat16")


class Elsewhere:
    """A device of another platform, as far as choices depend on it."""

    def __init__(self, platform):
        self.platform = platform


def test_a_step_is_found_and_counted_in_what_is_compiled_for_the_devices_here(recipe):
    """In each way; none of them sends anything, waits for the host, or has a loop inside."""
    for way in ("turns", "vmap"):
        own = dataclasses.replace(recipe, engine=dataclasses.replace(recipe.engine, replicas=way))
        program = Program(own, 4, 50)
        made = programs.compiled(program, devices.here())
        found = programs.counted(program, made.as_text())
        assert found.kernels > 5
        assert (found.collectives, found.transfers) == (0, 0)
        assert found.loops == ()
        assert forecast.needed_memory(made) > 50 * 9


def test_the_step_of_streamed_images_is_the_whole_program(recipe):
    program = Program(recipe, 1, 0)
    found = programs.counted(program, programs.compiled(program, devices.here()).as_text())
    assert found.kernels > 5
    assert found.collectives == 0


def test_groups_share_a_program_where_their_steps_are_the_same():
    """Two noise rates without their noisy examples: two recipes, and one program."""
    rates = {"controls__without_noisy": ("lrr",), "grid__noise_rates": (0.0, 0.3, 0.5)}
    config = processes.config(**rates, grid__seeds=(0, 1))
    experiment = resolve.resolve(config)
    groups = groups_of(experiment, 8)
    found = programs.programs(groups, 1797)
    assert sum(len(own) for own in found.values()) == len(groups)
    assert len(found) < len(groups)
    assert {(p.recipe.width, p.replicas) for p in found} == {
        (g.recipe.width, len(g.bases)) for g in groups
    }


def test_choices_follow_the_devices_that_are_planned_for():
    """Not those that are here."""
    config = processes.config(dataset="cifar10", model="resnet20", grid__algorithms=("lrr",))
    chosen = {
        "gpu": ("native", "gradient", "vector"),
        "tpu": ("native", "native", "leaves"),
        "cpu": ("gradient", "native", "leaves"),
    }
    for platform, ways in chosen.items():
        target = Target((Elsewhere(platform),), 1 << 34)
        recipe = engine.settle(config, dataclasses.replace(LENET, model="resnet20"), False, target)
        own = recipe.engine
        assert (own.convolution, own.normalisation, own.parameters) == ways
        assert own.replicas == "turns"
    assert (
        engine.settle(config, LENET, False, Target((Elsewhere("gpu"),))).engine.parameters
        == "leaves"
    )
    target = Target((Elsewhere("tpu"),) * 4, 1 << 34)
    assert engine.settle(config, LENET, True, target).engine.batch_devices == 4
    assert engine.settle(config, LENET, False, target).engine.replicas == "vmap"


def test_vectors_are_refused_where_they_cannot_be():
    config = processes.config(engine__parameters="vector", engine__replicas="turns")
    target = Target((Elsewhere("gpu"),))
    assert engine.settle(config, LENET, False, target).engine.parameters == "vector"
    with pytest.raises(WrongUse, match="read as they are needed"):
        engine.settle(config, LENET, True, target)
    own = dataclasses.replace(LENET, optimizer="mine:lars")
    with pytest.raises(WrongUse, match="'mine:lars' is one of your own"):
        engine.settle(config, own, False, target)
    config = processes.config(engine__replicas="turns")
    assert engine.settle(config, LENET, False, target).engine.parameters == "vector"
    assert engine.settle(config, own, False, target).engine.parameters == "leaves"


def test_the_bounds_of_a_step():
    counts = Counts(fusions=300, calls=50, copies=50, bytes=10**9, cycles=3_000_000)
    on_gpu = forecast.bounds(LENET, counts, 5e9, KINDS["h100"])
    assert on_gpu.launches == pytest.approx(400 * 2e-6)
    assert on_gpu.bandwidth == pytest.approx(1e9 / 3.35e12)
    assert on_gpu.arithmetic == pytest.approx(5e9 / 989.4e12)
    assert on_gpu.estimated == 0
    assert on_gpu.least == on_gpu.launches
    on_tpu = forecast.bounds(LENET, counts, 5e9, KINDS["v5e"])
    assert on_tpu.launches == 0
    assert on_tpu.estimated == pytest.approx(2e-3)
    assert on_tpu.least == on_tpu.bandwidth == pytest.approx(1e9 / 819e9)


def made_up(**changes):
    """A forecast for an H100 of one program that compiles."""
    counts = Counts(fusions=327, calls=62, copies=7, bytes=922_000_000)
    one = Forecast(
        width=1.0,
        replicas=12,
        turns=12,
        way="turns",
        convolution="native",
        groups=2,
        steps=1_000_000,
        problem="",
        memory=1_790_000_000,
        fits=True,
        operations=2.1e10,
        counts=counts,
        bounds=Bounds(7.9e-4, 2.8e-4, 2.1e-5, 0.0),
    )
    return dataclasses.replace(one, **changes)


def page(*found):
    """Forecasts of several programs."""
    return Forecasts(
        "h100", "NVIDIA H100", 1, 64 * 10**9, "cifar10", "resnet20", 128, "bfloat16",
        list(found), "0.12", [],
    )  # fmt: skip


def test_the_page_fits_80_columns_and_says_what_it_is():
    broken = made_up(width=0.5, problem="RESOURCE_EXHAUSTED: too much", counts=Counts())
    text = str(page(made_up(), broken))
    assert max(map(len, text.splitlines())) <= 80
    plain = " ".join(text.split())
    for said in (
        "nothing of it is measured",
        "1.79 GB",
        "396",
        "922 MB",
        "21 G",
        "9.48 ms",
        "162 k",
    ):
        assert said in plain, said
    assert "does not" in plain
    assert "…" not in text


def test_hours_are_those_of_what_compiles():
    one = made_up()
    assert one.seconds == pytest.approx(12 * 7.9e-4)
    assert page(one).hours == pytest.approx(1e6 * 12 * 7.9e-4 / 3600)
    broken = dataclasses.replace(one, problem="no")
    assert page(one, broken).hours == page(one).hours


def test_the_json_has_all_numbers():
    found = json.loads(json.dumps(page(made_up()).json()))
    (program,) = found["programs"]
    assert program["counts"]["kernels"] == 396
    assert program["bounds"]["least"] == 7.9e-4
    assert found["hours"] > 0


def test_what_a_user_should_know():
    for precision, passes in (("float32", "six"), ("tensorfloat32", "three")):
        (line,) = notes.before(dataclasses.replace(LENET, precision=precision), KINDS["v5e"])
        assert passes in line
        assert "many minutes" not in line
    assert notes.before(LENET, KINDS["v5e"]) == []
    assert notes.before(LENET, KINDS["h100"]) == []
    for precision, gains in (
        ("float32", "7.4 times in tensorfloat32 and 15 times in bfloat16"),
        ("tensorfloat32", "as fast 2 times in bfloat16"),
    ):
        (line,) = notes.before(dataclasses.replace(LENET, precision=precision), KINDS["h100"])
        assert gains in line
        assert "--config.precision=bfloat16" in line
    looped = made_up(counts=Counts(loops=(128, 0), transfers=1, collectives=1), fits=False)
    lines = " ".join(notes.after(LENET, KINDS["h100"], [looped]))
    for said in ("128, an unknown number of turns", "waits for the host", "send each other", "fit"):
        assert said in lines, said
    assert notes.after(LENET, KINDS["h100"], [made_up()]) == []


def test_the_compiled_program_computes_what_the_driver_computes(recipe, stack, first):
    """Bit for bit: it is the same program, compiled from shapes."""
    from pruning_jax.training import fit, replicas

    own = stack.replicas(first.state, first.mask)
    shapes = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), own)
    images = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), stack.images)
    number = jax.ShapeDtypeStruct((), np.int32)
    made = replicas.compiled(
        fit.fit,
        recipe,
        stacked=(shapes,),
        shared=(images, number, number),
        target=devices.here(),
    )
    shared = (stack.images, 2, 5)
    ours = made((own,), (stack.images, np.int32(2), np.int32(5)))
    theirs = replicas.over_replicas(fit.fit, recipe, stacked=(own,), shared=shared)
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_array_equal(a, b)
