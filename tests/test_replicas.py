"""The replica axis: every replica once, in its order, by one program."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pruning_jax import replicas

traced = []


def scaled(scale, own, key, offset):
    """Of one replica; notes that it is traced."""
    traced.append(scale)
    return {
        "sum": scale * jnp.sum(own["x"]) + offset,
        "bits": jax.random.bits(jax.random.fold_in(key, 1)),
    }


@pytest.mark.parametrize("how", ["turns", "vmap"])
@pytest.mark.parametrize("count", [1, 2, 4, 6])
def test_every_replica_is_computed_once_and_stays_in_its_place(count, how, monkeypatch):
    monkeypatch.setattr(replicas, "way", lambda: how)
    x = np.arange(3.0 * count, dtype=np.float32).reshape(count, 3)
    keys = jax.random.split(jax.random.key(0), count)
    bits = [int(jax.random.bits(jax.random.fold_in(keys[i], 1))) for i in range(count)]
    stacked = replicas.stack(({"x": x}, keys), count)
    for offset in (1.0, 2.0):
        out = replicas.over_replicas(scaled, 10, stacked=stacked, shared=(offset,))
        np.testing.assert_allclose(out["sum"], 10 * x.sum(1) + offset)
        assert out["bits"].tolist() == bits


def test_one_function_of_one_recipe_is_traced_once():
    stacked = replicas.stack(
        ({"x": np.ones((2, 3), np.float32)}, jax.random.split(jax.random.key(0), 2)), 2
    )
    traced.clear()
    for offset in (1.0, 2.0, 3.0):
        for scale in (3, 5):
            replicas.over_replicas(scaled, scale, stacked=stacked, shared=(offset,))
    assert sorted(traced) == [3, 5]


def test_replicas_are_padded_to_what_the_devices_divide():
    devices = jax.device_count()
    assert devices > 1
    for count in range(1, 4 * devices):
        padded = replicas.padded(count)
        used = min(count, devices)
        assert padded % used == 0
        assert count <= padded < count + used


def test_stacked_arrays_are_divided_and_shared_ones_are_copied():
    divided = replicas.stack(np.zeros((4, 5)), 4)
    copied = replicas.share(np.zeros((4, 5)), 4)
    assert {shard.data.shape for shard in divided.addressable_shards} == {(2, 5)}
    assert [shard.data.shape for shard in copied.addressable_shards] == [(4, 5)] * 2


def test_there_is_memory():
    assert replicas.free_bytes() > 10**6
