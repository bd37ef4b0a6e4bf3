"""The replica axis: every replica once, in its order, by one program."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pruning_jax.experiment.recipe import Engine, Recipe
from pruning_jax.training import devices, replicas

TURNS = Recipe(engine=Engine(replicas="turns", batch_devices=1))
traced = []


def scaled(recipe, own, key, offset):
    """Of one replica; notes that it is traced."""
    traced.append(recipe.batch_size)
    return {
        "sum": recipe.batch_size * jnp.sum(own["x"]) + offset,
        "bits": jax.random.bits(jax.random.fold_in(key, 1)),
    }


@pytest.mark.parametrize("how", replicas.WAYS)
@pytest.mark.parametrize("count", [1, 2, 4, 6])
def test_every_replica_is_computed_once_and_stays_in_its_place(count, how):
    recipe = Recipe(batch_size=10, engine=Engine(replicas=how, batch_devices=1))
    x = np.arange(3.0 * count, dtype=np.float32).reshape(count, 3)
    keys = jax.random.split(jax.random.key(0), count)
    bits = [int(jax.random.bits(jax.random.fold_in(keys[i], 1))) for i in range(count)]
    for offset in (1.0, 2.0):
        stacked = replicas.stack(recipe, ({"x": x}, jax.random.clone(keys)), count)
        out = replicas.over_replicas(scaled, recipe, stacked=stacked, shared=(offset,))
        np.testing.assert_allclose(out["sum"], 10 * x.sum(1) + offset)
        assert out["bits"].tolist() == bits


def test_one_function_of_one_recipe_is_traced_once():
    keys = jax.random.split(jax.random.key(0), 2)
    stacked = replicas.stack(TURNS, ({"x": np.ones((2, 3), np.float32)}, keys), 2)
    traced.clear()
    for offset in (1.0, 2.0, 3.0):
        for scale in (3, 5):
            recipe = dataclasses.replace(TURNS, batch_size=scale)
            replicas.over_replicas(scaled, recipe, stacked=stacked, shared=(offset,))
    assert sorted(traced) == [3, 5]


def test_replicas_are_padded_to_what_the_devices_divide():
    found = jax.device_count()
    assert found > 1
    for count in range(1, 4 * found):
        padded = devices.padded(TURNS, count)
        used = min(count, found)
        assert padded % used == 0
        assert count <= padded < count + used


def test_stacked_arrays_are_divided_and_shared_ones_are_copied():
    divided = replicas.stack(TURNS, np.zeros((4, 5)), 4)
    copied = replicas.share(TURNS, np.zeros((4, 5)), 4)
    assert {shard.data.shape for shard in divided.addressable_shards} == {(2, 5)}
    assert [shard.data.shape for shard in copied.addressable_shards] == [(4, 5)] * 2


def test_there_is_memory():
    assert devices.free_bytes() > 10**6
